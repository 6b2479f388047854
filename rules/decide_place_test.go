package rules

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/activity"
)

// placePolicy is devicePolicy's with exceptions of every kind.
const placePolicy = `version: "1"
departments:
  - {id: sales, people: ["sales-*"]}
devices:
  - {serial: "ENC-*"}
  - {serial: ANNA-1, people: anna}
classes:
  - {id: list, any: [{records: {at-least: 5}}]}
rules:
  - {id: stays, title: {en: x, zh: x}, when: {class: list, channel: removable-media}, unless: {device: {owner: company}}, action: block}
`

func TestWhatMayBeStoppedAtAPlace(t *testing.T) {
	with := func(unless string) string {
		return placePolicy[:len(placePolicy)-len("{device: {owner: company}}, action: block}\n")] + unless
	}
	for _, c := range []struct {
		policy, serial, network string
		want                    bool
	}{
		{placePolicy, "X", "", true},
		{placePolicy, "ENC-3", "", false},
		{placePolicy, "ANNA-1", "", true},
		{placePolicy, "", "", true},
		{"mode: report-only\n" + placePolicy, "X", "", false},
		{with("{device: {owner: own}}, action: block}\n"), "ANNA-1", "", true}, // who will use it is not known
		{with("{device: {owner: [own, others, department]}}, action: block}\n"), "ANNA-1", "", true},
		{with("{device: {serial: X}}, action: block}\n"), "X", "", false},
		{with("{device: {serial: X}, person: anna}, action: block}\n"), "X", "", true},
		{with("{device: {serial: X}, network: corporate}, action: block}\n"), "X", "corporate", false},
		{with("{device: {serial: X}, network: corporate}, action: block}\n"), "X", "public", true},
		{with("{program: /usr/bin/backup}, action: block}\n"), "X", "", true},
		{with("{device: {vendor: none}}, action: report}\n"), "X", "", false},
		{with("{device: {vendor: none}}, action: justify}\n"), "X", "", true},
		{with("{device: {vendor: none}}, action: quarantine}\n"), "X", "", true},
	} {
		p := mustParse(t, c.policy)
		a := activity.Activity{Channel: activity.RemovableMedia, Operation: activity.Write, Actor: activity.Actor{UID: -1},
			Destination: activity.Destination{Path: `E:\`, Device: activity.Device{Serial: c.serial}}}
		d, got := p.MayStop(a, Context{Network: c.network})
		if got != c.want || got && d.Rule != "stays" {
			t.Errorf("%q on %q: %t by %q, want %t\n%s", c.serial, c.network, got, d.Rule, c.want, c.policy)
		}
	}
	a := activity.Activity{Channel: activity.SyncFolder}
	if _, got := mustParse(t, placePolicy).MayStop(a, Context{}); got {
		t.Error("a rule about media closes a folder")
	}
}

// Nothing is ever stopped at a place that was left open.
func TestWhatIsStoppedMayBeStopped(t *testing.T) {
	stopped := 0
	rapid.Check(t, func(t *rapid.T) {
		m, p := drawPolicy(t)
		for range 30 { // few things are stopped
			q := drawAsked(t)
			d := Decide(p, q.a, q.c, q.ctx)
			if !d.Action.Stops() {
				continue
			}
			stopped++
			place := activity.Activity{Time: q.a.Time, Channel: q.a.Channel, Actor: activity.Actor{UID: -1}, Destination: q.a.Destination}
			may, ok := p.MayStop(place, Context{Network: q.ctx.Network})
			if !ok || d.Action.StricterThan(may.Action) {
				t.Fatalf("%s by %s, yet it was said that %t %s\n%s", d.Action, d.Rule, ok, may.Action, m.yaml())
			}
		}
	})
	t.Logf("%d activities were stopped", stopped)
	if stopped == 0 {
		t.Error("nothing was stopped: nothing was tested")
	}
}
