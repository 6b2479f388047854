package agent

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trustline/trustline/agent/account"
	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/ledger"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
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
	// Record keeps incidents durably before it returns, all of them or none.
	Record func(context.Context, ...incident.Incident) error
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
	// UseAll counts one use of an approval that covers it for each of these, or
	// none and answers why.
	UseAll(uses []grant.Use, sum func() (string, error)) (used []grant.Grant, whys []error)
	// Why tells why none covers this, nil where one does, and counts nothing.
	Why(u grant.Use) error
	// Return takes uses back by which nothing went out.
	Return(used ...grant.Grant) error
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
		if !stops || j.mayHave(j.approval(one, nil)) {
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
	parts, done := j.parts(a, content, approved)
	defer done()
	if those := stopped(parts); len(those) > 0 && !j.goesOn(ctx, content, those...) {
		j.prevented(ctx, content, those)
		return guard.Deny, strictest(those)
	}
	for _, p := range parts {
		j.allow(ctx, p, content)
	}
	return guard.Allow, strictest(parts)
}

// decideEarly stops content of which only the first part is there, where
// somebody is stopped who has no approval. Otherwise nothing is recorded and no
// approval is tried before the whole is known: it would be for nothing where
// another is stopped later.
func (j *Judge) decideEarly(ctx context.Context, a activity.Activity, content rules.Content, approved func(activity.Activity) *approval) guard.Verdict {
	a.Subject.Begun = true
	parts, done := j.parts(a, content, approved)
	defer done()
	those := stopped(parts)
	if !slices.ContainsFunc(those, func(p *part) bool { return !j.mayHave(p.approval) }) {
		return guard.Allow
	}
	for _, p := range those {
		switch p.approval.why = nil; {
		case j.mayHave(p.approval):
			p.approval.why = errOthers
		case j.Grants != nil:
			p.approval.why = j.Grants.Why(p.wanted(content)) // used up or over by now
		}
	}
	j.prevented(ctx, content, those)
	return guard.Deny
}

// prevented records and tells for each person what is stopped.
func (j *Judge) prevented(ctx context.Context, content rules.Content, those []*part) {
	for _, p := range those {
		j.tellApart(&p.activity.Subject, p.approval.sum)
		j.report(ctx, p.activity, content, p.decision, p.situation, incident.Prevented, p.approval)
	}
}

// tellApart notes which content is stopped, so that it and no other can be
// approved, by somebody or by the person's own word.
func (j *Judge) tellApart(s *activity.Subject, sum func() (string, error)) {
	if sum == nil || s.SHA256 != "" {
		return
	}
	var err error
	if s.SHA256, err = sum(); err != nil {
		j.Log.Warn("what is stopped cannot be told apart by its content", "error", withoutPath(err))
		s.Begun = true
	}
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
	i.Decision.GrantFailed, i.Decision.GrantAbout = approval.failed(), approval.about()
	j.keep(ctx, a, i, d)
}

// keep makes an incident durable, then has the person told.
func (j *Judge) keep(ctx context.Context, a activity.Activity, i incident.Incident, d rules.Decision) (recorded bool) {
	// What was decided is recorded even when the program that asked has gone.
	if err := j.Record(context.WithoutCancel(ctx), i); err != nil {
		j.Log.Error("incident is not recorded", "incident", i.ID, "error", err)
		return false
	}
	words := prompt.Words{Title: d.Title, Message: d.Message, Data: map[string]map[string]string{}}
	for _, c := range i.Content.Classes {
		if c.Name != nil {
			words.Data[c.ID] = c.Name
		}
	}
	j.keepCase(a, i, words)
	j.Tell(ctx, i, words)
	return true
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
	return o.judge.decideEarly(ctx, o.activity, content, o.approval(nil))
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
	// However many have written it, it is read for that once.
	return o.decide(ctx, found, sync.OnceValues(func() (string, error) { return sha256Of(ctx, content, size) }))
}

// unfinished: what is missing may be on its way.
func unfinished(r rules.Reason) bool { return r == rules.Truncated || r == rules.Corrupt }

func (o *judgement) decide(ctx context.Context, content rules.Content, sum func() (string, error)) guard.Verdict {
	if o.decided && content.Summary.People == o.people && !o.last.Action.Stops() && o.last.Reason != reasonGrant && content.Status != rules.Unreadable {
		return guard.Allow
	}
	verdict, d := o.judge.decide(ctx, o.activity, content, o.approval(sum))
	o.last, o.decided, o.people = d, true, content.Summary.People
	return verdict
}

// approval answers the approval of each person, which stays used from one look
// at the file to the next.
func (o *judgement) approval(sum func() (string, error)) func(activity.Activity) *approval {
	return func(a activity.Activity) *approval {
		own := o.approvals[a.Actor.UID]
		if own == nil {
			own = o.judge.approval(a, nil)
			o.approvals[a.Actor.UID] = own
		}
		own.sum = sum
		return own
	}
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
