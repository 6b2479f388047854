package agent

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/synthetic"
)

// Who somebody is, the machine itself says: nobody of the group nogroup may,
// daemon may not.
func TestGroupsOfTheAccountDecide(t *testing.T) {
	policy, err := rules.ParsePolicy("test.yaml", []byte(`version: "1"
departments: [{id: field, name: {en: Field, zh: 外勤}, groups: [nogroup]}]
rules:
  - id: lists-stay
    title: {en: Lists stay, zh: 名单不得外传}
    when: {people: 20, channel: removable-media}
    unless: {department: field}
    action: block
`))
	if err != nil {
		t.Fatal(err)
	}
	d := newTrial(t)
	d.Policy = func() *rules.Policy { return policy }
	content := list(t, synthetic.New(5).People(30))
	for uid, want := range map[int]guard.Verdict{65534: guard.Allow, 1: guard.Deny, 54321: guard.Deny} {
		a := copying("list.csv")
		a.Actor.UID = uid
		j := d.Open(a)
		if v := j.Write(context.Background(), content); v == guard.Allow {
			if v = j.Finish(context.Background(), bytes.NewReader(content), int64(len(content)), true); v != want {
				t.Errorf("uid %d: verdict %d, want %d", uid, v, want)
			}
		} else if want == guard.Allow {
			t.Errorf("uid %d is stopped", uid)
		}
		j.Close()
	}
	if n := len(d.records); n != 2 || d.records[0].Person.User == "" || d.records[1].Person.User == "" {
		t.Errorf("%d records, want two with names", n)
	}
}

// A record says what the policy went by, for it to be replayed under another
// one, and of groups no more than it asked for.
func TestWhatThePolicyAskedForIsRecorded(t *testing.T) {
	for condition, want := range map[string]string{
		`group: "no*"`:         "nogroup",
		`department: field`:    "nogroup",
		`group: [sales, root]`: "",
		`network: corporate`:   "",

		`device: {owner: others}`:       "nogroup", // a medium is registered for field
		`device: {owner: unregistered}`: "",
	} {
		policy, err := rules.ParsePolicy("test.yaml", []byte(`version: "1"
departments: [{id: field, name: {en: Field, zh: 外勤}, groups: [NOGROUP]}, {id: other, name: {en: Other, zh: 其他}, groups: [nobody]}]
devices: [{serial: S9, department: field}]
rules:
  - {id: asks, title: {en: x, zh: x}, when: {people: 20}, unless: {channel: clipboard, `+condition+`}, action: report}
`))
		if err != nil {
			t.Fatal(err)
		}
		d := newTrial(t)
		d.Policy, d.Network = func() *rules.Policy { return policy }, func() string { return "public" }
		a := copying("list.csv")
		a.Destination.Device.Encrypted = true
		j := d.Open(a)
		content := list(t, synthetic.New(5).People(30))
		j.Write(t.Context(), content)
		if v := j.Finish(t.Context(), bytes.NewReader(content), int64(len(content)), true); v != guard.Allow || len(d.records) != 1 {
			t.Fatalf("%s: %v, %d records", condition, v, len(d.records))
		}
		if i := d.records[0]; strings.Join(i.Groups, " ") != want || i.Network != "public" || !i.Destination.Encrypted {
			t.Errorf("%s: groups %q, network %q, encrypted %v", condition, i.Groups, i.Network, i.Destination.Encrypted)
		}
		j.Close()
	}
}

// A policy's own kinds of data go by the policy's names into the record.
func TestOwnDataIsRecordedByItsName(t *testing.T) {
	policy, err := rules.ParsePolicy("test.yaml", []byte(`version: "1"
detectors: [{id: project, name: {en: Project, zh: 项目代号}, words: [凤凰计划]}]
classes: [{id: secret, any: [{count: {class: project, at-least: 1}}]}]
rules: [{id: stays, title: {en: Stays, zh: 不得外传}, when: {class: secret, channel: removable-media}, action: block}]
`))
	if err != nil {
		t.Fatal(err)
	}
	d := newTrial(t)
	d.Policy = func() *rules.Policy { return policy }
	if v := d.write("notes.txt", []byte("关于凤凰计划的会议纪要")); v != guard.Deny {
		t.Fatal("a secret project went to a stick")
	}
	c := d.records[0].Content.Classes
	if len(c) != 1 || c[0].ID != "project" || c[0].Name["zh"] != "项目代号" || d.records[0].Content.Matches[0].Masked != "凤***" {
		t.Errorf("%+v %+v", c, d.records[0].Content.Matches)
	}
}
