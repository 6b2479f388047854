package agent

import (
	"context"
	"slices"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/uploader/incident"
)

// Ways on that are not asked for at the page by their name alone.
const (
	waySilence = "silence"         // notices of the rule, for a day
	wayRelease = "release-at-once" // with the word that it is no customer data
	silence    = 24 * time.Hour
)

const codeSilenced = "notices-silenced"

// silence keeps notices of the rule a case was about from the person for a day.
// What is recorded stays as it is, and that they are silenced is recorded too.
func (d *desk) silence(ctx context.Context, uid int, q cases.Said) (cases.Sent, error) {
	c, err := d.find(uid, q.Case, waySilence)
	if err != nil {
		return cases.Sent{}, err
	}
	if c.Notice.Action == string(rules.Isolate) {
		return cases.Sent{}, control.Refusal(cases.NotOffered) // it says what the person has to do
	}
	if err := d.about(ctx, codeSilenced, incident.Low, c, map[string]string{"rule": c.Notice.Rule, "user": bounded(d.agent.judge.userName(uid))}); err != nil {
		return cases.Sent{}, err
	}
	until := time.Now().Add(silence).UTC()
	d.agent.teller.Silence(uid, c.Notice.Rule, until)
	d.cases.Note(uid, q.Case, cases.Step{What: cases.Silenced, Time: time.Now().UTC(), Until: until})
	return cases.Sent{Until: until}, nil
}

// release lets the person go on once because they say that it is no customer
// data, where the policy takes their word until it was looked at.
func (d *desk) release(ctx context.Context, uid int, c cases.Case, text string) (cases.Sent, error) {
	r, said, err := d.fill(ctx, uid, c, d.ownWish(uid, text))
	if err != nil {
		return cases.Sent{}, err
	}
	if !slices.Contains(said.EmployeeMay, wayRelease) {
		return cases.Sent{}, nil // of the whole the policy takes no word; it will be looked at
	}
	until, err := d.permit(past(r, said), justified)
	if err != nil {
		return cases.Sent{}, err
	}
	d.cases.Note(uid, c.Notice.ID, cases.Step{What: cases.Released, Time: time.Now().UTC(), Until: until, Left: 1})
	return cases.Sent{People: r.People, Classes: r.Classes, Until: until}, nil
}
