package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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

	mu      sync.Mutex
	asked   map[int][]time.Time // by uid
	wrong   []guess
	spoken  map[string]spoken     // by case
	awaited map[purpose]time.Time // what has to be seen to its end
	secret  []byte

	stopSpoken  challenged
	stopAllowed time.Time // when the service was allowed to be stopped
}

func (a *Agent) openDesk() error {
	a.desk = &desk{agent: a, cases: a.judge.Cases, known: a.uploader != nil, asked: map[int][]time.Time{}, spoken: map[string]spoken{}, awaited: map[purpose]time.Time{}}
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
		c.Activity = nil
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
	r, _, err := d.fill(ctx, uid, c, q.Wish)
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
