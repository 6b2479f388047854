package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
)

const day = 24 * time.Hour

func toStick(op activity.Operation) activity.Activity {
	return activity.Activity{Channel: activity.RemovableMedia, Operation: op}
}

func people(n int) Content {
	return Content{Status: Sensitive, Summary: detect.Summary{People: n, Classes: []detect.ClassSummary{
		{Class: detect.CNMobile, Count: n, Distinct: n, Confidence: 0.9}, {Class: detect.PersonName, Count: n, Distinct: n, Confidence: 0.9}}}}
}

func findings(class detect.Class, n int, confidence float64) Content {
	return Content{Status: Sensitive, Summary: detect.Summary{Classes: []detect.ClassSummary{{Class: class, Count: n, Distinct: n, Confidence: confidence}}}}
}

func unreadable(r Reason) Content { return Content{Status: Unreadable, Reason: r} }

func TestDefaultPolicyDecides(t *testing.T) {
	p := DefaultPolicy()
	write, name, attr := toStick(activity.Write), toStick(activity.Name), toStick(activity.Attribute)
	share := activity.Activity{Channel: activity.NetworkShare, Operation: activity.Write}
	paste := activity.Activity{Channel: activity.Clipboard}
	rolling := func(n int) Context { return Context{RollingPeople: map[time.Duration]int{day: n}} }
	for _, c := range []struct {
		what    string
		a       activity.Activity
		c       Content
		ctx     Context
		action  Action
		rule    string
		reason  DecisionReason
		classes string
	}{
		{"harmless", write, Content{Status: Clean}, Context{}, Allow, DefaultRule, ReasonDefault, ""},
		{"one customer", write, people(1), Context{}, Allow, DefaultRule, ReasonDefault, "identifying-number"},
		{"4 people", write, people(4), Context{}, Allow, DefaultRule, ReasonDefault, "identifying-number"},
		{"5 people", write, people(5), Context{}, Report, "report-customer-data", ReasonClass, "customer-data,identifying-number"},
		{"19 people", write, people(19), rolling(19), Report, "report-customer-data", ReasonClass, "customer-data,identifying-number"},
		{"20 people", write, people(20), Context{}, Block, "no-customer-list-on-removable-media", ReasonClass, "customer-list,customer-data,identifying-number"},
		{"20 people to a share", share, people(20), Context{}, Report, "report-customer-data", ReasonClass, "customer-list,customer-data,identifying-number"},
		{"20 people pasted", paste, people(20), Context{}, Report, "report-customer-lists-on-the-clipboard", ReasonClass, "customer-list,customer-data,identifying-number"},
		{"19 people pasted", paste, people(19), Context{}, Allow, DefaultRule, ReasonDefault, "customer-data,identifying-number"},
		{"the 100th", write, people(19), rolling(100), Block, "no-customer-list-piece-by-piece", ReasonRolling, "customer-data,identifying-number"},
		{"the 99th", write, people(19), rolling(99), Report, "report-customer-data", ReasonClass, "customer-data,identifying-number"},
		{"nobody, after 100", write, Content{Status: Clean}, rolling(150), Allow, DefaultRule, ReasonDefault, ""},
		{"a column of 2,000 numbers", write, findings(detect.CNMobile, 2000, 0.6), Context{}, Block, "no-bulk-numbers-on-removable-media", ReasonClass, "customer-data,bulk-identifiers,identifying-number"},
		{"99 numbers", write, findings(detect.CNMobile, 99, 0.6), Context{}, Report, "report-customer-data", ReasonClass, "customer-data,identifying-number"},
		{"50 resident ids", write, findings(detect.CNResidentID, 50, 0.7), Context{}, Block, "no-bulk-numbers-on-removable-media", ReasonClass, "customer-data,bulk-identifiers"},
		{"20 cards", write, findings(detect.BankCard, 20, 0.7), Context{}, Block, "no-bulk-numbers-on-removable-media", ReasonClass, "customer-data,bulk-identifiers,identifying-number"},
		{"500 addresses of mail", write, findings(detect.Email, 500, 0.9), Context{}, Report, "report-customer-data", ReasonClass, "customer-data"},
		{"one number in a file", write, findings(detect.CNMobile, 1, 0.95), Context{}, Allow, DefaultRule, ReasonDefault, "identifying-number"},
		{"one number in a name", name, findings(detect.CNMobile, 1, 0.6), Context{}, Block, "no-customer-numbers-in-names", ReasonClass, "identifying-number"},
		{"one number in an attribute", attr, findings(detect.CNResidentID, 1, 0.95), Context{}, Block, "no-customer-numbers-in-names", ReasonClass, "identifying-number"},
		{"perhaps a number in a name", name, findings(detect.CNMobile, 1, 0.5), Context{}, Allow, DefaultRule, ReasonDefault, ""},
		{"encrypted", write, unreadable(Encrypted), Context{}, Block, "no-encrypted-files-on-removable-media", ReasonUnreadable, ""},
		{"too large", write, unreadable(TooLarge), Context{}, Report, "report-unreadable", ReasonUnreadable, ""},
		{"timed out", write, unreadable(TimedOut), Context{}, Report, "report-unreadable", ReasonUnreadable, ""},
		{"corrupt on a share", share, unreadable(Corrupt), Context{}, Report, "report-unreadable", ReasonUnreadable, ""},
		{"encrypted on a share", share, unreadable(Encrypted), Context{}, Report, DefaultRule, ReasonUnreadable, ""},
		{"a reason of another version", write, unreadable("odd"), Context{}, Report, DefaultRule, ReasonUnreadable, ""},
	} {
		d := Decide(p, c.a, c.c, c.ctx)
		if d.Action != c.action || d.Rule != c.rule || d.Reason != c.reason || strings.Join(d.Classes, ",") != c.classes {
			t.Errorf("%s: %s by %q because of %q, classes %v; want %s by %q because of %q, classes %s",
				c.what, d.Action, d.Rule, d.Reason, d.Classes, c.action, c.rule, c.reason, c.classes)
		}
		if d.Would != "" || d.PolicyVersion != p.Version() || d.Severity == "" {
			t.Errorf("%s: %+v", c.what, d)
		}
		if d.Rule != DefaultRule && (d.Title.In("zh") == "" || d.Title.In("en") == d.Title.In("zh")) {
			t.Errorf("%s: title %v", c.what, d.Title)
		}
	}
}

// Nothing that could not be read goes by without a rule that says so.
func TestDefaultPolicyAnswersEveryReason(t *testing.T) {
	for _, channel := range []activity.Channel{activity.RemovableMedia, activity.NetworkShare, activity.SyncFolder} {
		for _, r := range unreadables {
			d := Decide(DefaultPolicy(), activity.Activity{Channel: channel}, unreadable(r), Context{})
			if !d.Action.StricterThan(Allow) || d.Reason != ReasonUnreadable {
				t.Errorf("%s on %s: %s because of %s", r, channel, d.Action, d.Reason)
			}
			if channel == activity.RemovableMedia && d.Rule == DefaultRule {
				t.Errorf("%s on %s is left to the default", r, channel)
			}
		}
	}
}

// Twenty files of 19 people each, one after the other, as a guard would count.
func TestAListPieceByPieceIsStopped(t *testing.T) {
	p, total, stopped := DefaultPolicy(), 0, 0
	for range 20 {
		d := Decide(p, toStick(activity.Write), people(19), Context{RollingPeople: map[time.Duration]int{day: total + 19}})
		if d.Action.Stops() {
			stopped++
			continue // what was stopped does not count
		}
		total += 19
	}
	if total != 95 || stopped != 15 {
		t.Errorf("%d people got through, %d files were stopped; want 95 and 15", total, stopped)
	}
}

func TestReportOnlyStopsNothingAndSaysWhatWouldBe(t *testing.T) {
	p := parse(t, strings.Replace(string(defaultPolicy), "mode: enforce", "mode: report-only", 1))
	for _, c := range []struct {
		content       Content
		action, would Action
	}{
		{people(20), Report, Block},
		{people(5), Report, Report},
		{Content{Status: Clean}, Allow, Allow},
		{unreadable(Encrypted), Report, Block},
	} {
		d := Decide(p, toStick(activity.Write), c.content, Context{})
		if d.Action != c.action || d.Would != c.would {
			t.Errorf("people %d: %s, would %s; want %s, would %s", c.content.Summary.People, d.Action, d.Would, c.action, c.would)
		}
	}
	if n, ok := p.BlockAt(toStick(activity.Write)); ok {
		t.Errorf("report-only blocks at %d people", n)
	}
}

func TestStrictestWinsThenFirst(t *testing.T) {
	p := parse(t, `
version: "1"
rules:
  - {id: mild, when: {person: bob}, action: report}
  - {id: first, title: x, when: {channel: removable-media}, action: block, severity: critical, employee-may: request-approval}
  - {id: second, title: x, when: {person: bob}, action: block}
  - {id: permissive, when: {person: [bob, anna], unreadable: any}, action: allow}
`)
	a := toStick(activity.Write)
	a.Actor.User = "bob"
	d := Decide(p, a, unreadable(Corrupt), Context{})
	if d.Rule != "first" || d.Severity != Critical || len(d.EmployeeMay) != 1 {
		t.Errorf("decided %+v", d)
	}
	// An explicit allow is the one way not to report what could not be read.
	a = activity.Activity{Channel: activity.Clipboard, Actor: activity.Actor{User: "anna"}}
	if d := Decide(p, a, unreadable(Corrupt), Context{}); d.Rule != "permissive" || d.Action != Allow {
		t.Errorf("decided %+v", d)
	}
}

func TestConditions(t *testing.T) {
	stick := toStick(activity.Write)
	stick.Actor = activity.Actor{User: `CORP\Anna`, Program: "/usr/bin/cp"}
	stick.Subject = activity.Subject{Name: "2026/报价.XLSX", Size: 5_000_001}
	stick.Destination = activity.Destination{Path: "/media/anna/KINGSTON", Device: activity.Device{
		Bus: "usb", Vendor: " Kingston ", Model: "DataTraveler 3.0", Serial: "ABC-123", Encrypted: true}}
	sheet := people(7)
	sheet.Type = "application/vnd.ms-excel"
	sheet.Reason = Truncated
	for when, want := range map[string]bool{
		`person: CORP\anna`:                                   true,
		`person: anna`:                                        false,
		`person: "*\\anna"`:                                   true,
		`program: */cp`:                                       false, // YAML alias: refused below
		`program: "*/cp"`:                                     true,
		`program: "*/c"`:                                      false,
		`destination: "/media/*/kingston"`:                    true,
		`device: {vendor: kingston}`:                          true,
		`device: {vendor: kingston, serial: "abc-*"}`:         true,
		`device: {vendor: kingston, serial: "abd-*"}`:         false,
		`device: {vendor: sandisk, serial: "abc-*"}`:          false,
		`device: {model: ["*ultra*", "data*3*"]}`:             true,
		`device: {encrypted: true}`:                           true,
		`device: {encrypted: false}`:                          false,
		`device: {bus: usb}`:                                  true,
		`file: {name: "*.xlsx"}`:                              true,
		`file: {name: "*.csv"}`:                               false,
		`file: {type: "*excel*"}`:                             true,
		`file: {larger-than: 5MB}`:                            true,
		`file: {larger-than: 5MB, name: "*.csv"}`:             false,
		`file: {larger-than: 6MB}`:                            false,
		`people: 7`:                                           true,
		`people: 8`:                                           false,
		`level: restricted`:                                   true,
		`level: 4`:                                            false,
		`class: [other, seven]`:                               true,
		`class: other`:                                        false,
		`unreadable: [encrypted, truncated]`:                  true,
		`unreadable: encrypted`:                               false,
		`unreadable: any`:                                     true,
		`rolling: {people: 40, within: 2h}`:                   true,
		`rolling: {people: 41, within: 2h}`:                   false,
		`rolling: {people: 8, within: 3h}`:                    false, // no count: its own people
		`rolling: {people: 7, within: 3h}`:                    true,
		`operation: write`:                                    true,
		`operation: [name, attribute]`:                        false,
		`{channel: [clipboard, removable-media], people: 7}`:  true,
		`{channel: [clipboard, removable-media], people: 70}`: false,
	} {
		if !strings.HasPrefix(when, "{") {
			when = "{" + when + "}"
		}
		text := fmt.Sprintf(`
version: "1"
classes:
  - {id: seven, level: 3, any: [{records: {at-least: 7}}]}
  - {id: other, level: 6, all: [{records: {at-least: 7}}, {count: {class: email, at-least: 1}}]}
rules:
  - {id: r, title: x, when: %s, action: warn}
`, when)
		p, err := ParsePolicy("policy.yaml", []byte(text))
		if strings.Contains(when, ": */") {
			if err == nil {
				t.Errorf("%s was accepted", when)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", when, err)
			continue
		}
		ctx := Context{RollingPeople: map[time.Duration]int{2 * time.Hour: 40}}
		if got := Decide(p, stick, sheet, ctx).Rule == "r"; got != want {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
}

func TestUnlessIsAnException(t *testing.T) {
	p := parse(t, `
version: "1"
rules:
  - id: r
    title: x
    when: {channel: removable-media}
    unless: {person: [anna, bob], device: {encrypted: true}}
    action: block
`)
	for _, c := range []struct {
		user      string
		encrypted bool
		action    Action
	}{{"anna", true, Allow}, {"anna", false, Block}, {"eve", true, Block}, {"", false, Block}} {
		a := toStick(activity.Write)
		a.Actor.User, a.Destination.Device.Encrypted = c.user, c.encrypted
		if d := Decide(p, a, Content{Status: Clean}, Context{}); d.Action != c.action {
			t.Errorf("%q, encrypted %v: %s, want %s", c.user, c.encrypted, d.Action, c.action)
		}
	}
}

func TestTimeOfDay(t *testing.T) {
	monday := func(hour, minute int) time.Time {
		return time.Date(2026, 3, 2, hour, minute, 0, 0, time.FixedZone("", 8*3600)).UTC()
	}
	sunday := monday(12, 0).AddDate(0, 0, -1)
	for _, c := range []struct {
		written string
		at      time.Time
		want    bool
	}{
		{`from: "08:00", to: "20:00"`, monday(8, 0), true},
		{`from: "08:00", to: "20:00"`, monday(7, 59), false},
		{`from: "08:00", to: "20:00"`, monday(20, 0), false},
		{`from: "20:00", to: "07:00"`, monday(23, 0), true},
		{`from: "20:00", to: "07:00"`, monday(6, 59), true},
		{`from: "20:00", to: "07:00"`, monday(12, 0), false},
		{`from: "20:00", to: "24:00"`, monday(23, 59), true},
		{`days: [saturday, sunday]`, sunday, true},
		{`days: [saturday, sunday]`, monday(0, 0), false},
		{`days: monday, from: "00:00", to: "01:00"`, monday(0, 30), true},
	} {
		p := parse(t, `{version: "1", rules: [{id: r, title: x, action: block, when: {time: {zone: Asia/Shanghai, `+c.written+`}}}]}`)
		a := activity.Activity{Time: c.at}
		if got := Decide(p, a, Content{}, Context{}).Action.Stops(); got != c.want {
			t.Errorf("{%s} at %v: %v, want %v", c.written, c.at, got, c.want)
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"abc", "abc", true}, {"abc", "abcd", false}, {"a*", "a", true}, {"a*", "ba", false}, {"*a", "ba", true},
		{"a*a", "a", false}, {"a*a", "aa", true}, {"a*b*c", "a-c-b-c", true}, {"a*b*c", "a-c-b", false},
		{"*b*", "abc", true}, {"*b*", "ac", false}, {"a**c", "ac", true}, {"a*bc*bc", "abcbc", true}, {"a*bc*bc", "abc", false},
		{"", "", true}, {"*报价*", "2026报价.xlsx", true},
	} {
		if got := newPattern(c.pattern).fits(c.text); got != c.want {
			t.Errorf("%q fits %q: %v", c.pattern, c.text, got)
		}
	}
}

func TestBlockAtOfTheDefaultPolicy(t *testing.T) {
	p := DefaultPolicy()
	if n, ok := p.BlockAt(toStick(activity.Write)); !ok || n != 20 {
		t.Errorf("writing to a stick is blocked at %d, %v; want 20", n, ok)
	}
	if n, ok := p.BlockAt(activity.Activity{Channel: activity.SyncFolder}); ok {
		t.Errorf("writing to a synchronised folder is blocked at %d", n)
	}
}

func TestLevels(t *testing.T) {
	for i, name := range levelNames {
		for _, text := range []string{name, fmt.Sprint(i + 1)} {
			if l, ok := ParseLevel(text); !ok || l != Level(i+1) || l.String() != name {
				t.Errorf("%q is level %d (%s), %v", text, l, l, ok)
			}
		}
	}
	for _, bad := range []string{"", "0", "7", "-1", "secret", "Core", "1.0"} {
		if l, ok := ParseLevel(bad); ok {
			t.Errorf("%q is level %d", bad, l)
		}
	}
}

func parse(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := ParsePolicy("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
