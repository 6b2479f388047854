package agent

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// Lists take a reason, long ones stay whatever somebody says.
const reasonPolicy = `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - {id: say-why, title: t, action: justify, when: {class: list}}
  - {id: never, title: t, action: block, when: {class: list, people: 2000}}
`

// The same with the word that it is no customer data.
const wordPolicy = `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - {id: maybe, title: t, action: block, when: {class: list}, employee-may: [not-customer-data, release-at-once]}
  - {id: never, title: t, action: quarantine, when: {class: list, people: 2000}}
`

// A way in which somebody takes so many people out.
type out func(o *workplace, people int) (stopped bool)

func (o *workplace) people(n int) []byte { return list(o.t, synthetic.New(uint64(n)).People(n)) }

// pipes writes a list to a stick that comes from no file.
func pipes(o *workplace, n int) bool {
	o.t.Helper()
	content := o.people(n)
	j := o.agent.judge.Open(activity.Activity{
		Channel: activity.RemovableMedia, Operation: activity.Write, Actor: activity.Actor{UID: somebody, PID: 1, Program: "/usr/bin/bash"},
		Subject:     activity.Subject{Name: "out.csv"},
		Destination: activity.Destination{Path: "/media/stick", Device: activity.Device{Serial: "S1"}},
	})
	defer j.Close()
	for p := content; len(p) > 0; {
		part := min(len(p), 4096)
		if j.Write(o.t.Context(), p[:part]) == guard.Deny {
			return true
		}
		p = p[part:]
	}
	return j.Finish(o.t.Context(), bytes.NewReader(content), int64(len(content)), true) == guard.Deny
}

func clips(o *workplace, n int) bool {
	return o.ends(o.agent.judge.Clip(o.t.Context(), control.Caller{UID: somebody}, control.Clip{Text: string(o.people(n))}))
}

func clipsFile(o *workplace, n int) bool {
	c := control.ClipFile{Path: "/home/a/list.csv", Content: handed{bytes.NewReader(o.people(n)), ""}}
	return o.ends(o.agent.judge.ClipFile(o.t.Context(), control.Caller{UID: somebody}, c))
}

func (o *workplace) ends(v control.Verdict, err error) bool {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
	if v.Done != nil {
		v.Done(v.Clear)
	}
	return v.Clear
}

var ways = map[string]out{"pipe": pipes, "clipboard": clips, "copied file": clipsFile}

// last is the last thing somebody was stopped in, seen to its end: a pipe has
// to be tried again for that.
func (o *workplace) last(take out, n int) cases.Case {
	o.t.Helper()
	if !take(o, n) {
		o.t.Fatalf("%d people are not stopped", n)
	}
	c := o.own(somebody)[0]
	if !c.Begun {
		return c
	}
	if s, no := o.asks(somebody, cases.AskJustify, cases.Said{Case: c.Notice.ID, Text: "why not"}); no != cases.OnlyBegun && no != cases.NotOffered {
		o.t.Fatalf("a reason for nobody knows how much: %+v %q", s, no)
	}
	o.asks(somebody, cases.AskMistake, cases.Said{Case: c.Notice.ID, Text: "plants"})
	if !take(o, n) {
		o.t.Fatalf("%d people are not stopped again", n)
	}
	if c = o.own(somebody)[0]; c.Begun || c.SHA256 == "" || c.People != n {
		o.t.Fatalf("seen to its end: %d of %d people, begun %v", c.People, n, c.Begun)
	}
	return c
}

func (o *workplace) lastDecision() incident.Decision {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n := len(o.records) - 1; ; n-- {
		if o.records[n].Kind == incident.Activity {
			return o.records[n].Decision
		}
	}
}

// A reason, and the word of an employee, lift the rule that takes it and no
// stricter one, and for the content that was looked at alone.
func TestWhatSomebodySaysLiftsNoStricterRule(t *testing.T) {
	for name, take := range ways {
		for _, said := range []struct{ policy, ask string }{{reasonPolicy, cases.AskJustify}, {wordPolicy, cases.AskMistake}} {
			t.Run(name+" "+said.ask, func(t *testing.T) {
				o := newWorkplace(t, said.policy)
				o.orders()
				if !take(o, 2500) {
					t.Fatal("2500 people go out")
				}
				id := o.last(take, 1000).Notice.ID
				if s, no := o.asks(somebody, said.ask, cases.Said{Case: id, Text: "for the auditor"}); no != "" || s.Until.IsZero() {
					t.Fatalf("a reason where the policy takes one: %+v %q", s, no)
				}
				for _, n := range []int{2500, 1001} {
					if !take(o, n) {
						t.Errorf("%d people go out for what was said of 1000", n)
					}
				}
				if take(o, 1000) {
					t.Errorf("what was said does not count: %+v", o.lastDecision())
				}
				if !take(o, 1000) {
					t.Error("what was said counts twice")
				}
			})
		}
	}
}

// A long file is stopped early, by the rule that takes a reason: of the whole
// the policy takes none.
func TestWhatSomebodySaysOfAFileIsHeldAgainstTheWhole(t *testing.T) {
	for _, said := range []struct{ policy, ask string }{{reasonPolicy, cases.AskJustify}, {wordPolicy, cases.AskMistake}} {
		o := newWorkplace(t, said.policy)
		o.write(5000)
		o.expect(somebody, "S1", guard.Deny, "at once")
		c := o.own(somebody)[0]
		if c.Notice.Rule == "never" || !c.Begun {
			t.Fatalf("stopped by %s, begun %v", c.Notice.Rule, c.Begun)
		}
		want := map[string]control.Refusal{cases.AskJustify: cases.NotOffered}[said.ask]
		if s, no := o.asks(somebody, said.ask, cases.Said{Case: c.Notice.ID, Text: "for the auditor"}); no != want || !s.Until.IsZero() {
			t.Errorf("%s: %+v %q", said.ask, s, no)
		}
		if len(o.recorded(codeJustified)) > 0 {
			t.Error("a reason is recorded that was not taken")
		}
		o.expect(somebody, "S1", guard.Deny, "whatever was said")
	}
}

// The policy may become stricter after the reason was given.
func TestAReasonEndsWithItsRule(t *testing.T) {
	o := newWorkplace(t, reasonPolicy)
	o.expect(somebody, "S1", guard.Deny, "without a reason")
	if _, no := o.asks(somebody, cases.AskJustify, cases.Said{Case: o.own(somebody)[0].Notice.ID, Text: "for the auditor"}); no != "" {
		t.Fatal(no)
	}
	stricter, err := rules.ParsePolicy("policy.yaml", []byte(strings.Replace(reasonPolicy, "action: justify", "action: block", 1)))
	if err != nil {
		t.Fatal(err)
	}
	before := o.agent.judge.Policy
	o.agent.judge.Policy = func() *rules.Policy { return stricter }
	o.expect(somebody, "S1", guard.Deny, "the same rule blocks by now")
	if d := o.lastDecision(); d.GrantFailed != "other-rule" {
		t.Errorf("%+v", d)
	}
	o.agent.judge.Policy = before
	o.expect(somebody, "S1", guard.Allow, "the reason was not used up by that")
}

// Where no file is seen, a code heard for few people permits few, and exactly
// what it was asked for.
func TestACodePermitsNoMoreThanItWasAskedFor(t *testing.T) {
	for _, channel := range []string{"removable-media", "clipboard"} {
		o := newWorkplace(t, `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules: [{id: stays, title: t, action: block, when: {class: list}, employee-may: [request-approval]}]
`)
		o.orders()
		take := map[string]out{"removable-media": pipes, "clipboard": clips}[channel]
		if !take(o, 1000) {
			t.Fatal("1000 people go out")
		}
		c := o.own(somebody)[0]
		w := wish(c.Notice.ID)
		w.Challenge = true
		sent, no := o.asks(somebody, cases.AskRequest, w)
		if c.Begun {
			if no != cases.OnlyBegun || sent.Challenge != "" || len(o.recorded(grant.CodeRequested)) > 0 {
				t.Fatalf("%s: asked for nobody knows how much: %+v %q", channel, sent, no)
			}
			take(o, 1000)
			w.Case = o.own(somebody)[0].Notice.ID
			sent, no = o.asks(somebody, cases.AskRequest, w)
		}
		if no != "" || sent.Challenge == "" || sent.People != 1000 {
			t.Fatalf("%s: %+v %q", channel, sent, no)
		}
		code := grant.Code(bytes.Repeat([]byte{7}, 32), permitsCopy, sent.Challenge)
		if _, no := o.asks(somebody, cases.AskCode, cases.Spoken{Case: w.Case, Code: code}); no != "" {
			t.Fatal(no)
		}
		for _, n := range []int{2500, 1001, 999} {
			if !take(o, n) {
				t.Errorf("%s: %d people go out by a code for 1000", channel, n)
			}
		}
		if take(o, 1000) {
			t.Errorf("%s: what was asked for does not go out: %+v", channel, o.lastDecision())
		}
	}
}

// Text of which the clipboard held more than was handed over could go on in any
// way: nobody is asked about it.
func TestNobodyIsAskedAboutTheBeginningOfAText(t *testing.T) {
	o := newWorkplace(t, reasonPolicy)
	clip := control.Clip{Text: string(o.people(30)), Incomplete: string(rules.TooLarge)}
	for range 2 {
		if !o.ends(o.agent.judge.Clip(t.Context(), control.Caller{UID: somebody}, clip)) {
			t.Fatal("it stays on the clipboard")
		}
		if s, no := o.asks(somebody, cases.AskJustify, cases.Said{Case: o.own(somebody)[0].Notice.ID, Text: "for the auditor"}); no != cases.OnlyBegun || !s.Until.IsZero() {
			t.Errorf("%+v %q", s, no)
		}
	}
}

// What is to be seen to its end is one person's, at one place, for a while.
func TestSeeingItToItsEndIsForWhoAskedAlone(t *testing.T) {
	o := newWorkplace(t, reasonPolicy)
	pipes(o, 1000)
	if _, no := o.asks(somebody, cases.AskJustify, cases.Said{Case: o.own(somebody)[0].Notice.ID, Text: "why not"}); no != cases.OnlyBegun {
		t.Fatal(no)
	}
	p := &approvals{o.agent.grants, o.agent}
	if !p.May(somebody, "removable-media", "S1") || p.May(somebody+1, "removable-media", "S1") || p.May(somebody, "removable-media", "S2") || p.May(somebody, "clipboard", "S1") {
		t.Error("it is seen to its end for others, or not for them")
	}
	o.agent.desk.awaited[purpose{somebody, "removable-media", "S1"}] = time.Now().Add(-awaiting)
	if p.May(somebody, "removable-media", "S1") {
		t.Error("it is for ever")
	}
}

// What the service needs to decide again is not handed to anybody.
func TestNobodyIsToldWhatTheServiceKeepsOfAnActivity(t *testing.T) {
	o := newWorkplace(t, "")
	o.expect(somebody, "S1", guard.Deny, "without approval")
	if o.own(somebody)[0].Activity != nil {
		t.Error("the activity is told")
	}
	o.restart()
	if c, _ := o.agent.desk.cases.Find(somebody, o.own(somebody)[0].Notice.ID); c.Activity == nil || c.Activity.Destination.Device.Serial != "S1" {
		t.Error("the activity is not kept")
	}
}

func TestACopyCodeHasToComeInTime(t *testing.T) {
	o := newWorkplace(t, "")
	o.orders()
	o.expect(somebody, "S1", guard.Deny, "without approval")
	w := wish(o.own(somebody)[0].Notice.ID)
	w.Challenge = true
	sent, no := o.asks(somebody, cases.AskRequest, w)
	if no != "" {
		t.Fatal(no)
	}
	d := o.agent.desk
	s := d.spoken[w.Case]
	s.at = time.Now().Add(-byPhone - time.Second)
	d.spoken[w.Case] = s
	code := grant.Code(bytes.Repeat([]byte{7}, 32), permitsCopy, sent.Challenge)
	if _, no := o.asks(somebody, cases.AskCode, cases.Spoken{Case: w.Case, Code: code}); no != cases.WrongCode {
		t.Errorf("after more than an hour: %q", no)
	}
}

// Whoever guesses locks themselves out, and nobody else.
func TestGuessingLocksOutOneself(t *testing.T) {
	const other = somebody + 1
	o := newWorkplace(t, "")
	o.orders()
	d, secret := o.agent.desk, bytes.Repeat([]byte{7}, 32)
	codes := map[int]cases.Spoken{}
	for _, uid := range []int{somebody, other} {
		o.expect(uid, "S1", guard.Deny, "without approval")
		w := wish(o.own(uid)[0].Notice.ID)
		w.Challenge = true
		sent, no := o.asks(uid, cases.AskRequest, w)
		if no != "" {
			t.Fatal(no)
		}
		codes[uid] = cases.Spoken{Case: w.Case, Code: grant.Code(secret, permitsCopy, sent.Challenge)}
	}
	for range wrongCodes {
		o.asks(somebody, cases.AskCode, cases.Spoken{Case: codes[somebody].Case, Code: "1"})
	}
	if _, no := o.asks(somebody, cases.AskCode, codes[somebody]); no != cases.CodesLocked {
		t.Errorf("guessing: %q", no)
	}
	asked, err := d.stopChallenge(control.PermitStop)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.stopCode(control.Stop{Permits: control.PermitStop, Code: grant.Code(secret, control.PermitStop, asked.Challenge)}); err != nil {
		t.Errorf("who guesses at copies keeps the service from being stopped: %v", err)
	}
	if _, no := o.asks(other, cases.AskCode, codes[other]); no != "" {
		t.Errorf("another person is locked out: %q", no)
	}
	// One person may have many numbers: all together have few tries as well.
	for uid := range 2 * wrongByAll {
		d.wrong = append(d.wrong, guess{time.Now(), 100_000 + uid, permitsCopy})
	}
	if _, err := d.heard(200_000, cases.Spoken{}); err != control.Refusal(cases.CodesLocked) {
		t.Errorf("many numbers: %v", err)
	}
	if asked, err = d.stopChallenge(control.PermitStop); err != nil {
		t.Fatal(err)
	}
	if err := d.stopCode(control.Stop{Permits: control.PermitStop, Code: grant.Code(secret, control.PermitStop, asked.Challenge)}); err != nil {
		t.Errorf("many who guess at copies keep the service from being stopped: %v", err)
	}
	d.wrong = d.wrong[:0]
	for range wrongCodes {
		_ = d.stopCode(control.Stop{Permits: control.PermitStop, Code: "1"})
	}
	if _, err := d.heard(somebody, cases.Spoken{}); err != control.Refusal(cases.WrongCode) {
		t.Errorf("who guesses at stopping locks copies: %v", err)
	}
}

// A reason for a name is bounded by what was in the name.
func TestAReasonForANameLetsNoListOut(t *testing.T) {
	o := newWorkplace(t, `version: "1"
classes: [{id: any, any: [{count: {class: cn-mobile, at-least: 1}}]}]
rules: [{id: say-why, title: t, action: justify, when: {class: any, channel: removable-media}}]
`)
	name := activity.Activity{
		Channel: activity.RemovableMedia, Operation: activity.Name, Actor: activity.Actor{UID: somebody, PID: 1, Program: "/usr/bin/mv"},
		Subject: activity.Subject{Name: "x"}, Destination: activity.Destination{Path: "/media/stick", Device: activity.Device{Serial: "S1"}},
	}
	named := func() guard.Verdict {
		return o.agent.judge.Name(t.Context(), name, synthetic.New(3).People(1)[0].Mobile+".txt")
	}
	if named() != guard.Deny {
		t.Fatal("a number in a name goes out")
	}
	if s, no := o.asks(somebody, cases.AskJustify, cases.Said{Case: o.own(somebody)[0].Notice.ID, Text: "our own"}); no != "" || s.Until.IsZero() {
		t.Fatalf("%+v %q", s, no)
	}
	if !pipes(o, 30) {
		t.Errorf("a list goes out: %+v", o.lastDecision())
	}
	if d := o.lastDecision(); d.GrantFailed != "more-people" {
		t.Errorf("%+v", d)
	}
	if named() != guard.Allow {
		t.Errorf("the name does not: %+v", o.lastDecision())
	}
}

// A long file is stopped early: that an approval for it is used up, or over, is
// told all the same.
func TestWhyAnApprovalDoesNotHoldIsToldEarly(t *testing.T) {
	o := newWorkplace(t, "")
	o.write(5000)
	o.expect(somebody, "S1", guard.Deny, "without approval")
	if d := o.lastDecision(); d.GrantFailed != "" || d.GrantAbout != "" {
		t.Errorf("without approval: %+v", d)
	}
	id := o.own(somebody)[0].Notice.ID
	o.approve(somebody)
	o.expect(somebody, "S1", guard.Allow, "as approved")
	o.expect(somebody, "S1", guard.Deny, "a second time")
	if d := o.lastDecision(); d.GrantFailed != "used-up" || d.GrantAbout != id || !o.own(somebody)[0].Begun {
		t.Errorf("a second time: %+v", d)
	}
	o.expect(somebody+1, "S1", guard.Deny, "somebody else")
	if d := o.lastDecision(); d.GrantFailed != "" {
		t.Errorf("somebody else: %+v", d)
	}
}
