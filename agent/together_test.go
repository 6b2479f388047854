package agent

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// approve has somebody who was stopped ask, and answers the approval.
func (o *workplace) approve(uid int) *grant.Grant {
	o.t.Helper()
	own := o.own(uid)
	if _, no := o.asks(uid, cases.AskRequest, wish(own[len(own)-1].Notice.ID)); no != "" {
		o.t.Fatal(no)
	}
	asked := o.recorded(grant.CodeRequested)
	last := asked[len(asked)-1]
	r, err := grant.ParseRequest(last.ID, o.agent.machine.ID, last.Time, last.Detail)
	if err != nil {
		o.t.Fatal(err)
	}
	g := r.Grant(uuid.Must(uuid.NewV7()).String(), "chen", time.Now())
	o.orders(o.sign(grant.Answer{Grant: g}))
	return g
}

// of answers the last records of what these people did, by who it was.
func (o *workplace) of(uids ...int) map[int]incident.Incident {
	out := map[int]incident.Incident{}
	for _, i := range o.records {
		if i.Kind == incident.Activity && slices.Contains(uids, i.Person.UID) {
			out[i.Person.UID] = i
		}
	}
	return out
}

// What several people have written goes out with an approval for each, and no
// approval is used up by what does not.
func TestAnApprovalOfOneIsNotForWhatOthersWroteToo(t *testing.T) {
	const other = somebody + 1
	o := newWorkplace(t, "")
	o.expect(somebody, "S1", guard.Deny, "without approval")
	o.expect(other, "S1", guard.Deny, "without approval")
	first := o.approve(somebody)
	for _, both := range [][]int{{somebody, other}, {other, somebody}} {
		before := len(o.records)
		if v := o.writes("S1", both...); v != guard.Deny {
			t.Fatalf("%v write, and one is approved: %v", both, v)
		}
		if n := len(o.records) - before; n != 2 {
			t.Errorf("%d records, want one for each", n)
		}
		for uid, i := range o.of(both...) {
			failed := map[int]string{somebody: "others-wrote"}[uid]
			if i.Decision.Action != "block" || i.Decision.Outcome != incident.Prevented || i.Decision.GrantFailed != failed || len(i.Others) != 1 || i.Others[0].UID == uid {
				t.Errorf("recorded for %d: %+v by others %+v", uid, i.Decision, i.Others)
			}
		}
	}
	second := o.approve(other)
	if v := o.writes("S1", somebody, other); v != guard.Allow {
		t.Fatalf("both are approved: %v", v)
	}
	for uid, g := range map[int]*grant.Grant{somebody: first, other: second} {
		if d := o.of(uid)[uid].Decision; d.Grant != g.ID || d.Reason != string(reasonGrant) {
			t.Errorf("recorded for %d: %+v", uid, d)
		}
		o.expect(uid, "S1", guard.Deny, "used up")
	}
}

// The strictest of what comes of each person and each program counts.
func TestWhatOneMayNotNobodyMayWithThem(t *testing.T) {
	policy, err := rules.ParsePolicy("test.yaml", []byte(`version: "1"
rules:
  - {id: stays, title: {en: x, zh: x}, when: {people: 20, channel: removable-media}, unless: {person: root}, action: block}
  - {id: thief, title: {en: x, zh: x}, when: {people: 5, program: thief}, action: quarantine}
  - {id: many, title: {en: x, zh: x}, when: {rolling: {people: 40, within: 24h}}, action: block}
`))
	if err != nil {
		t.Fatal(err)
	}
	by := func(uid int, program string) activity.Actor {
		return activity.Actor{UID: uid, PID: 1, Program: program, Proven: true}
	}
	root, nobody, thief := by(0, "/usr/bin/cp"), by(65534, "/usr/bin/cp"), by(0, "/usr/bin/thief")
	people := synthetic.New(11).People(70)
	many, more := list(t, people[:30]), list(t, people[30:45])
	for name, try := range map[string]struct {
		actors []activity.Actor
		want   guard.Verdict
		rules  []string
	}{
		"who may":                       {[]activity.Actor{root}, guard.Allow, nil},
		"who may, and who may not":      {[]activity.Actor{root, nobody}, guard.Deny, []string{"stays"}},
		"who may not, and who may":      {[]activity.Actor{nobody, root}, guard.Deny, []string{"stays"}},
		"with a program that may not":   {[]activity.Actor{root, thief}, guard.Deny, []string{"thief"}},
		"everybody with everything":     {[]activity.Actor{root, nobody, thief}, guard.Deny, []string{"thief", "stays"}},
		"who may, with another program": {[]activity.Actor{root, by(0, "/usr/bin/tar")}, guard.Allow, nil},
	} {
		d := newTrial(t)
		d.Policy = func() *rules.Policy { return policy }
		judge := func(content []byte, actors []activity.Actor) guard.Verdict {
			a := copying("list.csv")
			a.Actor, a.Others = actors[0], actors[1:]
			j := d.Open(a)
			defer j.Close()
			if j.Write(t.Context(), content) == guard.Deny {
				return guard.Deny
			}
			return j.Finish(t.Context(), bytes.NewReader(content), int64(len(content)), true)
		}
		if got := judge(many, try.actors); got != try.want {
			t.Errorf("%s: %v", name, got)
		}
		var decided []string
		for _, i := range d.records {
			decided = append(decided, i.Decision.Rule)
		}
		if !slices.Equal(decided, try.rules) {
			t.Errorf("%s: recorded by %q", name, decided)
		}
		// What goes out together counts for each: ten people more are too many.
		if try.want == guard.Deny {
			continue
		}
		if got := judge(more, []activity.Actor{root, nobody}); got != guard.Deny {
			t.Errorf("%s, and then more: %v", name, got)
		}
		if got := judge(more, []activity.Actor{nobody}); got != guard.Allow {
			t.Errorf("%s, and then more by who had no part: %v", name, got)
		}
	}
}
