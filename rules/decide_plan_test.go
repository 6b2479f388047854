package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/strictyaml"
)

var (
	planPatterns = []string{"anna", "*a", "a*", "*nn*", "a*a", "bob", "/usr/bin/*", "*/cp", "cp", "客户*", "*名单*", "*k*"}
	planTexts    = []string{"", "Anna", "bob", "ANNA ", "/usr/bin/cp", "/home/anna/cp", "cp", "客户名单.xlsx", "\u212aA", "b\xffa"}
)

func drawPatterns(t *rapid.T) string {
	return "['" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(planPatterns), 1, 3).Draw(t, "patterns"), "', '") + "']"
}

// drawConditions draws some conditions of every kind there is.
func drawConditions(t *rapid.T, content bool) string {
	device, file := []string{}, []string{}
	var all []string
	draw := func(to *[]string, field string, value func() string) {
		if rapid.IntRange(0, 5).Draw(t, field+"?") == 0 {
			*to = append(*to, field+": "+value())
		}
	}
	patterns := func() string { return drawPatterns(t) }
	one := func(words ...string) func() string {
		return func() string { return rapid.SampledFrom(words).Draw(t, "word") }
	}
	for _, field := range []string{"person", "group", "program", "destination", "share", "host"} {
		draw(&all, field, patterns)
	}
	for _, field := range []string{"vendor", "model", "serial", "bus"} {
		draw(&device, field, patterns)
	}
	draw(&device, "encrypted", one("true", "false"))
	draw(&device, "owner", one("own", "[own, department]", "company", "others", "unregistered"))
	draw(&all, "department", one("sales", "finance", "[sales, finance]"))
	draw(&all, "channel", one("removable-media", "[print, removable-media]", "clipboard"))
	draw(&all, "network", one("home", "[vpn, home]"))
	draw(&all, "time", func() string {
		return fmt.Sprintf(`{from: "%02d:00", to: "23:30", zone: %s}`, rapid.IntRange(0, 22).Draw(t, "from"), one("Asia/Shanghai", "America/New_York", "UTC")())
	})
	if content {
		draw(&file, "name", patterns)
		draw(&file, "type", patterns)
		draw(&file, "label", patterns)
		draw(&file, "larger-than", one("1KB", "2KB"))
		draw(&all, "class", one("many", "[many, few]"))
		draw(&all, "level", one("1", "3", "5"))
		draw(&all, "people", one("3", "8"))
		draw(&all, "unreadable", one("any", "encrypted"))
		draw(&all, "rolling", one("{people: 9, within: 24h}", "{people: 4, within: 2h}"))
	}
	if len(device) > 0 {
		all = append(all, "device: {"+strings.Join(device, ", ")+"}")
	}
	if len(file) > 0 {
		all = append(all, "file: {"+strings.Join(file, ", ")+"}")
	}
	return strings.Join(all, ", ")
}

func drawWidePolicy(t *rapid.T) (*Policy, []registered) {
	var b strings.Builder
	b.WriteString("version: '1'\nclasses:\n  - {id: many, any: [{records: {at-least: 7}}]}\n  - {id: few, level: 3, any: [{records: {at-least: 2}}]}\ndepartments:\n")
	for _, d := range []string{"sales", "finance"} {
		fmt.Fprintf(&b, "  - {id: %s, people: %s, groups: %s}\n", d, drawPatterns(t), drawPatterns(t))
	}
	b.WriteString("devices:\n")
	for range rapid.IntRange(1, 5).Draw(t, "devices") {
		fmt.Fprintf(&b, "  - {serial: %s", drawPatterns(t))
		for field, value := range map[string]string{"vendor": drawPatterns(t), "people": drawPatterns(t), "department": "finance"} {
			if rapid.IntRange(0, 2).Draw(t, field) == 0 {
				fmt.Fprintf(&b, ", %s: %s", field, value)
			}
		}
		b.WriteString("}\n")
	}
	b.WriteString("rules:\n")
	for i := range rapid.IntRange(1, 80).Draw(t, "rules") { // more than a word of a set has
		when, unless := drawConditions(t, true), drawConditions(t, false)
		if when == "" {
			when = "person: anna"
		}
		fmt.Fprintf(&b, "  - {id: r%d, action: %s, when: {%s}", i, rapid.SampledFrom(actions[:len(actions)-1]).Draw(t, "action"), when)
		if unless != "" {
			fmt.Fprintf(&b, ", unless: {%s}", unless)
		}
		b.WriteString("}\n")
	}
	p, err := ParsePolicy("policy.yaml", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	var spec policySpec
	c := compiler{doc: strictyaml.Decode("policy.yaml", []byte(b.String()), &spec), classes: map[string]int{}, rules: map[string]int{}}
	c.policy(&spec)
	return p, c.registered
}

func drawWideQuestion(t *rapid.T, p *Policy) *question {
	text := func(label string) string { return rapid.SampledFrom(planTexts).Draw(t, label) }
	texts := func(label string) []string { return rapid.SliceOfN(rapid.SampledFrom(planTexts), 0, 3).Draw(t, label) }
	a := activity.Activity{
		Channel: rapid.SampledFrom([]activity.Channel{activity.RemovableMedia, activity.Clipboard}).Draw(t, "channel"),
		Time:    time.Date(2026, 3, 2, rapid.IntRange(0, 23).Draw(t, "hour"), 15, 0, 0, time.UTC),
		Actor:   activity.Actor{User: text("user"), Program: text("program"), Proven: rapid.Bool().Draw(t, "proven"), Groups: texts("groups")},
		Subject: activity.Subject{Name: text("name"), Size: int64(rapid.IntRange(0, 3000).Draw(t, "size"))},
		Destination: activity.Destination{Path: text("path"),
			Device: activity.Device{Vendor: text("vendor"), Model: text("model"), Serial: text("serial"), Bus: text("bus"), Encrypted: rapid.Bool().Draw(t, "encrypted")},
			Share:  activity.Share{Name: text("share"), Host: text("host"), Proven: rapid.Bool().Draw(t, "share proven")}},
	}
	c := people(rapid.IntRange(0, 10).Draw(t, "people"))
	c.Type, c.Labels, c.Reason = text("type"), texts("labels"), rapid.SampledFrom([]Reason{"", "", Encrypted, Corrupt}).Draw(t, "reason")
	ctx := Context{Network: rapid.SampledFrom(networks).Draw(t, "network"), RollingPeople: map[time.Duration]int{day: rapid.IntRange(0, 12).Draw(t, "total")}}
	return p.question(a, c, ctx)
}

// The plan says of all rules at once what each says by itself.
func TestPlanAgreesWithRules(t *testing.T) {
	applied, settled := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p, media := drawWidePolicy(t)
		for range 5 {
			q := drawWideQuestion(t, p)
			if q.deviceOwner() != plainOwner(q, media) {
				t.Fatalf("the medium is of %q, want %q: %+v", q.deviceOwner(), plainOwner(q, media), q.Activity)
			}
			applying := p.plan.applying(q, true)
			for i, r := range p.plan.rules {
				if applying.has(i) != r.applies(q) {
					t.Fatalf("rule %s applies: %v, by itself %v: %+v", r.id, applying.has(i), r.applies(q), q)
				}
				if applying.has(i) {
					applied++
				}
			}
			people, ok := p.BlockAt(q.Activity)
			if n, want := plainBlockAt(p, q.Activity); n != people || ok != want {
				t.Fatalf("blocked at %d, %v; by each rule %d, %v", people, ok, n, want)
			}
			if ok {
				settled++
			}
		}
	})
	if applied == 0 || settled == 0 {
		t.Errorf("%d rules applied, %d blocked: nothing was tested", applied, settled)
	}
}

func plainBlockAt(p *Policy, a activity.Activity) (people int, ok bool) {
	q := &question{Activity: a, policy: p, classes: make([]bool, len(p.classes))}
	for i := range p.rules {
		r := &p.rules[i]
		if !r.action.Stops() || len(r.unless) > 0 && all(r.unless, q) {
			continue
		}
		if n, settled := fromAll(r.when, q); settled && (!ok || n < people) {
			people, ok = n, true
		}
	}
	return people, ok
}

// plainOwner asks every registered medium.
func plainOwner(q *question, media []registered) string {
	device, best := q.Destination.Device, len(owners)-1
	for _, d := range media {
		if strings.TrimSpace(device.Serial) == "" || !anyFits(d.serial, []string{device.Serial}) || len(d.vendor) > 0 && !anyFits(d.vendor, []string{device.Vendor}) {
			continue
		}
		whose := othersDevice
		switch part := (&departmentCondition{of: d.of}); {
		case len(d.people)+len(d.of) == 0:
			whose = companyDevice
		case anyFits(d.people, []string{q.Actor.User}):
			whose = ownDevice
		case part.holds(q):
			whose = departmentDevice
		}
		best = min(best, slices.Index(owners, whose))
	}
	return string(owners[best])
}
