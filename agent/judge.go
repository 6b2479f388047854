package agent

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/trustline/trustline/agent/account"
	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/ledger"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/uploader/incident"
)

// Judge answers the guard: it looks at content, decides by the policy in
// force, records what has to be recorded before it answers, and has the person
// told. Its fields are set once; it is safe for concurrent use.
type Judge struct {
	Engine  *rules.Engine
	Pack    *detect.Pack
	Policy  func() *rules.Policy
	Ledger  *ledger.Ledger
	Machine incident.Machine
	// Record keeps an incident durably before it returns.
	Record func(context.Context, incident.Incident) error
	// Tell has the person told and never waits.
	Tell func(context.Context, incident.Incident, prompt.Words)
	// Cases keeps for people what they were stopped in; nil keeps nothing.
	Cases *cases.Book
	// Grants are the approvals people have; nil: nobody has one.
	Grants Grants
	// Network answers how far the network is trusted, as a policy calls it; it
	// may be nil where nobody knows.
	Network func() string
	// Scratch is a folder of the service's own on the local disk.
	Scratch string
	Log     *slog.Logger

	accounts account.Directory
	newer    atomic.Pointer[rules.Engine] // instead of Engine, with other lists
}

// Grants are the approvals that people at this machine have.
type Grants interface {
	// May tells whether this person may have one for this place.
	May(uid int, channel, destination string) bool
	// Holds tells why none covers this, nil where one does.
	Holds(u grant.Use, sum func() (string, error)) error
	// Use counts one use of an approval that covers this.
	Use(u grant.Use, sum func() (string, error)) (grant.Grant, error)
	// Used is told once what was let through is recorded.
	Used(ctx context.Context, g grant.Grant, record string)
}

// judging bounds how long one file is looked at.
const judging = 2 * time.Minute

// engine answers the Engine for the policy in force.
func (j *Judge) engine() *rules.Engine {
	e := j.Engine
	if newer := j.newer.Load(); newer != nil {
		e = newer
	}
	return e.For(j.Policy())
}

// Open implements guard.Judge.
func (j *Judge) Open(a activity.Activity) guard.Judgement {
	a.Actor = j.known(a.Actor)
	a.Others = slices.Clone(a.Others)
	for n := range a.Others {
		a.Others[n] = j.known(a.Others[n])
	}
	o := &judgement{judge: j, activity: a, stream: j.engine().Stream(a.Subject.Name), approvals: map[int]*approval{}}
	for _, one := range shares(a) {
		at, stops := j.Policy().BlockAt(one)
		if !stops || j.Grants != nil && j.Grants.May(one.Actor.UID, string(a.Channel), deviceKey(a.Destination)) {
			continue // an approval is about the whole of it
		}
		if !o.stops || at < o.stopAt {
			o.stopAt, o.stops = at, true
		}
	}
	return o
}

// Name implements guard.Judge.
func (j *Judge) Name(ctx context.Context, a activity.Activity, text string) guard.Verdict {
	// In names, dots and lines join what they separate elsewhere: both readings
	// are looked at.
	text += "\n" + nameParts.Replace(text)
	s := j.engine().Stream("")
	s.Write([]byte(text))
	content, err := s.Finish(ctx, textReader(text), int64(len(text)))
	if err != nil {
		j.Log.Error("cannot look at a name", "error", err)
		return guard.Deny
	}
	if content.Status == rules.Clean {
		return guard.Allow
	}
	a.Actor = j.known(a.Actor)
	verdict, _ := j.decide(ctx, a, content, func(a activity.Activity) *approval { return j.approval(a, nil) })
	return verdict
}

// nameParts takes a name apart where people put its parts together.
var nameParts = strings.NewReplacer(".", " ", "_", " ", "-", " ", "+", " ", "(", " ", ")", " ")

// decide answers what becomes of an activity, and records and tells it.
func (j *Judge) decide(ctx context.Context, a activity.Activity, content rules.Content, approved func(activity.Activity) *approval) (guard.Verdict, rules.Decision) {
	a.Time = time.Now().UTC()
	a.Subject.Type = content.Type
	parts := j.parts(a, content)
	var stopped []*part
	for _, p := range parts {
		defer p.claim.Drop()
		if p.approval = approved(p.activity); p.decision.Action.Stops() {
			stopped = append(stopped, p)
		}
	}
	if !cover(stopped, content) {
		for _, p := range stopped {
			j.report(ctx, p.activity, content, p.decision, p.situation, incident.Prevented, p.approval)
		}
		return guard.Deny, strictest(stopped)
	}
	for _, p := range stopped {
		var verdict guard.Verdict
		if verdict, p.decision = j.letThrough(ctx, p.activity, content, p.decision, p.situation, p.approval); verdict != guard.Allow {
			return verdict, p.decision
		}
	}
	for _, p := range parts {
		j.allow(ctx, p, content)
	}
	return guard.Allow, strictest(parts)
}

// allow records and counts for one person what is let through, unless that is
// done by an approval.
func (j *Judge) allow(ctx context.Context, p *part, content rules.Content) {
	if p.decision.Reason == reasonGrant {
		return
	}
	if worthRecording(p.decision) {
		j.report(ctx, p.activity, content, p.decision, p.situation, incident.Reported, p.approval)
	}
	if len(content.Summary.PeopleKeys) > 0 {
		if err := p.claim.Keep(ctx); err != nil {
			j.Log.Error("rolling total is kept in memory only", "error", err)
		}
	}
}

// situation is what a decision depends on besides the activity.
func (j *Judge) situation(p *rules.Policy, total func(within time.Duration) int) rules.Context {
	s := p.Context(total)
	if j.Network != nil {
		s.Network = j.Network()
	}
	return s
}

func worthRecording(d rules.Decision) bool {
	return d.Action.StricterThan(rules.Allow) || d.Would.StricterThan(rules.Allow)
}

// afterwards decides about what has already happened.
func (j *Judge) afterwards(a activity.Activity, content rules.Content) (rules.Decision, rules.Context) {
	policy := j.Policy()
	situation := j.situation(policy, func(within time.Duration) int {
		return j.Ledger.Total(a.Actor.UID, deviceKey(a.Destination), within, a.Time, content.Summary.PeopleKeys)
	})
	return rules.Decide(policy, a, content, situation), situation
}

// report makes the incident durable, then has the person told.
func (j *Judge) report(ctx context.Context, a activity.Activity, content rules.Content, d rules.Decision, situation rules.Context, outcome incident.Outcome, approval *approval) {
	if a.Subject.Source == "" {
		a.Subject.Source = guard.Source(a)
	}
	i, err := j.incident(a, content, d, situation, outcome)
	if err != nil {
		j.Log.Error("incident is not recorded", "error", err)
		return
	}
	i.Decision.GrantFailed = approval.failed()
	j.keep(ctx, a, i, d)
}

// keep makes an incident durable, then has the person told.
func (j *Judge) keep(ctx context.Context, a activity.Activity, i incident.Incident, d rules.Decision) {
	// What was decided is recorded even when the program that asked has gone.
	if err := j.Record(context.WithoutCancel(ctx), i); err != nil {
		j.Log.Error("incident is not recorded", "incident", i.ID, "error", err)
		return
	}
	words := prompt.Words{Title: d.Title, Message: d.Message, Data: map[string]map[string]string{}}
	for _, c := range i.Content.Classes {
		if c.Name != nil {
			words.Data[c.ID] = c.Name
		}
	}
	j.keepCase(a, i, words)
	j.Tell(ctx, i, words)
}

// judgement is about one file.
type judgement struct {
	judge    *Judge
	activity activity.Activity
	stream   *rules.Stream
	written  int64
	stopAt   int
	stops    bool
	// last is what was decided when the file was looked at before; the same
	// again is not recorded twice.
	last      rules.Decision
	decided   bool
	people    int
	approvals map[int]*approval // by account
}

// Write implements guard.Judgement.
func (o *judgement) Write(ctx context.Context, p []byte) guard.Verdict {
	o.stream.Write(p)
	o.written += int64(len(p))
	if !o.stops || o.stream.People() < o.stopAt {
		return guard.Allow
	}
	content, err := o.stream.Finish(ctx, nil, o.written)
	o.stops = false
	if err != nil || content.Summary.People < o.stopAt {
		// Not to be settled by what has arrived: Finish will see the whole.
		return guard.Allow
	}
	return o.decide(ctx, content, nil)
}

// Reset implements guard.Judgement.
func (o *judgement) Reset() {
	o.stream.Reset()
	o.stops = false
}

// Released implements guard.Judgement.
func (o *judgement) Released() int64 { return o.stream.Released() }

// Finish implements guard.Judgement.
func (o *judgement) Finish(ctx context.Context, content io.ReaderAt, size int64, final bool) guard.Verdict {
	ctx, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	found, err := o.stream.Finish(ctx, content, size)
	if err != nil {
		o.judge.Log.Error("content cannot be looked at", "error", err)
		if ctx.Err() == nil {
			return guard.Deny
		}
		found = rules.Content{Status: rules.Unreadable, Reason: rules.TimedOut}
	}
	o.activity.Subject.Size = size
	if !final && unfinished(found.Reason) {
		return guard.Wait
	}
	return o.decide(ctx, found, func() (string, error) { return sha256Of(ctx, content, size) })
}

// unfinished: what is missing may be on its way.
func unfinished(r rules.Reason) bool { return r == rules.Truncated || r == rules.Corrupt }

func (o *judgement) decide(ctx context.Context, content rules.Content, sum func() (string, error)) guard.Verdict {
	if o.decided && content.Summary.People == o.people && !o.last.Action.Stops() && o.last.Reason != reasonGrant && content.Status != rules.Unreadable {
		return guard.Allow
	}
	verdict, d := o.judge.decide(ctx, o.activity, content, func(a activity.Activity) *approval {
		own := o.approvals[a.Actor.UID]
		if own == nil {
			own = o.judge.approval(a, sum)
			o.approvals[a.Actor.UID] = own
		}
		own.sum = sum
		return own
	})
	o.last, o.decided, o.people = d, true, content.Summary.People
	return verdict
}

// Close implements guard.Judgement.
func (o *judgement) Close() { o.stream.Close() }

// deviceKey is what totals are counted by.
func deviceKey(d activity.Destination) string {
	switch {
	case d.Device.Serial != "":
		return d.Device.Serial
	case d.Device.Node != "":
		return d.Device.Node
	case d.Share.Proven:
		return d.Share.Name
	}
	return d.Path
}

// known answers an actor together with the account's name and groups.
func (j *Judge) known(a activity.Actor) activity.Actor {
	if a.UID < 0 {
		return a
	}
	p := j.accounts.Person(a.UID)
	if a.User == "" || p.Groups != nil {
		a.User = p.User
	}
	a.Groups = p.Groups
	return a
}

// userName answers the name of an account, or its number where the system has
// no name for it.
func (j *Judge) userName(uid int) string { return j.accounts.Person(uid).User }

type textReader string

func (t textReader) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(t)) {
		return 0, io.EOF
	}
	n := copy(p, t[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
