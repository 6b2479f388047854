package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/activity"
)

const networkPolicy = `version: "1"
isolation: {internal: [10.0.0.0/8, "crm.example.com:443", "[2001:db8::1]:443"], after-crash: clear, allow: ["vpn.example.com:443"]}
rules:
  - id: closed
    title: {en: Closed, zh: 已关闭}
    when: {network: public}
    unless: {time: {from: "01:00", to: "02:00", zone: Asia/Shanghai}}
    action: isolate
  - id: at-home
    when: {channel: network, network: [home, public]}
    action: report
  - id: no-sticks-elsewhere
    title: {en: Not here, zh: 此处不可}
    when: {channel: removable-media, people: 1}
    unless: {network: [corporate, vpn]}
    action: block
`

func TestNetworkConditions(t *testing.T) {
	p, err := ParsePolicy("policy.yaml", []byte(networkPolicy))
	if err != nil || len(p.Warnings()) > 0 {
		t.Fatal(err, p.Warnings())
	}
	if i := p.Isolation(); i.Mode != IsolateInternal || i.AfterCrash != ClearAfterCrash || !slices.Equal(i.Internal, []string{"10.0.0.0/8", "crm.example.com", "2001:db8::1"}) || len(i.Allow) != 1 {
		t.Errorf("isolation: %+v", i)
	}
	network := activity.Activity{Channel: activity.Network, Operation: activity.Connect}
	stick := activity.Activity{Channel: activity.RemovableMedia, Operation: activity.Write}
	for _, c := range []struct {
		a      activity.Activity
		trust  string
		people int
		want   Action
		rule   string
	}{
		{network, "public", 0, Isolate, "closed"},
		{network, "home", 0, Report, "at-home"},
		{network, "corporate", 0, Allow, DefaultRule},
		{network, "", 0, Allow, DefaultRule},
		{stick, "public", 0, Allow, DefaultRule}, // isolating is not about files
		{stick, "public", 1, Block, "no-sticks-elsewhere"},
		{stick, "", 1, Block, "no-sticks-elsewhere"}, // not known is not trusted
		{stick, "vpn", 1, Allow, DefaultRule},
	} {
		d := Decide(p, c.a, MadeUpPeople(c.people), Context{Network: c.trust})
		if d.Action != c.want || d.Rule != c.rule {
			t.Errorf("%s on %q: %s by %s, want %s by %s", c.a.Channel, c.trust, d.Action, d.Rule, c.want, c.rule)
		}
	}
}

func TestNetworkProblems(t *testing.T) {
	rule := func(when, action string) string {
		return "version: '1'\nisolation: {internal: [10.0.0.0/8]}\nclasses: [{id: c, any: [{records: {at-least: 2}}]}]\nrules:\n  - {id: r, when: {" + when + "}, action: " + action + "}\n"
	}
	for text, want := range map[string]string{
		"version: '1'\nrules:\n  - {id: r, when: {network: public}, action: isolate}\n":                                             "add isolation",
		rule("channel: network", "isolate"):                                                                                         "needs the condition network",
		rule("network: public, channel: [network, clipboard]", "isolate"):                                                           "belongs to the channel network",
		rule("network: public, class: c", "isolate"):                                                                                "conditions on content",
		rule("network: public, unreadable: any", "isolate"):                                                                         "conditions on content",
		rule("channel: network, network: public", "block"):                                                                          "stops nothing on the channel network",
		rule("network: publik", "report"):                                                                                           "public",
		"version: '1'\nisolation: {internal: [10.0.0.0/33]}\nrules: [{id: r, when: {network: public}, action: isolate}]\n":          "is no address",
		"version: '1'\nisolation: {internal: ['host:0']}\nrules: [{id: r, when: {network: public}, action: isolate}]\n":             "is no address",
		"version: '1'\nisolation: {mode: internal}\nrules: [{id: r, when: {network: public}, action: isolate}]\n":                   "internal",
		"version: '1'\nisolation: {mode: none, internal: [a]}\nrules: [{id: r, when: {network: public}, action: isolate}]\n":        "all-but",
		"version: '1'\nisolation: {after-crash: kept, internal: [a]}\nrules: [{id: r, when: {network: public}, action: isolate}]\n": "clear",
		"version: '1'\nisolation: {internal: ['-bad-.example']}\nrules: [{id: r, when: {network: public}, action: isolate}]\n":      "is no address",
		"version: '1'\nisolation: {internal: ['a b']}\nrules: [{id: r, when: {network: public}, action: isolate}]\n":                "is no address",
		"version: '1'\nisolation: {internal: ['[2001:db8::1]:x']}\nrules: [{id: r, when: {network: public}, action: isolate}]\n":    "is no address",
	} {
		_, err := ParsePolicy("policy.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v, want %q", text, err, want)
		}
	}
	for _, target := range []string{"10.1.2.3", "10.0.0.0/8", "2001:db8::/32", "[2001:db8::1]:443", "crm", "crm.example.com", "crm.example.com:8443", "a_b.example."} {
		if !isTarget(target) {
			t.Errorf("%s is refused", target)
		}
	}
}
