package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
)

// model is a policy as a test sees it: written down as YAML for Decide, and
// answered here once more in the plainest way.
type model struct {
	mode    Mode
	classes []modelClass
	rules   []modelRule
}

type modelClass struct {
	level    int
	any, all []modelCount
}

type modelCount struct {
	records  bool
	of       []detect.Class
	class    detect.Class
	atLeast  int
	distinct bool
}

type modelRule struct {
	classes    []int
	level      int
	people     int
	unreadable []Reason
	rolling    int
	when       modelWhere
	unless     modelWhere
	action     Action
}

type modelWhere struct {
	channel []activity.Channel
	person  []string
	serial  []string
	program []string
	host    []string
	share   []string
}

var (
	modelChannels = []activity.Channel{activity.RemovableMedia, activity.Clipboard}
	modelPeople   = []string{"anna", "bob", "eve"}
	modelSerials  = []string{"s1", "s2"}
	modelPrograms = []string{"/usr/bin/cp", "cp", "backup"} // as patterns: a path and names
	modelHosts    = []string{"nas", "files"}
)

// onContent are the actions on what is looked at; isolate is about the network.
var onContent = []Action{Allow, Report, Warn, Block}

func some[T comparable](t *rapid.T, from []T, label string) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, len(from), rapid.ID[T]).Draw(t, label)
}

func drawModel(t *rapid.T) model {
	m := model{mode: rapid.SampledFrom([]Mode{Enforce, ReportOnly}).Draw(t, "mode")}
	counts := rapid.Custom(func(t *rapid.T) modelCount {
		c := modelCount{
			records: rapid.Bool().Draw(t, "records"), class: rapid.SampledFrom(dataClasses).Draw(t, "class"),
			atLeast: rapid.IntRange(1, 12).Draw(t, "at least"), distinct: rapid.Bool().Draw(t, "distinct"),
		}
		if rapid.Bool().Draw(t, "restricted") {
			c.of = rapid.SliceOfNDistinct(rapid.SampledFrom(dataClasses), 2, 5, rapid.ID).Draw(t, "of")
		}
		return c
	})
	for range rapid.IntRange(1, 4).Draw(t, "classes") {
		c := modelClass{
			level: rapid.IntRange(1, 6).Draw(t, "level"), // what is not said is graded by what it counts
			any:   rapid.SliceOfN(counts, 0, 2).Draw(t, "any"), all: rapid.SliceOfN(counts, 0, 2).Draw(t, "all"),
		}
		if len(c.any)+len(c.all) == 0 {
			c.any = []modelCount{{records: true, atLeast: 3}}
		}
		m.classes = append(m.classes, c)
	}
	for range rapid.IntRange(1, 6).Draw(t, "rules") {
		m.rules = append(m.rules, drawRule(t, len(m.classes)))
	}
	return m
}

func drawRule(t *rapid.T, classes int) modelRule {
	where := func(label string) modelWhere {
		w := modelWhere{channel: some(t, modelChannels, label+" channel"), person: some(t, modelPeople, label+" person"), serial: some(t, modelSerials, label+" serial")}
		switch rapid.IntRange(0, 5).Draw(t, label+" claim") { // one at most, or hardly a rule would ever apply
		case 0:
			w.program = some(t, modelPrograms, label+" program")
		case 1:
			w.host = some(t, modelHosts, label+" host")
		case 2:
			w.share = some(t, modelHosts, label+" share")
		}
		return w
	}
	r := modelRule{
		level:  rapid.SampledFrom([]int{0, 0, 0, 2, 4}).Draw(t, "level"),
		people: rapid.SampledFrom([]int{0, 0, 0, 4, 9}).Draw(t, "people"),
		when:   where("when"), unless: where("unless"),
		action:  rapid.SampledFrom(onContent).Draw(t, "action"),
		rolling: rapid.SampledFrom([]int{0, 0, 0, 8, 15}).Draw(t, "rolling"),
	}
	if rapid.Bool().Draw(t, "by class") {
		r.classes = rapid.SliceOfNDistinct(rapid.IntRange(0, classes-1), 1, classes, rapid.ID).Draw(t, "classes")
	}
	if rapid.IntRange(0, 3).Draw(t, "by readability") == 0 {
		r.unreadable = some(t, unreadables, "unreadable")
	}
	if reflect.DeepEqual(r.when, modelWhere{}) || r.yamlWhen() == "" {
		r.when.person = []string{"anna", "bob"}
	}
	return r
}

func list[T any](field string, values []T) string {
	if len(values) == 0 {
		return ""
	}
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return field + ": [" + strings.Join(words, ", ") + "], "
}

func number(field string, n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %d, ", field, n)
}

func (c modelCount) yaml() string {
	if c.records {
		return fmt.Sprintf("{records: {%sat-least: %d}}", list("of", c.of), c.atLeast)
	}
	return fmt.Sprintf("{count: {class: %s, at-least: %d, distinct: %v}}", c.class, c.atLeast, c.distinct)
}

func (w modelWhere) yaml() string {
	s := list("channel", w.channel) + list("person", w.person) + list("program", w.program) + list("host", w.host)
	if len(w.share) > 0 {
		s += "share: ['//" + strings.Join(w.share, "/*', '//") + "/*'], "
	}
	if len(w.serial) > 0 {
		s += "device: {" + list("serial", w.serial) + "}, "
	}
	return s
}

func (r modelRule) yamlWhen() string {
	var ids []string
	for _, c := range r.classes {
		ids = append(ids, fmt.Sprint("c", c))
	}
	s := list("class", ids) + number("level", r.level) + number("people", r.people) + list("unreadable", r.unreadable)
	if r.rolling > 0 {
		s += fmt.Sprintf("rolling: {people: %d, within: 24h}, ", r.rolling)
	}
	return s + r.when.yaml()
}

func (m model) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: '1'\nmode: %s\nclasses:\n", m.mode)
	for i, c := range m.classes {
		fmt.Fprintf(&b, "  - id: c%d\n", i)
		if c.level > 0 {
			fmt.Fprintf(&b, "    level: %d\n", c.level)
		}
		for field, counts := range map[string][]modelCount{"any": c.any, "all": c.all} {
			if len(counts) > 0 {
				fmt.Fprintf(&b, "    %s:\n", field)
			}
			for _, one := range counts {
				fmt.Fprintf(&b, "      - %s\n", one.yaml())
			}
		}
	}
	b.WriteString("rules:\n")
	for i, r := range m.rules {
		fmt.Fprintf(&b, "  - {id: r%d, when: {%s}, action: %s", i, r.yamlWhen(), r.action)
		if unless := r.unless.yaml(); unless != "" {
			fmt.Fprintf(&b, ", unless: {%s}", unless)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

type asked struct {
	a   activity.Activity
	c   Content
	ctx Context
}

func drawActivity(t *rapid.T) activity.Activity {
	var a activity.Activity
	a.Channel = rapid.SampledFrom(modelChannels).Draw(t, "channel")
	a.Actor.User = rapid.SampledFrom(append([]string{""}, modelPeople...)).Draw(t, "user")
	a.Destination.Device.Serial = rapid.SampledFrom(append([]string{""}, modelSerials...)).Draw(t, "serial")
	a.Actor.Program = rapid.SampledFrom([]string{"", "/usr/bin/cp", "/home/eve/cp", "/usr/sbin/backup"}).Draw(t, "program")
	a.Actor.Proven = rapid.Bool().Draw(t, "program proven") && a.Channel == activity.RemovableMedia
	if host := rapid.SampledFrom(append([]string{""}, modelHosts...)).Draw(t, "host"); host != "" {
		a.Destination.Share = activity.Share{Name: "//" + host + "/sales", Host: host, Proven: rapid.Bool().Draw(t, "share proven")}
	}
	return a
}

func drawContent(t *rapid.T) Content {
	var c Content
	c.Reason = rapid.SampledFrom(append([]Reason{"", "", ""}, unreadables...)).Draw(t, "reason")
	c.Summary.People = rapid.IntRange(0, 14).Draw(t, "people found")
	for _, class := range some(t, dataClasses, "found") {
		count := rapid.IntRange(1, 14).Draw(t, "count")
		c.Summary.Classes = append(c.Summary.Classes, detect.ClassSummary{
			Class: class, Count: count, Distinct: rapid.IntRange(1, count).Draw(t, "distinct"), Confidence: rapid.Float64Range(0, 1).Draw(t, "confidence")})
	}
	return c
}

func drawAsked(t *rapid.T) asked {
	return asked{drawActivity(t), drawContent(t), Context{RollingPeople: map[time.Duration]int{day: rapid.IntRange(0, 20).Draw(t, "rolling total")}}}
}

func (c modelCount) holds(q asked) bool {
	if c.records {
		n := q.c.Summary.People
		if len(c.of) > 0 {
			var counts []int
			for _, s := range q.c.Summary.Classes {
				if slices.Contains(c.of, s.Class) {
					counts = append(counts, s.Count)
				}
			}
			// the most pairs of findings of two different classes
			pairs := 0
			for {
				slices.SortFunc(counts, func(a, b int) int { return b - a })
				if len(counts) < 2 || counts[1] == 0 {
					break
				}
				counts[0]--
				counts[1]--
				pairs++
			}
			n = min(n, pairs)
		}
		return n >= c.atLeast
	}
	for _, s := range q.c.Summary.Classes {
		if s.Class == c.class {
			return c.distinct && s.Distinct >= c.atLeast || !c.distinct && s.Count >= c.atLeast
		}
	}
	return false
}

func (c modelClass) holds(q asked) bool {
	ok := len(c.any) == 0
	for _, one := range c.any {
		ok = ok || one.holds(q)
	}
	for _, one := range c.all {
		ok = ok && one.holds(q)
	}
	return ok
}

func (w modelWhere) isProgram(p string) bool {
	return slices.Contains(w.program, p) || slices.Contains(w.program, p[strings.LastIndex(p, "/")+1:])
}

// holds answers in the plainest way. Where it makes a rule milder, what a
// person can make up does not count.
func (w modelWhere) holds(q asked, milder bool) bool {
	share := q.a.Destination.Share
	return (len(w.program) == 0 || w.isProgram(q.a.Actor.Program) && (!milder || q.a.Actor.Proven)) &&
		(len(w.host) == 0 || slices.Contains(w.host, share.Host) && (!milder || share.Proven)) &&
		(len(w.share) == 0 || slices.Contains(w.share, share.Host) && (!milder || share.Proven)) &&
		(len(w.channel) == 0 || slices.Contains(w.channel, q.a.Channel)) &&
		(len(w.person) == 0 || slices.Contains(w.person, q.a.Actor.User)) &&
		(len(w.serial) == 0 || slices.Contains(w.serial, q.a.Destination.Device.Serial))
}

// restsOnWord tells whether it asks for what this person may have made up.
func (w modelWhere) restsOnWord(q asked) bool {
	return len(w.program) > 0 && !q.a.Actor.Proven || len(w.host)+len(w.share) > 0 && !q.a.Destination.Share.Proven
}

func (m model) applies(r modelRule, q asked) bool {
	byClass, level := len(r.classes) == 0, 0
	for i, c := range m.classes {
		if c.holds(q) {
			byClass = byClass || slices.Contains(r.classes, i)
			level = max(level, c.level)
		}
	}
	people := q.c.Summary.People
	return byClass && level >= r.level && people >= r.people &&
		(len(r.unreadable) == 0 || slices.Contains(r.unreadable, q.c.Reason)) &&
		(r.rolling == 0 || people > 0 && max(people, q.ctx.RollingPeople[day]) >= r.rolling) &&
		r.when.holds(q, r.action == Allow) && (r.unless.yaml() == "" || !r.unless.holds(q, true))
}

// decide answers the rule, the action and what enforcement would have done.
func (m model) decide(q asked) (string, Action, Action) {
	rule, action, answered := DefaultRule, Allow, q.c.Reason == ""
	for _, strictness := range []Action{Block, Warn, Report, Allow} {
		word := ""
		for i, r := range m.rules {
			if !m.applies(r, q) {
				continue
			}
			switch id := fmt.Sprint("r", i); {
			case rule != DefaultRule || r.action != strictness:
			case !r.when.restsOnWord(q):
				rule, action = id, r.action
			case word == "":
				word = id
			}
			answered = answered || len(r.unreadable) > 0 && len(r.classes) == 0 && r.level == 0 && r.people == 0 && r.rolling == 0
		}
		if rule == DefaultRule && word != "" {
			rule, action = word, strictness
		}
	}
	if !answered && action == Allow {
		rule, action = DefaultRule, Report
	}
	would := Action("")
	if m.mode == ReportOnly {
		would = action
		if action == Warn || action == Block {
			action = Report
		}
	}
	return rule, action, would
}
