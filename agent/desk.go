package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/mask"
	"github.com/trustline/trustline/uploader/incident"
)

// Codes of the incidents by which the console learns what people did about
// something that was stopped; their detail "incident" names it.
const (
	codeMaskedCopy = "masked-copy-saved"
	codeMistake    = "not-customer-data"
	codeJustified  = "justified"
	codeGrantUsed  = "grant-used"
	codeByPhone    = "granted-by-telephone"
)

const (
	asksPerHour = 30 // by one person, of everything that makes a record
	// justified is how long a reason lets somebody do it once.
	justified = 15 * time.Minute
	// byPhone is how long a code heard over the telephone does.
	byPhone     = time.Hour
	wrongCodes  = 5 // an hour, on the whole machine
	maxSpoken   = 256
	permitsCopy = "grant"
	// So many of the newest cases are told with all their matches, older ones
	// with a few: together they have to fit one answer.
	wholeCases = 25
	fewMatches = 3
)

// desk answers what people ask about what they were stopped in.
type desk struct {
	agent *Agent
	cases *cases.Book
	known bool // the machine is one of a fleet

	mu     sync.Mutex
	asked  map[int][]time.Time // by uid
	wrong  []time.Time
	spoken map[string]spoken // by case
	secret []byte

	stopSpoken  challenged
	stopAllowed time.Time // when the service was allowed to be stopped
}

// spoken is a challenge that waits for its code.
type spoken struct {
	challenge string
	request   grant.Request
}

func (a *Agent) openDesk() error {
	a.desk = &desk{agent: a, cases: a.judge.Cases, known: a.uploader != nil, asked: map[int][]time.Time{}, spoken: map[string]spoken{}}
	a.desk.readSecret()
	a.control.Ask = a.desk.answer
	return a.openApprovals()
}

// answer is control.Server's Ask. Whoever asks is answered about their own.
func (d *desk) answer(ctx context.Context, c control.Caller, about string, body json.RawMessage) (any, error) {
	switch about {
	case cases.AskList:
		return d.list(c.UID), nil
	case cases.AskCompany:
		return d.company(), nil
	case cases.AskRequest:
		return ask(body, func(q cases.Wanted) (cases.Sent, error) { return d.request(ctx, c.UID, q) })
	case cases.AskMistake:
		return ask(body, func(q cases.Said) (cases.Sent, error) { return d.mistake(ctx, c.UID, q) })
	case cases.AskJustify:
		return ask(body, func(q cases.Said) (cases.Sent, error) { return d.justify(ctx, c.UID, q) })
	case cases.AskSilence:
		return ask(body, func(q cases.Said) (cases.Sent, error) { return d.silence(ctx, c.UID, q) })
	case cases.AskMasking:
		return ask(body, func(q cases.Saved) (cases.Masking, error) { return d.masking(c.UID, q) })
	case cases.AskMasked:
		return ask(body, func(q cases.Saved) (cases.Sent, error) { return d.masked(ctx, c.UID, q) })
	case control.AskStop:
		return ask(body, func(q control.Stop) (control.StopAnswer, error) { return d.stop(ctx, c, q) })
	case discovery.AskStatus, discovery.AskRun, discovery.AskResults:
		return d.agent.finder.answer(c, about)
	case cases.AskCode:
		return ask(body, func(q cases.Spoken) (cases.Sent, error) { return d.code(ctx, c.UID, q) })
	}
	return nil, control.Refusal(cases.Incomplete)
}

func ask[Q, A any](body json.RawMessage, do func(Q) (A, error)) (any, error) {
	var q Q
	if json.Unmarshal(body, &q) != nil {
		return nil, control.Refusal(cases.Incomplete)
	}
	return do(q)
}

// find answers a case of this person that the policy lets them do this about,
// and counts that they asked.
func (d *desk) find(uid int, id, way string) (cases.Case, error) {
	c, ok := d.cases.Find(uid, id)
	switch {
	case !ok:
		return c, control.Refusal(cases.NoSuchCase)
	case !slices.Contains(c.Notice.EmployeeMay, way) && way != c.Notice.Action:
		return c, control.Refusal(cases.NotOffered)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	recent := slices.DeleteFunc(d.asked[uid], func(at time.Time) bool { return now.Sub(at) > time.Hour })
	if len(recent) >= asksPerHour {
		return c, control.Refusal(cases.TooOften)
	}
	d.asked[uid] = append(recent, now)
	return c, nil
}

func (d *desk) list(uid int) cases.List {
	list := cases.List{Cases: d.cases.List(uid)}
	for i := range list.Cases {
		c := &list.Cases[i]
		if i >= wholeCases {
			c.Matches = c.Matches[:min(len(c.Matches), fewMatches)]
		}
		for _, g := range d.agent.grants.Of(uid, c.Notice.ID) {
			for n := range c.Steps {
				if s := &c.Steps[n]; s.What == cases.Granted && s.Grant == g.ID && g.Open {
					s.Left = g.Left
				}
			}
		}
	}
	return list
}

// company answers what the company can see, from the policy in force.
func (d *desk) company() cases.Company {
	p := d.agent.policy.Current()
	out := cases.Company{Policy: p.Name(), Version: p.Version(), Enforced: p.Mode() == rules.Enforce}
	channels := map[string]bool{}
	for _, r := range p.Overview() {
		out.Rules = append(out.Rules, cases.Rule{ID: r.ID, Title: r.Title, Message: r.Message, Action: string(r.Action), EmployeeMay: r.EmployeeMay})
		for _, c := range r.Channels {
			channels[string(c)] = true
		}
	}
	out.Channels = slices.Sorted(maps.Keys(channels))
	return out
}

// request asks the console for an approval of what a case was about, with what
// the whole file holds.
func (d *desk) request(ctx context.Context, uid int, q cases.Wanted) (cases.Sent, error) {
	if q.Check() != nil {
		return cases.Sent{}, control.Refusal(cases.Incomplete)
	}
	if !d.known {
		return cases.Sent{}, control.Refusal(cases.NoConsole)
	}
	c, err := d.find(uid, q.Case, "request-approval")
	if err != nil {
		return cases.Sent{}, err
	}
	r, err := d.fill(ctx, uid, c, q.Wish)
	if err != nil {
		return cases.Sent{}, err
	}
	if err := d.record(ctx, r.ID, grant.CodeRequested, incident.Medium, r.Detail()); err != nil {
		return cases.Sent{}, err
	}
	d.cases.Note(uid, q.Case, cases.Step{What: cases.Requested, Time: r.Time, Text: r.Text})
	sent := cases.Sent{People: r.People, Classes: r.Classes}
	if q.Challenge {
		sent.Challenge = d.challenge(q.Case, r)
	}
	return sent, nil
}

// fill makes a request of a wish: what the machine knows itself, the person has
// no say in.
func (d *desk) fill(ctx context.Context, uid int, c cases.Case, w grant.Wish) (grant.Request, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return grant.Request{}, fmt.Errorf("make an id: %w", err)
	}
	for _, text := range []*string{&w.Text, &w.Recipient, &w.Name} {
		*text = d.harmless(*text)
	}
	r := grant.Request{
		ID: id.String(), Incident: c.Notice.ID, Machine: d.agent.machine.ID, UID: uid, User: bounded(d.agent.judge.userName(uid)), Time: time.Now().UTC(), Wish: w,
		Channel: c.Channel, Destination: c.Destination, Place: c.Place, File: c.Notice.File, Classes: slices.Sorted(slices.Values(c.Classes)), People: c.People, SHA256: c.SHA256,
	}
	if c.Source != "" {
		if err := d.lookAt(ctx, c.Source, &r); err != nil {
			return grant.Request{}, err
		}
	}
	return r, nil
}

// lookAt puts into a request what the whole file holds: it was stopped before
// all of it had been seen.
func (d *desk) lookAt(ctx context.Context, path string, r *grant.Request) error {
	before, err := os.Lstat(path)
	if err != nil || !before.Mode().IsRegular() {
		return control.Refusal(cases.FileChanged)
	}
	f, err := os.Open(path)
	if err != nil {
		return control.Refusal(cases.FileChanged)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !os.SameFile(before, info) {
		return control.Refusal(cases.FileChanged)
	}
	if !mayRead(info, r.UID) {
		return nil // the service may read what they may not: nothing is told of it
	}
	ctx, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	content, err := d.agent.judge.engine().Scan(ctx, info.Name(), f, info.Size())
	if err != nil {
		return fmt.Errorf("look at a file for a request: %w", err)
	}
	if r.SHA256, err = sha256Of(ctx, f, info.Size()); err != nil {
		return fmt.Errorf("look at a file for a request: %w", err)
	}
	r.People, r.Classes = content.Summary.People, nil
	for _, c := range content.Summary.Classes {
		r.Classes = append(r.Classes, string(c.Class))
	}
	slices.Sort(r.Classes)
	return nil
}

func (d *desk) mistake(ctx context.Context, uid int, q cases.Said) (cases.Sent, error) {
	c, err := d.find(uid, q.Case, "not-customer-data")
	if err != nil {
		return cases.Sent{}, err
	}
	text := d.harmless(q.Text)
	if err := d.about(ctx, codeMistake, incident.Low, c, map[string]string{"text": text, "user": bounded(d.agent.judge.userName(uid))}); err != nil {
		return cases.Sent{}, err
	}
	d.cases.Note(uid, q.Case, cases.Step{What: cases.Mistake, Time: time.Now().UTC(), Text: text})
	if slices.Contains(c.Notice.EmployeeMay, wayRelease) && text != "" {
		return d.release(ctx, uid, c, text)
	}
	return cases.Sent{}, nil
}

// maskingMost bounds what is handed out to mask with, to fit one answer.
const maskingMost = 400 << 10

// masking answers what a copy of a case has to be masked with, so that it is
// not stopped again: to whom the case belongs, and no more than was found.
func (d *desk) masking(uid int, q cases.Saved) (cases.Masking, error) {
	c, ok := d.cases.Find(uid, q.Case)
	if !ok {
		return cases.Masking{}, control.Refusal(cases.NoSuchCase)
	}
	return cases.Masking{Policy: string(d.agent.policy.Current().Masking(c.Classes, maskingMost))}, nil
}

func (d *desk) masked(ctx context.Context, uid int, q cases.Saved) (cases.Sent, error) {
	c, err := d.find(uid, q.Case, "masked-copy")
	if err != nil {
		return cases.Sent{}, err
	}
	if err := d.about(ctx, codeMaskedCopy, incident.Low, c, map[string]string{"file": d.agent.judge.masked(bounded(q.Name)), "user": bounded(d.agent.judge.userName(uid))}); err != nil {
		return cases.Sent{}, err
	}
	d.cases.Note(uid, q.Case, cases.Step{What: cases.MaskedCopy, Time: time.Now().UTC()})
	return cases.Sent{}, nil
}

// justify lets the person go on once, for a reason that is recorded first.
func (d *desk) justify(ctx context.Context, uid int, q cases.Said) (cases.Sent, error) {
	text := d.harmless(q.Text)
	if strings.TrimSpace(text) == "" {
		return cases.Sent{}, control.Refusal(cases.Incomplete)
	}
	c, err := d.find(uid, q.Case, string(rules.Justify))
	if err == nil && c.Notice.Action != string(rules.Justify) {
		err = control.Refusal(cases.NotOffered)
	}
	if err != nil {
		return cases.Sent{}, err
	}
	r, err := d.fill(ctx, uid, c, grant.Wish{Purpose: "other", Text: text, Days: 1, Uses: 1, Pledge: true, Name: d.agent.judge.userName(uid)})
	if err != nil {
		return cases.Sent{}, err
	}
	if err := d.about(ctx, codeJustified, incident.Medium, c, map[string]string{"text": text, "user": r.User, "people": strconv.Itoa(r.People)}); err != nil {
		return cases.Sent{}, err
	}
	until, err := d.permit(r, "", justified)
	if err != nil {
		return cases.Sent{}, err
	}
	d.cases.Note(uid, q.Case, cases.Step{What: cases.Justified, Time: time.Now().UTC(), Text: text, Until: until, Left: 1})
	return cases.Sent{People: r.People, Classes: r.Classes, Until: until}, nil
}

// permit lets what was asked for happen once, for a while.
func (d *desk) permit(r grant.Request, request string, within time.Duration) (until time.Time, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return until, fmt.Errorf("make an id: %w", err)
	}
	g := r.Grant(id.String(), "-", time.Now())
	g.Request, g.MaxUses, g.Expires = request, 1, g.NotBefore.Add(within)
	if r.SHA256 == "" {
		// What was seen before it was stopped is not all there is.
		g.Classes, g.MaxPeople = []string{grant.AnyClass}, grant.MaxPeople
	}
	return g.Expires, d.agent.grants.Permit(*g)
}

// challenge answers what is read out over the telephone for a request.
func (d *desk) challenge(id string, r grant.Request) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.secret) == 0 {
		return ""
	}
	if len(d.spoken) >= maxSpoken {
		clear(d.spoken)
	}
	s := spoken{grant.NewChallenge(), r}
	d.spoken[id] = s
	return s.challenge
}

// code takes the answer to a challenge.
func (d *desk) code(ctx context.Context, uid int, q cases.Spoken) (cases.Sent, error) {
	c, err := d.find(uid, q.Case, "request-approval")
	if err != nil {
		return cases.Sent{}, err
	}
	r, err := d.heard(q)
	if err != nil {
		return cases.Sent{}, err
	}
	if err := d.about(ctx, codeByPhone, incident.Medium, c, map[string]string{"request": r.ID, "user": r.User, "people": strconv.Itoa(r.People)}); err != nil {
		return cases.Sent{}, err
	}
	until, err := d.permit(r, r.ID, byPhone)
	if err != nil {
		return cases.Sent{}, err
	}
	d.cases.Note(uid, q.Case, cases.Step{What: cases.Granted, Time: time.Now().UTC(), Until: until, Left: 1})
	return cases.Sent{Until: until}, nil
}

// heard answers the request that a code belongs to; a challenge is good for
// one code, and wrong ones are counted on the whole machine.
func (d *desk) heard(q cases.Spoken) (grant.Request, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.locked(now) {
		return grant.Request{}, control.Refusal(cases.CodesLocked)
	}
	s, ok := d.spoken[q.Case]
	if !ok || !grant.CodeIs(q.Code, d.secret, permitsCopy, s.challenge) {
		d.wrong = append(d.wrong, now)
		return grant.Request{}, control.Refusal(cases.WrongCode)
	}
	delete(d.spoken, q.Case)
	return s.request, nil
}

// harmless makes what a person wrote fit a record: bounded and masked.
func (d *desk) harmless(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = mask.Text(d.agent.judge.Pack, text)
	for len(text) > grant.MaxText {
		text = strings.ToValidUTF8(text[:grant.MaxText], "")
	}
	return strings.TrimSpace(text)
}

// about records what somebody did about a case.
func (d *desk) about(ctx context.Context, code string, severity incident.Severity, c cases.Case, detail map[string]string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	detail["incident"] = c.Notice.ID
	if detail["file"] == "" {
		detail["file"] = c.Notice.File
	}
	return d.record(ctx, id.String(), code, severity, detail)
}

func (d *desk) record(ctx context.Context, id, code string, severity incident.Severity, detail map[string]string) error {
	i, err := incident.New(incident.Agent, time.Now())
	if err == nil {
		i.ID, i.Machine, i.Severity, i.Code, i.Detail = id, d.agent.machine, severity, code, detail
		err = errors.Join(i.Validate())
	}
	if err == nil {
		err = d.agent.judge.Record(context.WithoutCancel(ctx), i)
	}
	if err != nil {
		return fmt.Errorf("record %s: %w", code, err)
	}
	return nil
}
