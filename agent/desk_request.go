package agent

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/uploader/incident"
)

// fill makes a request of a wish: what the machine knows itself, the person has
// no say in. It answers as well what the policy says of all that it is about.
func (d *desk) fill(ctx context.Context, uid int, c cases.Case, w grant.Wish) (grant.Request, rules.Decision, error) {
	said := rules.Decision{Rule: c.Notice.Rule, Action: rules.Action(c.Notice.Action), EmployeeMay: c.Notice.EmployeeMay}
	id, err := uuid.NewV7()
	if err != nil {
		return grant.Request{}, said, fmt.Errorf("make an id: %w", err)
	}
	for _, text := range []*string{&w.Text, &w.Recipient, &w.Name} {
		*text = d.harmless(*text)
	}
	r := grant.Request{
		ID: id.String(), Incident: c.Notice.ID, Machine: d.agent.machine.ID, UID: uid, User: bounded(d.agent.judge.userName(uid)), Time: time.Now().UTC(), Wish: w,
		Channel: c.Channel, Destination: c.Destination, Place: c.Place, File: c.Notice.File, Classes: slices.Sorted(slices.Values(c.Classes)), People: c.People, SHA256: c.SHA256,
	}
	if c.Source != "" {
		if said, err = d.lookAt(ctx, c, said, &r); err != nil {
			return grant.Request{}, said, err
		}
	}
	if r.SHA256 == "" && c.Begun {
		d.await(purpose{uid, c.Channel, c.Destination})
		return grant.Request{}, said, control.Refusal(cases.OnlyBegun)
	}
	return r, said, nil
}

// lookAt puts into a request what the whole file holds: it was stopped before
// all of it had been seen. It answers what the policy says of that.
func (d *desk) lookAt(ctx context.Context, c cases.Case, said rules.Decision, r *grant.Request) (rules.Decision, error) {
	before, err := os.Lstat(c.Source)
	if err != nil || !before.Mode().IsRegular() {
		return said, control.Refusal(cases.FileChanged)
	}
	f, err := os.Open(c.Source)
	if err != nil {
		return said, control.Refusal(cases.FileChanged)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !os.SameFile(before, info) {
		return said, control.Refusal(cases.FileChanged)
	}
	if !mayRead(info, r.UID) {
		return said, nil // the service may read what they may not: nothing is told of it
	}
	ctx, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	content, err := d.agent.judge.engine().Scan(ctx, info.Name(), f, info.Size())
	if err != nil {
		return said, fmt.Errorf("look at a file for a request: %w", err)
	}
	if r.SHA256, err = sha256Of(ctx, f, info.Size()); err != nil {
		return said, fmt.Errorf("look at a file for a request: %w", err)
	}
	r.People, r.Classes = content.Summary.People, nil
	for _, c := range content.Summary.Classes {
		r.Classes = append(r.Classes, string(c.Class))
	}
	slices.Sort(r.Classes)
	return d.again(c, content, info.Size(), said), nil
}

// again decides once more about what a case was about, now that the whole of
// its content is known. Cases of earlier versions do not say enough for that:
// for them it stays with what was said.
func (d *desk) again(c cases.Case, content rules.Content, size int64, said rules.Decision) rules.Decision {
	if c.Activity == nil {
		return said
	}
	a := *c.Activity
	a.Time, a.Actor = time.Now().UTC(), d.agent.judge.known(a.Actor)
	a.Subject.Type, a.Subject.Size = content.Type, size
	if decision, _ := d.agent.judge.afterwards(a, content); decision.Action.Stops() {
		return decision
	}
	return said // it would go out as it is
}

// purpose is one person's copying to one place.
type purpose struct {
	uid                  int
	channel, destination string
}

const (
	// awaiting is how long somebody has to do again what was stopped at once, so
	// that it is seen to its end.
	awaiting   = 15 * time.Minute
	maxAwaited = 256
)

// await has the next of somebody's copies to a place seen to its end before it
// is stopped: where nobody can look at the file, this alone tells what it holds.
func (d *desk) await(p purpose) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.awaited) >= maxAwaited {
		clear(d.awaited)
	}
	d.awaited[p] = time.Now()
}

func (d *desk) awaits(p purpose) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, ok := d.awaited[p]
	return ok && time.Since(at) < awaiting
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
	r, said, err := d.fill(ctx, uid, c, d.ownWish(uid, text))
	if err == nil && said.Action != rules.Justify {
		err = control.Refusal(cases.NotOffered) // the policy says more of the whole
	}
	if err != nil {
		return cases.Sent{}, err
	}
	if err := d.about(ctx, codeJustified, incident.Medium, c, map[string]string{"text": text, "user": r.User, "people": strconv.Itoa(r.People)}); err != nil {
		return cases.Sent{}, err
	}
	until, err := d.permit(past(r, said), justified)
	if err != nil {
		return cases.Sent{}, err
	}
	d.cases.Note(uid, q.Case, cases.Step{What: cases.Justified, Time: time.Now().UTC(), Text: text, Until: until, Left: 1})
	return cases.Sent{People: r.People, Classes: r.Classes, Until: until}, nil
}

// ownWish is a wish that nobody is asked about.
func (d *desk) ownWish(uid int, text string) grant.Wish {
	return grant.Wish{Purpose: "other", Text: text, Days: 1, Uses: 1, Pledge: true, Name: d.agent.judge.userName(uid)}
}

// past is a grant of a person to themselves: past the one rule of the policy
// that takes their word, and no other.
func past(r grant.Request, said rules.Decision) grant.Grant {
	g := *r.Grant("", "-", time.Now())
	g.Request, g.Rule, g.Action = "", said.Rule, string(said.Action)
	return g
}

// permit lets what was asked for happen once, for a while.
func (d *desk) permit(g grant.Grant, within time.Duration) (until time.Time, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return until, fmt.Errorf("make an id: %w", err)
	}
	g.ID, g.MaxUses, g.Expires = id.String(), 1, g.NotBefore.Add(within)
	return g.Expires, d.agent.grants.Permit(g)
}
