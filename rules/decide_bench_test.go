package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/activity"
)

// What is asked of policies of 500 rules: their time is `go test -run xxx -bench Decide500 ./rules`.
func BenchmarkDecide500Rules(b *testing.B) {
	for _, c := range manyRulesCases() {
		p := c.parse(b)
		q := p.question(c.activity, c.content, Context{})
		for _, r := range p.plan.rules {
			if c.toTheEnd && (!all(r.when, q) || !all(r.unless, q)) {
				b.Fatalf("%s: %s is not looked at to its end", c.name, r.id)
			}
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if Decide(p, c.activity, c.content, Context{}).Rule != DefaultRule {
					b.Fatal("decided otherwise")
				}
			}
		})
	}
}

// How long the same policies take until the guard knows when to stop a copy.
func BenchmarkBlockAt500Rules(b *testing.B) {
	for _, c := range manyRulesCases() {
		p := c.parse(b)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.BlockAt(c.activity)
			}
		})
	}
}

func BenchmarkParse500Rules(b *testing.B) {
	for _, c := range manyRulesCases() {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.parse(b)
			}
		})
	}
}

// manyRulesCase is a policy of 500 rules, none of which decides this activity.
type manyRulesCase struct {
	name     string
	rules    []string // what a rule says besides its id, title and action
	action   Action
	activity activity.Activity
	content  Content
	toTheEnd bool // all conditions of all rules hold, those of their exceptions with them
}

func (c *manyRulesCase) parse(t testing.TB) *Policy {
	var text strings.Builder
	text.WriteString("version: '1'\nclasses:\n")
	for i := range 50 {
		fmt.Fprintf(&text, "  - {id: c%d, any: [{records: {at-least: %d}}, {count: {class: cn-mobile, at-least: %d, confidence: 0.8}}]}\n", i, i+1, i+1)
	}
	text.WriteString("rules:\n")
	for i, r := range c.rules {
		fmt.Fprintf(&text, "  - {id: r%d, title: x, action: %s, when: %s}\n", i, c.action, r)
	}
	return parse(t, text.String())
}

func manyRulesCases() []manyRulesCase {
	a := toStick(activity.Write)
	a.Actor = activity.Actor{User: `CORP\anna`, Program: "/usr/bin/cp", Proven: true, Groups: manyGroups()}
	a.Destination.Device = activity.Device{Vendor: "Kingston", Serial: "ABC-129"}
	a.Destination.Share = activity.Share{Name: "//nas/sales", Host: "nas", Proven: true}
	cases := []manyRulesCase{
		// Rules for five channels, groups of people and devices.
		{name: "company", activity: a, rules: fiveHundred(func(i int) string {
			return fmt.Sprintf(`{class: [c%d, c%d], channel: %s, person: ['corp\u%d', 'corp\u%d'], device: {serial: [s%d, s%d]}}, unless: {program: '*/trusted'}`,
				i%50, (i+7)%50, channels[i%5], i, i+1, i, i+1)
		})},
		// Every rule is looked at to its last condition and none applies; they say much the same.
		{name: "alike", activity: a, rules: fiveHundred(func(i int) string {
			return fmt.Sprintf(`{class: [c%d, c%d], channel: [print, removable-media], person: ['corp\*'], device: {vendor: 'king*', serial: [s%d, '*9']}, host: 'n*'}, unless: {program: ['*/cat', 'cp']}`,
				i%50, (i+7)%50, i)
		})},
	}
	// The same where every rule has a pattern of its own for every text there
	// is, with one that all have or, apart, with another one of its own.
	for _, v := range []struct{ name, text string }{
		{"short", "Kingston-2026"},
		{"long", "/srv/shares/sales/" + strings.Repeat("Customers and Offers of 2026/", 5) + "offer-7.xlsx"},
		{"chinese", "/共享/" + strings.Repeat("销售部客户名单及报价", 5) + "/二〇二六年.xlsx"},
	} {
		for _, shape := range patternShapes() {
			for _, apart := range []bool{false, true} {
				c := manyRulesCase{toTheEnd: true, name: shape.name + "/" + v.name, activity: textedActivity(a, v.text)}
				if apart {
					c.name += "/apart"
				}
				c.rules = fiveHundred(func(i int) string {
					fits := shape.fits([]rune(v.text), 0)
					if apart {
						fits = shape.fits([]rune(v.text), i)
					}
					return texted(i, "['"+shape.fails([]rune(v.text), i)+"', '"+fits+"']")
				})
				cases = append(cases, c)
			}
		}
	}
	for i := range cases {
		cases[i].action, cases[i].content = Block, people(60)
	}
	return cases
}

func manyGroups() (groups []string) {
	for i := range 20 {
		groups = append(groups, fmt.Sprintf(`CORP\Group of people %d`, i))
	}
	return groups
}

func fiveHundred(rule func(i int) string) (rules []string) {
	for i := range 500 {
		rules = append(rules, rule(i))
	}
	return rules
}

// textedActivity has one value wherever a pattern can look.
func textedActivity(a activity.Activity, value string) activity.Activity {
	a.Actor.User, a.Actor.Program = value, value
	a.Subject.Name = value
	a.Destination = activity.Destination{Path: value, Device: activity.Device{Vendor: value, Model: value, Serial: value, Bus: value},
		Share: activity.Share{Name: value, Host: value, Proven: true}}
	return a
}

// texted is a rule whose every condition holds, its exception with them.
func texted(i int, patterns string) string {
	return fmt.Sprintf(`{class: [c%d, c%d], channel: [print, removable-media], person: %[3]s, group: [g%[4]d, '*people 1%[5]d'], destination: %[3]s, share: %[3]s, host: %[3]s, `+
		`device: {vendor: %[3]s, model: %[3]s, serial: %[3]s, bus: %[3]s}, file: {name: %[3]s}}, unless: {program: %[3]s}`,
		i%50, (i+7)%50, patterns, i, i%10)
}

// patternShape makes patterns of one form: some that fail, late where they can,
// and some that fit.
type patternShape struct {
	name        string
	fails, fits func(value []rune, i int) string
}

func patternShapes() []patternShape {
	return []patternShape{
		{"literal", func(v []rune, i int) string { return fmt.Sprintf("%s%d", string(v), i) }, func(v []rune, i int) string { return string(v) }},
		{"prefix", func(v []rune, i int) string {
			_, to := pieceOf(v, i)
			return fmt.Sprintf("%s%d*", string(v[:to-1]), i)
		}, func(v []rune, i int) string {
			_, to := pieceOf(v, i)
			return string(v[:to]) + "*"
		}},
		{"suffix", func(v []rune, i int) string {
			from, _ := pieceOf(v, i)
			return fmt.Sprintf("*%d%s", i, string(v[from+1:]))
		}, func(v []rune, i int) string {
			from, _ := pieceOf(v, i)
			return "*" + string(v[from:])
		}},
		{"contains", func(v []rune, i int) string {
			from, to := pieceOf(v, i)
			return fmt.Sprintf("*%s#%d*", string(v[from:to]), i)
		}, func(v []rune, i int) string {
			from, to := pieceOf(v, i)
			return "*" + string(v[from:to]) + "*"
		}},
		{"stars", func(v []rune, i int) string {
			from, to := pieceOf(v, i)
			return fmt.Sprintf("%s*%s#%d*", string(v[:1]), string(v[from:to]), i)
		}, stars},
		// The parts of what fails are there, the wrong way round.
		{"astray", func(v []rune, i int) string {
			from, to := pieceOf(v, i)
			return "*" + string(v[from:to]) + "*" + string(v[:from+1]) + "*"
		}, stars},
	}
}

// pieceOf answers a piece of a value, another one for each i as far as there are
// enough.
func pieceOf(v []rune, i int) (from, to int) {
	from = i % (len(v) - 2)
	return from, min(len(v), from+2+i/(len(v)-2)%(len(v)/2))
}

// stars is a pattern of three parts that fits.
func stars(v []rune, i int) string {
	half := len(v) / 2
	a, b := pieceOf(v[1:half], i)
	c, d := pieceOf(v[half:], i)
	return string(v[:1]) + "*" + string(v[1+a:1+b]) + "*" + string(v[half+c:half+d]) + "*"
}
