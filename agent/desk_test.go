package agent

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/uploader/incident"
)

const ownWords = `version: "1"
detectors:
  - {id: project, name: {en: Project, zh: 项目}, words: [Blue Falcon]}
  - {id: other, name: {en: Other, zh: 其他}, words: [Red Kite]}
classes:
  - {id: list, any: [{records: {at-least: 20}}]}
  - {id: plans, any: [{count: {class: project, at-least: 1}}, {count: {class: other, at-least: 1}}, {count: {class: secret, at-least: 1}}]}
rules:
  - {id: stays, title: {en: It stays, zh: 不得外传}, when: {class: [list, plans], channel: removable-media}, action: block, employee-may: [masked-copy]}
`

func TestWhoWasStoppedIsToldWhatToMaskAndNobodyElse(t *testing.T) {
	o := newWorkplace(t, ownWords)
	if err := os.WriteFile(o.source, []byte("the plan for Blue Falcon\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o.expect(somebody, "S1", guard.Deny, "a plan")
	saved, err := json.Marshal(cases.Saved{Case: o.own(somebody)[0].Notice.ID})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := o.agent.desk.answer(t.Context(), control.Caller{UID: somebody}, cases.AskMasking, saved)
	if err != nil {
		t.Fatal(err)
	}
	told := answer.(cases.Masking).Policy
	if !strings.Contains(told, "Blue Falcon") || !strings.Contains(told, "secret") || strings.Contains(told, "Red Kite") || strings.Contains(told, "stays") {
		t.Errorf("told: %s", told)
	}
	var no control.Refusal
	if _, err := o.agent.desk.answer(t.Context(), control.Caller{UID: somebody + 1}, cases.AskMasking, saved); !errors.As(err, &no) || no != cases.NoSuchCase {
		t.Errorf("somebody else is told: %v", err)
	}
}

func TestWhatSomebodyWasStoppedInOutlivesARestart(t *testing.T) {
	o := newWorkplace(t, "")
	o.expect(somebody, "S1", guard.Deny, "without approval")
	id := o.own(somebody)[0].Notice.ID
	o.restart()
	own := o.own(somebody)
	if len(own) != 1 || own[0].Notice.ID != id || own[0].Source != o.source {
		t.Fatalf("after a restart: %+v", own)
	}
	if _, no := o.asks(somebody+1, cases.AskRequest, wish(id)); no != cases.NoSuchCase {
		t.Errorf("somebody else asks: %q", no)
	}
	if sent, no := o.asks(somebody, cases.AskRequest, wish(id)); no != "" || sent.People != 60 {
		t.Fatalf("approval cannot be asked for: %q %+v", no, sent)
	}
	o.restart()
	if steps := o.steps(somebody); len(steps) != 1 || steps[0] != cases.Requested {
		t.Errorf("steps after another restart: %v", steps)
	}
}

func TestFromBlockToApprovedCopy(t *testing.T) {
	o := newWorkplace(t, "")
	o.expect(somebody, "S1", guard.Deny, "without approval")
	own := o.own(somebody)
	if len(own) != 1 || own[0].Source != o.source || own[0].Target != "/media/stick/customers.csv" {
		t.Fatalf("cases: %+v", own)
	}
	id := own[0].Notice.ID
	if _, no := o.asks(somebody+1, cases.AskRequest, wish(id)); no != cases.NoSuchCase {
		t.Errorf("somebody else asks: %q", no)
	}
	unsigned := wish(id)
	unsigned.Pledge = false
	if _, no := o.asks(somebody, cases.AskRequest, unsigned); no != cases.Incomplete {
		t.Errorf("without the pledge: %q", no)
	}
	sent, no := o.asks(somebody, cases.AskRequest, wish(id))
	if no != "" || sent.People != 60 {
		t.Fatalf("%q %+v", no, sent)
	}
	asked := o.recorded(grant.CodeRequested)
	if len(asked) != 1 || strings.Contains(asked[0].Detail["text"], "13812345678") {
		t.Fatalf("recorded: %+v", asked)
	}
	r, err := grant.ParseRequest(asked[0].ID, o.agent.machine.ID, asked[0].Time, asked[0].Detail)
	if err != nil || r.SHA256 == "" || r.Incident != id || r.UID != somebody {
		t.Fatalf("%+v %v", r, err)
	}
	g := r.Grant(uuid.Must(uuid.NewV7()).String(), "chen", time.Now())
	answer := o.sign(grant.Answer{Grant: g})
	o.orders(answer)
	o.expect(somebody+1, "S1", guard.Deny, "another person")
	o.expect(somebody, "S2", guard.Deny, "another stick")
	o.expect(somebody, "S1", guard.Allow, "as approved")
	last := o.records[len(o.records)-2:]
	if d := last[0].Decision; d.Action != "allow" || d.Reason != "grant" || d.Grant != g.ID || last[1].Code != codeGrantUsed || last[1].Detail["incident"] != id {
		t.Errorf("recorded: %+v", last)
	}
	o.expect(somebody, "S1", guard.Deny, "a second time")
	if d := o.records[len(o.records)-1].Decision; d.GrantFailed != "used-up" || d.GrantAbout != id {
		t.Errorf("why the second was stopped: %+v", d)
	}
	o.orders(answer)
	o.expect(somebody, "S1", guard.Deny, "the grant replayed")
	if got := o.steps(somebody); !slices.Equal(got, []string{cases.Requested, cases.Granted, cases.Used}) {
		t.Errorf("steps: %q", got)
	}
}

func TestChangedAfterApproval(t *testing.T) {
	o := newWorkplace(t, "")
	o.expect(somebody, "S1", guard.Deny, "without approval")
	id := o.own(somebody)[0].Notice.ID
	if _, no := o.asks(somebody, cases.AskRequest, wish(id)); no != "" {
		t.Fatal(no)
	}
	asked := o.recorded(grant.CodeRequested)[0]
	r, err := grant.ParseRequest(asked.ID, o.agent.machine.ID, asked.Time, asked.Detail)
	if err != nil {
		t.Fatal(err)
	}
	o.orders(o.sign(grant.Answer{Grant: r.Grant(uuid.Must(uuid.NewV7()).String(), "chen", time.Now())}))
	o.write(59)
	o.expect(somebody, "S1", guard.Deny, "other content than was approved")
	if d := o.records[len(o.records)-1].Decision; d.GrantFailed != "content-changed" {
		t.Errorf("%+v", d)
	}
	o.write(60)
	o.expect(somebody, "S1", guard.Allow, "as it was")
}

func TestRefusedAndWithdrawnAreTold(t *testing.T) {
	o := newWorkplace(t, "")
	o.expect(somebody, "S1", guard.Deny, "without approval")
	id := o.own(somebody)[0].Notice.ID
	for range 2 {
		if _, no := o.asks(somebody, cases.AskRequest, wish(id)); no != "" {
			t.Fatal(no)
		}
	}
	asked := o.recorded(grant.CodeRequested)
	r, err := grant.ParseRequest(asked[1].ID, o.agent.machine.ID, asked[1].Time, asked[1].Detail)
	if err != nil {
		t.Fatal(err)
	}
	g := r.Grant(uuid.Must(uuid.NewV7()).String(), "chen", time.Now())
	no := o.sign(grant.Answer{Refusal: &grant.Refusal{Request: asked[0].ID, Incident: id, Machine: o.agent.machine.ID, UID: somebody, Reason: "ask the owner", By: "chen", Time: time.Now()}})
	yes := o.sign(grant.Answer{Grant: g})
	over := o.sign(grant.Answer{Withdrawal: &grant.Withdrawal{Grant: g.ID, Machine: o.agent.machine.ID, UID: somebody, Reason: "lost", By: "chen", Time: time.Now()}})
	_, foreign, _ := ed25519.GenerateKey(nil)
	forged, err := grant.Answer{Grant: r.Grant(uuid.Must(uuid.NewV7()).String(), "chen", time.Now())}.Sign(foreign)
	if err != nil {
		t.Fatal(err)
	}
	o.orders(no, yes, forged)
	o.orders(no, yes, forged, over)
	if got := o.steps(somebody); !slices.Equal(got, []string{cases.Requested, cases.Requested, cases.Granted, cases.Refused, cases.Withdrawn}) {
		t.Errorf("steps: %q", got)
	}
	if n := len(o.recorded("grant-forged")); n != 1 {
		t.Errorf("%d incidents of a forged grant", n)
	}
	o.expect(somebody, "S1", guard.Deny, "withdrawn")
	if d := o.records[len(o.records)-1].Decision; d.GrantFailed != "withdrawn" {
		t.Errorf("%+v", d)
	}
}

func TestCodeByTelephone(t *testing.T) {
	o := newWorkplace(t, "")
	o.orders()
	o.expect(somebody, "S1", guard.Deny, "without approval")
	id := o.own(somebody)[0].Notice.ID
	w := wish(id)
	w.Challenge = true
	sent, no := o.asks(somebody, cases.AskRequest, w)
	if no != "" || sent.Challenge == "" {
		t.Fatalf("%q %+v", no, sent)
	}
	if _, no := o.asks(somebody, cases.AskCode, cases.Spoken{Case: id, Code: "00000000"}); no != cases.WrongCode {
		t.Errorf("a wrong code: %q", no)
	}
	code := grant.Code(bytes.Repeat([]byte{7}, 32), permitsCopy, sent.Challenge)
	if s, no := o.asks(somebody, cases.AskCode, cases.Spoken{Case: id, Code: code}); no != "" || s.Until.IsZero() {
		t.Fatalf("%q %+v", no, s)
	}
	if _, no := o.asks(somebody, cases.AskCode, cases.Spoken{Case: id, Code: code}); no != cases.WrongCode {
		t.Errorf("the code again: %q", no)
	}
	o.expect(somebody, "S1", guard.Allow, "as heard")
	o.expect(somebody, "S1", guard.Deny, "a second time")
	for range wrongCodes {
		o.asks(somebody, cases.AskCode, cases.Spoken{Case: id, Code: "1"})
	}
	if _, no := o.asks(somebody, cases.AskCode, cases.Spoken{Case: id, Code: code}); no != cases.CodesLocked {
		t.Errorf("guessing: %q", no)
	}
}

const justifyPolicy = `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: say-why
    title: {en: Say why, zh: 说明理由}
    when: {class: list, channel: removable-media}
    action: justify
`

func TestAReasonLetsItHappenOnce(t *testing.T) {
	o := newWorkplace(t, justifyPolicy)
	o.expect(somebody, "S1", guard.Deny, "without a reason")
	id := o.own(somebody)[0].Notice.ID
	if _, no := o.asks(somebody, cases.AskJustify, cases.Said{Case: id, Text: "  "}); no != cases.Incomplete {
		t.Errorf("no reason: %q", no)
	}
	if s, no := o.asks(somebody, cases.AskJustify, cases.Said{Case: id, Text: "the auditor is here"}); no != "" || s.Until.IsZero() {
		t.Fatalf("%q %+v", no, s)
	}
	o.expect(somebody, "S1", guard.Allow, "with a reason")
	o.expect(somebody, "S1", guard.Deny, "a second time")
	if o.recorded(codeJustified)[0].Detail["text"] != "the auditor is here" {
		t.Error("the reason is not recorded")
	}

	blocked := newWorkplace(t, "")
	blocked.expect(somebody, "S1", guard.Deny, "blocked")
	if _, no := blocked.asks(somebody, cases.AskJustify, cases.Said{Case: blocked.own(somebody)[0].Notice.ID, Text: "please"}); no != cases.NotOffered {
		t.Errorf("a reason where the policy blocks: %q", no)
	}
}

const lenientPolicy = `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: lists-stay
    title: {en: Lists stay, zh: 名单不得外传}
    when: {class: list, channel: removable-media}
    action: block
    employee-may: [not-customer-data, release-at-once, silence]
`

func TestTheWordOfAnEmployeeIsTakenOnceWherePolicySaysSo(t *testing.T) {
	o := newWorkplace(t, lenientPolicy)
	o.expect(somebody, "S1", guard.Deny, "before anything was said")
	id := o.own(somebody)[0].Notice.ID
	if s, no := o.asks(somebody, cases.AskMistake, cases.Said{Case: id, Text: "a list of plants"}); no != "" || s.Until.IsZero() {
		t.Fatalf("%q %+v", no, s)
	}
	o.expect(somebody, "S2", guard.Deny, "to another stick")
	o.expect(somebody, "S1", guard.Allow, "after it was said")
	o.expect(somebody, "S1", guard.Deny, "a second time")
	if n := len(o.recorded(codeMistake)); n != 1 {
		t.Errorf("said %d times", n)
	}

	strict := newWorkplace(t, "")
	strict.expect(somebody, "S1", guard.Deny, "by the default policy")
	if s, no := strict.asks(somebody, cases.AskMistake, cases.Said{Case: strict.own(somebody)[0].Notice.ID, Text: "plants"}); no != "" || !s.Until.IsZero() {
		t.Errorf("%q %+v", no, s)
	}
	strict.expect(somebody, "S1", guard.Deny, "whatever was said")
}

func TestSilenceIsOfferedAndRecorded(t *testing.T) {
	o := newWorkplace(t, lenientPolicy)
	o.expect(somebody, "S1", guard.Deny, "before")
	id := o.own(somebody)[0].Notice.ID
	if _, no := o.asks(somebody+1, cases.AskSilence, cases.Said{Case: id}); no != cases.NoSuchCase {
		t.Errorf("somebody else's: %q", no)
	}
	if s, no := o.asks(somebody, cases.AskSilence, cases.Said{Case: id}); no != "" || time.Until(s.Until) < 23*time.Hour {
		t.Errorf("%q %+v", no, s)
	}
	if r := o.recorded(codeSilenced); len(r) != 1 || r[0].Detail["rule"] != "lists-stay" {
		t.Errorf("%+v", r)
	}
	o.expect(somebody, "S1", guard.Deny, "silenced")
	if n := len(o.own(somebody)); n != 2 {
		t.Errorf("%d cases, want the silenced one as well", n)
	}
	strict := newWorkplace(t, "")
	strict.expect(somebody, "S1", guard.Deny, "by the default policy")
	if _, no := strict.asks(somebody, cases.AskSilence, cases.Said{Case: strict.own(somebody)[0].Notice.ID}); no != cases.NotOffered {
		t.Errorf("where the policy offers none: %q", no)
	}
}

func TestWhatPeopleSayIsBounded(t *testing.T) {
	o := newWorkplace(t, "")
	o.expect(somebody, "S1", guard.Deny, "without approval")
	id := o.own(somebody)[0].Notice.ID
	if _, no := o.asks(somebody, cases.AskMistake, cases.Said{Case: id, Text: strings.Repeat("测试", 5000) + "\x00\x1b"}); no != "" {
		t.Fatal(no)
	}
	if text := o.recorded(codeMistake)[0].Detail["text"]; len(text) > grant.MaxText || strings.ContainsAny(text, "\x00\x1b") {
		t.Errorf("%d bytes", len(text))
	}
	if _, no := o.asks(somebody, cases.AskMasked, cases.Saved{Case: id, Name: "customers masked.csv"}); no != "" {
		t.Error(no)
	}
	for range asksPerHour {
		o.asks(somebody, cases.AskMistake, cases.Said{Case: id, Text: "again"})
	}
	if _, no := o.asks(somebody, cases.AskMistake, cases.Said{Case: id, Text: "again"}); no != cases.TooOften {
		t.Errorf("for ever: %q", no)
	}
	for _, about := range []string{"", "status", cases.AskRequest} {
		if _, no := o.asks(somebody, about, "nonsense"); no != cases.Incomplete {
			t.Errorf("%s: %q", about, no)
		}
	}
	company := o.agent.desk.company()
	if len(company.Rules) < 3 || !slices.Contains(company.Channels, "removable-media") || !company.Enforced {
		t.Errorf("%+v", company)
	}
}

func TestStoppingTakesACode(t *testing.T) {
	o := newWorkplace(t, "")
	d, root := o.agent.desk, control.Caller{UID: 0}
	secret := bytes.Repeat([]byte{7}, 32)
	stop := func(who control.Caller, permits, code string) (control.StopAnswer, error) {
		return d.stop(t.Context(), who, control.Stop{Permits: permits, Code: code})
	}
	if a, err := stop(root, control.PermitStop, ""); err != nil || !a.Permitted || !d.mayStop() {
		t.Errorf("on a machine of its own: %+v %v", a, err)
	}
	if _, err := stop(control.Caller{UID: somebody}, control.PermitStop, ""); !errors.Is(err, control.RefusedNotRoot) {
		t.Errorf("an ordinary person: %v", err)
	}
	if _, err := d.stopChallenge(control.PermitStop); !errors.Is(err, control.RefusedNoCodes) {
		t.Errorf("before the console was reached: %v", err)
	}
	d.stopAllowed = time.Time{}
	o.orders()
	asked, err := d.stopChallenge(control.PermitStop)
	if err != nil || asked.Permitted || asked.Challenge == "" || d.mayStop() {
		t.Fatalf("%+v %v", asked, err)
	}
	right := grant.Code(secret, control.PermitStop, asked.Challenge)
	for name, q := range map[string]control.Stop{
		"a code to remove it": {Permits: control.PermitStop, Code: grant.Code(secret, control.PermitUninstall, asked.Challenge)},
		"a code for a copy":   {Permits: control.PermitStop, Code: grant.Code(secret, permitsCopy, asked.Challenge)},
		"removing with it":    {Permits: control.PermitUninstall, Code: right},
	} {
		if err := d.stopCode(q); !errors.Is(err, control.RefusedCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.stopCode(control.Stop{Permits: control.PermitStop, Code: right}); err != nil {
		t.Fatal(err)
	}
	if err := d.stopCode(control.Stop{Permits: control.PermitStop, Code: right}); !errors.Is(err, control.RefusedCode) {
		t.Errorf("the code again: %v", err)
	}
	for range wrongCodes {
		_ = d.stopCode(control.Stop{Permits: control.PermitStop, Code: "1"})
	}
	if err := d.stopCode(control.Stop{Permits: control.PermitStop, Code: right}); !errors.Is(err, control.RefusedLocked) {
		t.Errorf("guessing: %v", err)
	}
	again := &desk{agent: o.agent}
	if again.readSecret(); !bytes.Equal(again.secret, secret) {
		t.Error("after a restart without the console there are no codes")
	}
}

func TestAFullListFitsOneAnswer(t *testing.T) {
	o := newWorkplace(t, "")
	full := make([]incident.Match, incident.MaxMatches)
	for n := range full {
		full[n] = incident.Match{Class: "cn-mobile", Masked: "138****1234", Location: strings.Repeat("folder/", 10), Reasons: []string{"eleven digits", "a known prefix", "a label before it"}}
	}
	for range 100 {
		o.agent.desk.cases.Add(somebody, cases.Case{Notice: prompt.Notice{ID: uuid.NewString(), Time: time.Now()}, Matches: slices.Clone(full)})
	}
	raw, err := json.Marshal(o.agent.desk.list(somebody))
	if err != nil || len(raw) > 400<<10 {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	if own := o.own(somebody); len(own) != 100 || len(own[0].Matches) != incident.MaxMatches || len(own[99].Matches) != fewMatches {
		t.Errorf("%d cases", len(own))
	}
}

// The service reads what people cannot: it must not tell them of it.
func TestNobodyLearnsOfAFileTheyMayNotRead(t *testing.T) {
	if os.Getenv("CI") != "" && os.Geteuid() != 0 {
		t.Fatal("this test must run as root")
	}
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: needs root, whose files others may not read")
	}
	o := newWorkplace(t, "")
	o.expect(somebody, "S1", guard.Deny, "without approval")
	id, seen, copied := o.own(somebody)[0].Notice.ID, o.own(somebody)[0].People, o.own(somebody)[0].SHA256
	o.write(300)
	if err := os.Chmod(o.source, 0o600); err != nil {
		t.Fatal(err)
	}
	sent, no := o.asks(somebody, cases.AskRequest, wish(id))
	if no != "" || sent.People != seen {
		t.Errorf("%q, told of %d people", no, sent.People)
	}
	if d := o.recorded(grant.CodeRequested)[0].Detail; d["sha256"] != copied {
		t.Error("the console is told of another content than was copied")
	}
	if err := os.Chown(o.source, somebody, 0); err != nil {
		t.Fatal(err)
	}
	if sent, no := o.asks(somebody, cases.AskRequest, wish(id)); no != "" || sent.People != 300 {
		t.Errorf("%q, told of %d people of their own file", no, sent.People)
	}
}
