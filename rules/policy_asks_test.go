package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/activity"
)

func TestGroupsThatAPolicyAsksFor(t *testing.T) {
	groups := []string{"CRM-users ", "finance", "field-north", "interns", "staff"}
	for condition, want := range map[string]string{
		`group: "intern*"`:                                 "interns",
		`group: ["*-north", finance]`:                      "finance field-north",
		`department: sales`:                                "CRM-users ",
		`department: [sales, field]`:                       "CRM-users  field-north",
		`device: {owner: department}`:                      "CRM-users  finance", // no medium is field's
		`device: {owner: others}`:                          "CRM-users  finance",
		`device: {owner: company}`:                         "CRM-users  finance",
		`device: {owner: [own, department]}`:               "CRM-users  finance",
		`device: {owner: [department, company]}`:           "CRM-users  finance",
		`device: {owner: own}`:                             "",
		`device: {owner: unregistered}`:                    "",
		`device: {owner: [department, company, others]}`:   "",
		`device: {serial: X}`:                              "",
		`person: staff`:                                    "",
		`department: field, device: {owner: department}`:   "CRM-users  finance field-north",
		`group: nobody, device: {owner: [own, others]}`:    "CRM-users  finance",
		`network: [corporate, vpn], channel: [print]`:      "",
		`department: nobodys`:                              "",
		`department: nobodys, device: {owner: department}`: "CRM-users  finance",
	} {
		p := mustParse(t, `version: "1"
departments:
  - {id: sales, groups: ["crm-*"]}
  - {id: finance, people: bo, groups: [finance]}
  - {id: field, groups: ["field-*"]}
  - {id: nobodys, people: anna}
devices:
  - {serial: A, department: sales}
  - {serial: B, department: [finance, sales, nobodys]}
  - {serial: C}
rules: [{id: asks, title: {en: x, zh: x}, when: {people: 5}, unless: {`+condition+`}, action: block}]
`)
		if got := strings.Join(p.AsksFor(groups), " "); got != want {
			t.Errorf("%s asks for %q, want %q", condition, got, want)
		}
	}
	if got := DefaultPolicy().AsksFor(groups); got != nil {
		t.Errorf("the built-in policy asks for %q", got)
	}
}

// What a policy does not ask for makes no difference, and what it asks for by
// each of its conditions it asks for.
func TestGroupsNotAskedForDecideNothing(t *testing.T) {
	less := 0
	rapid.Check(t, func(t *rapid.T) {
		p, media := drawWidePolicy(t)
		for range 5 {
			q := drawWideQuestion(t, p)
			asked := p.AsksFor(q.Actor.Groups)
			if want := plainAsksFor(p, media, q.Actor.Groups); !slices.Equal(asked, want) {
				t.Fatalf("asks for %q, by its conditions for %q", asked, want)
			}
			a := q.Activity
			a.Actor.Groups = asked
			if len(asked) < len(q.Actor.Groups) {
				less++
			}
			bare := p.question(a, q.Content, q.Context)
			for i := range p.rules {
				if r := &p.rules[i]; r.applies(bare) != r.applies(q) {
					t.Fatalf("with groups %q rule %s applies: %v, with %q %v", q.Actor.Groups, r.id, r.applies(q), asked, r.applies(bare))
				}
			}
		}
	})
	if less == 0 {
		t.Error("every group was asked for: nothing was tested")
	}
}

// plainAsksFor looks at every condition for every group.
func plainAsksFor(p *Policy, media []registered, groups []string) (asked []string) {
	var patterns []*pattern
	of := func(departments []department) {
		for _, d := range departments {
			patterns = append(patterns, d.groups...)
		}
	}
	for i := range p.rules {
		for _, c := range slices.Concat(p.rules[i].when, p.rules[i].unless) {
			switch c := c.(type) {
			case *groupCondition:
				patterns = append(patterns, c.patterns...)
			case *departmentCondition:
				of(c.of)
			case *wordCondition:
				for _, m := range media {
					if tellsDepartments(c) {
						of(m.of)
					}
				}
			}
		}
	}
	for _, g := range groups {
		if anyFits(patterns, []string{g}) {
			asked = append(asked, g)
		}
	}
	return asked
}

// largeDepartments is a policy of 500 rules of 20 large departments each, and
// somebody in a thousand groups. Every tenth is asked for.
func largeDepartments(t testing.TB) (*Policy, []string) {
	var b strings.Builder
	b.WriteString("version: '1'\ndepartments:\n")
	for d := range 100 {
		fmt.Fprintf(&b, "  - {id: d%d, groups: [", d)
		for g := range 50 {
			fmt.Fprintf(&b, "'*team-%d-of-%d*lead', ", g, d)
		}
		fmt.Fprintf(&b, "'all-of-%d']}\n", d)
	}
	b.WriteString("rules:\n")
	for r := range 500 {
		fmt.Fprintf(&b, "  - {id: r%d, title: {en: x, zh: x}, action: report, when: {people: %d, department: [", r, r+1)
		for d := range 20 {
			fmt.Fprintf(&b, "d%d, ", (r+d)%100)
		}
		b.WriteString("]}}\n")
	}
	groups := make([]string, 1000)
	for n := range groups {
		if groups[n] = fmt.Sprintf("company-team-%d-of-%d-deputy", n%50, n%100); n%10 == 0 {
			groups[n] = fmt.Sprintf("all-of-%d", n%100)
		}
	}
	return mustParse(t, b.String()), groups
}

// Every record waits for this: pattern by pattern it takes seconds.
func TestManyGroupsOfLargeDepartmentsAreFoundAtOnce(t *testing.T) {
	p, groups := largeDepartments(t)
	least := time.Hour
	for range 3 {
		began := time.Now()
		if n := len(p.AsksFor(groups)); n != 100 {
			t.Fatalf("%d groups are asked for, want 100", n)
		}
		least = min(least, time.Since(began))
	}
	if least > 200*time.Millisecond {
		t.Errorf("it takes %v", least)
	}
}

func BenchmarkAsksFor(b *testing.B) {
	p, groups := largeDepartments(b)
	b.ReportAllocs()
	for b.Loop() {
		p.AsksFor(groups)
	}
}

// The answer of a policy is the same from what it asked for as from all.
func TestOwnersOfMediaAreFoundByWhatIsAskedFor(t *testing.T) {
	p := mustParse(t, devicePolicy)
	a := activity.Activity{Channel: activity.RemovableMedia, Actor: activity.Actor{User: "li", Groups: []string{"staff", "crm"}},
		Destination: activity.Destination{Device: activity.Device{Vendor: "Kingston", Serial: "SALES-1"}}}
	if d := Decide(p, a, people(20), Context{}); d.Action != Allow {
		t.Fatalf("%s on the department's own medium", d.Action)
	}
	a.Actor.Groups = p.AsksFor(a.Actor.Groups)
	if d := Decide(p, a, people(20), Context{}); d.Action != Allow || len(a.Actor.Groups) != 1 {
		t.Errorf("%s from groups %q", d.Action, a.Actor.Groups)
	}
}
