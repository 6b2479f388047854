package rules

import (
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/activity"
)

// A name that anybody can take makes a rule stricter, never milder.
func TestNamesThatAnybodyCanTake(t *testing.T) {
	copying := toStick(activity.Write)
	copying.Actor = activity.Actor{Program: "/usr/bin/Backup", Proven: true}
	onShare := activity.Activity{Channel: activity.NetworkShare, Operation: activity.Write,
		Destination: activity.Destination{Path: "/mnt/sales", Share: activity.Share{Name: "//nas/sales", Host: "nas", Proven: true}}}
	for _, c := range []struct {
		a         activity.Activity
		condition string
		holds     bool
	}{
		{copying, `program: backup`, true},
		{copying, `program: "back*"`, true},
		{copying, `program: /usr/bin/backup`, true},
		{copying, `program: "/usr/*"`, true},
		{copying, `program: "*bin/backup"`, true},
		{copying, `program: bin`, false},
		{copying, `program: "bin/backup"`, false},
		{copying, `host: nas`, false},
		{onShare, `program: backup`, false},
		{onShare, `host: NAS`, true},
		{onShare, `host: "n*"`, true},
		{onShare, `host: sales`, false},
		{onShare, `share: //nas/sales`, true},
		{onShare, `share: "//*/sales"`, true},
		{onShare, `share: nas`, false},
	} {
		claimed := c.a
		claimed.Actor.Proven, claimed.Destination.Share.Proven = false, false
		when := parse(t, `{version: "1", rules: [{id: r, title: x, action: block, when: {`+c.condition+`}}]}`)
		unless := parse(t, `{version: "1", rules: [{id: r, title: x, action: block, when: {channel: [removable-media, network-share]}, unless: {`+c.condition+`}}]}`)
		for _, try := range []struct {
			of    string
			p     *Policy
			a     activity.Activity
			block bool
		}{
			{"proven, when", when, c.a, c.holds}, {"claimed, when", when, claimed, c.holds},
			{"proven, unless", unless, c.a, !c.holds}, {"claimed, unless", unless, claimed, true},
		} {
			if got := Decide(try.p, try.a, people(1), Context{}).Action; (got == Block) != try.block {
				t.Errorf("%s: %s: %s", c.condition, try.of, got)
			}
		}
	}
}

// Whoever takes the name of a program, or of a share, must not get the ways on
// of a rule that is as strict as the one for everybody.
func TestATakenNameBuysNoMilderWayOn(t *testing.T) {
	p := parse(t, `{version: "1", rules: [
		{id: backup, title: x, action: block, when: {channel: [removable-media, network-share], program: backup}, employee-may: [release-at-once]},
		{id: sales, title: x, action: block, when: {channel: [removable-media, network-share], share: "//nas/*"}, employee-may: [release-at-once]},
		{id: everybody, title: x, action: block, when: {channel: [removable-media, network-share]}},
		{id: strict, title: x, action: quarantine, when: {channel: [removable-media, network-share], program: thief}}]}`)
	for _, c := range []struct {
		program       string
		proven, share bool
		want          string
	}{
		{"/usr/bin/backup", true, false, "backup"},
		{"/home/eve/backup", false, false, "everybody"},
		{"/home/eve/backup", false, true, "sales"}, // the share is what it says
		{"/home/eve/other", false, true, "sales"},
		{"/home/eve/other", false, false, "everybody"},
		{"/home/eve/thief", false, true, "strict"}, // a name makes stricter, proven or not
	} {
		a := toStick(activity.Write)
		a.Actor = activity.Actor{Program: c.program, Proven: c.proven}
		a.Destination.Share = activity.Share{Name: "//nas/sales", Host: "nas", Proven: c.share}
		if d := Decide(p, a, people(1), Context{}); d.Rule != c.want {
			t.Errorf("%+v: %s decides", c, d.Rule)
		}
	}
	if d, ok := parse(t, `{version: "1", rules: [
		{id: backup, title: x, action: block, when: {channel: removable-media, program: backup}, employee-may: [release-at-once]},
		{id: everybody, title: x, action: block, when: {channel: removable-media}}]}`).MayStop(toStick(activity.Write), Context{}); !ok || d.Rule != "everybody" {
		t.Errorf("of a whole place %s decides", d.Rule)
	}
}

// What cannot be read is reported unless a rule answers for it: one that names
// a program must not be answered by a copy of it.
func TestAllowingWhatCannotBeReadTakesProof(t *testing.T) {
	p := parse(t, `{version: "1", rules: [{id: r, action: allow, when: {unreadable: any, program: backup}}]}`)
	a := toStick(activity.Write)
	a.Actor.Program = "/home/eve/backup"
	locked := Content{Status: Unreadable, Reason: Encrypted}
	if d := Decide(p, a, locked, Context{}); d.Action != Report || d.Rule != DefaultRule {
		t.Errorf("somebody's own: %s by %s", d.Action, d.Rule)
	}
	e := Explain(p, a, locked, Context{})
	if found := e.Rules[0].When[1]; found.Holds || found.Found != "/home/eve/backup, unproven" {
		t.Errorf("explained as %+v", found)
	}
	a.Actor.Proven = true
	if d := Decide(p, a, locked, Context{}); d.Action != Allow || d.Rule != "r" {
		t.Errorf("the administrator's: %s by %s", d.Action, d.Rule)
	}
}

func TestWarningsAboutNames(t *testing.T) {
	for text, want := range map[string]string{
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: clipboard}, unless: {program: crm}}`:                                                                                "never counts",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: [clipboard, removable-media]}, unless: {program: crm}}`:                                                             "",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: clipboard, program: crm}}, {id: all, title: {en: x, zh: x}, action: block, when: {channel: clipboard}}`:             "never decides",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: removable-media, program: crm}}, {id: all, title: {en: x, zh: x}, action: block, when: {channel: removable-media}}`: "",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: removable-media, host: nas}}`:                                                                                       "never applies",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: sync-folder, share: //nas/x}}`:                                                                                      "never applies",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: print}}`:                                                                                                            "does not watch",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: [print, clipboard]}}`:                                                                                               "",
		`{id: r, title: {en: x, zh: x}, action: quarantine, when: {channel: clipboard}}`:                                                                                                   "acts as block",
		`{id: r, title: {en: x, zh: x}, action: quarantine, when: {channel: [clipboard, sync-folder]}}`:                                                                                    "",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: network-share, host: nas}}`:                                                                                         "",
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: removable-media, program: cp}, unless: {program: cp}}`:                                                              "", // a copy of cp is stopped
		`{id: r, title: {en: x, zh: x}, action: block, when: {channel: network-share, host: [nas, b]}, unless: {channel: network-share}}`:                                                  "never applies",
	} {
		warnings := parse(t, `{version: "1", rules: [`+text+`]}`).Warnings()
		switch {
		case want == "" && len(warnings) > 0:
			t.Errorf("%s: %v", text, warnings)
		case want != "" && (len(warnings) != 1 || !strings.Contains(warnings[0].Error(), want)):
			t.Errorf("%s: %v", text, warnings)
		}
	}
}
