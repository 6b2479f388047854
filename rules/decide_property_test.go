package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/agent/activity"
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
	a.Actor.Proven = rapid.Bool().Draw(t, "program proven")
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
		for i, r := range m.rules {
			if !m.applies(r, q) {
				continue
			}
			if rule == DefaultRule && r.action == strictness {
				rule, action = fmt.Sprint("r", i), r.action
			}
			answered = answered || len(r.unreadable) > 0 && len(r.classes) == 0 && r.level == 0 && r.people == 0 && r.rolling == 0
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

func drawPolicy(t *rapid.T) (model, *Policy) {
	m := drawModel(t)
	p, err := ParsePolicy("policy.yaml", []byte(m.yaml()))
	if err != nil {
		t.Fatalf("%v\n%s", err, m.yaml())
	}
	return m, p
}

func TestDecideAgreesWithTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, p := drawPolicy(t)
		q := drawAsked(t)
		d := Decide(p, q.a, q.c, q.ctx)
		if rule, action, would := m.decide(q); d.Rule != rule || d.Action != action || d.Would != would {
			t.Fatalf("%s by %s, would %q; want %s by %s, would %q\n%s\n%+v", d.Action, d.Rule, d.Would, action, rule, would, m.yaml(), q)
		}
	})
}

// What Explain says is enough to come to Decide's decision by hand.
func TestExplainAgreesWithDecide(t *testing.T) {
	holds := func(reports []ConditionReport) int {
		n := 0
		for _, r := range reports {
			if r.Holds {
				n++
			}
		}
		return n
	}
	rapid.Check(t, func(t *rapid.T) {
		m, p := drawPolicy(t)
		q := drawAsked(t)
		d, e := Decide(p, q.a, q.c, q.ctx), Explain(p, q.a, q.c, q.ctx)
		if !reflect.DeepEqual(d, e.Decision) {
			t.Fatalf("Decide %+v, Explain %+v", d, e.Decision)
		}
		for i, c := range e.Classes {
			matched := holds(c.All) == len(c.All) && (len(c.Any) == 0 || holds(c.Any) > 0)
			if c.Matched != matched || matched != slices.Contains(d.Classes, c.Class) || matched != m.classes[i].holds(q) {
				t.Fatalf("class %+v, decision %+v", c, d)
			}
		}
		decider, strictest := DefaultRule, Allow
		for i, r := range e.Rules {
			applies := holds(r.When) == len(r.When) && (len(r.Unless) == 0 || holds(r.Unless) < len(r.Unless))
			if r.Applies != applies || applies != m.applies(m.rules[i], q) {
				t.Fatalf("rule %+v", r)
			}
			if r.Decides {
				decider = r.Rule
			}
			if applies && r.Action.StricterThan(strictest) {
				strictest = r.Action
			}
		}
		if decider != d.Rule {
			t.Fatalf("%s decides, decision by %s", decider, d.Rule)
		}
		would := d.Action
		if d.Would != "" {
			would = d.Would
		}
		if d.Rule != DefaultRule && would != strictest {
			t.Fatalf("the strictest is %s, decided %s", strictest, would)
		}
	})
}

// More findings never make a decision milder.
func TestDecideIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, p := drawPolicy(t)
		less := drawAsked(t)
		more := less
		more.c.Summary.People += rapid.IntRange(0, 5).Draw(t, "more people")
		more.c.Summary.Classes = slices.Clone(less.c.Summary.Classes)
		for i := range more.c.Summary.Classes {
			s := &more.c.Summary.Classes[i]
			n := rapid.IntRange(0, 5).Draw(t, "more")
			s.Count, s.Distinct, s.Confidence = s.Count+n, s.Distinct+n, max(s.Confidence, rapid.Float64Range(0, 1).Draw(t, "surer"))
		}
		for _, c := range some(t, dataClasses, "found too") {
			if !slices.ContainsFunc(less.c.Summary.Classes, func(s detect.ClassSummary) bool { return s.Class == c }) {
				more.c.Summary.Classes = append(more.c.Summary.Classes, detect.ClassSummary{Class: c, Count: 9, Distinct: 9, Confidence: 1})
			}
		}
		if less.c.Reason == "" {
			more.c.Reason = rapid.SampledFrom(append([]Reason{""}, unreadables...)).Draw(t, "more unreadable")
		}
		a, b := Decide(p, less.a, less.c, less.ctx), Decide(p, more.a, more.c, more.ctx)
		// An allow rule for unreadable content lifts only the report of the
		// default that unreadable content alone would have had.
		if a.Action.StricterThan(b.Action) {
			t.Fatalf("%s by %s became %s by %s\n%s\n%+v\n%+v", a.Action, a.Rule, b.Action, b.Rule, m.yaml(), less, more)
		}
	})
}

// From BlockAt people on everything is stopped, whatever else is found; with
// one fewer and nothing else found nothing is.
func TestBlockAtAgreesWithDecide(t *testing.T) {
	settled := 0
	agrees := func(t *rapid.T) {
		m, p := drawPolicy(t)
		q := drawAsked(t)
		n, ok := p.BlockAt(q.a)
		if !ok {
			return
		}
		settled++
		q.c.Summary.People = n + rapid.IntRange(0, 3).Draw(t, "beyond")
		if d := Decide(p, q.a, q.c, q.ctx); !d.Action.Stops() {
			t.Fatalf("BlockAt %d, yet %d people: %s by %s\n%s", n, q.c.Summary.People, d.Action, d.Rule, m.yaml())
		}
		if n > 0 {
			only := Content{Summary: detect.Summary{People: n - 1}}
			if d := Decide(p, q.a, only, Context{}); d.Action.Stops() {
				t.Fatalf("BlockAt %d, yet %d people: %s by %s\n%s", n, n-1, d.Action, d.Rule, m.yaml())
			}
		}
	}
	for tries := 0; settled == 0 && tries < 20; tries++ { // few policies are, by chance none of a hundred
		rapid.Check(t, agrees)
	}
	if settled == 0 {
		t.Error("no policy was settled by people alone: nothing was tested")
	}
}

// The bound on people in records of some classes is never too low.
func TestRecordsOfSomeClassesAreNeverUndercounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.SliceOfNDistinct(rapid.SampledFrom(dataClasses), 2, 5, rapid.ID).Draw(t, "of")
		counts, withTwo, total := map[detect.Class]int{}, 0, rapid.IntRange(0, 12).Draw(t, "people")
		for range total {
			both := 0
			for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom(dataClasses), 2, 7, rapid.ID).Draw(t, "record") {
				counts[c]++
				if slices.Contains(of, c) {
					both++
				}
			}
			if both >= 2 {
				withTwo++
			}
		}
		summary := detect.Summary{People: total}
		for c, n := range counts {
			summary.Classes = append(summary.Classes, detect.ClassSummary{Class: c, Count: n, Distinct: n})
		}
		got := recordsCondition{of: of}.people(&question{Content: Content{Summary: summary}})
		if got < withTwo || got > total {
			t.Fatalf("%d people have two of %v, counted %d of %d", withTwo, of, got, total)
		}
	})
}

// A rule that is said never to decide never does.
func TestWarningsAreTrue(t *testing.T) {
	warned := 0
	rapid.Check(t, func(t *rapid.T) {
		m, p := drawPolicy(t)
		q := drawAsked(t)
		d := Decide(p, q.a, q.c, q.ctx)
		for _, w := range p.Warnings() {
			dead := strings.Contains(w.Error(), "never decides") || strings.Contains(w.Error(), "its unless holds")
			if dead {
				warned++
			}
			i := slices.IndexFunc(p.rules, func(r rule) bool { return r.line == w.Line })
			if dead && p.rules[i].id == d.Rule {
				t.Fatalf("%v\nyet it decided\n%s\n%+v", w, m.yaml(), q)
			}
		}
	})
	if warned == 0 {
		t.Error("no rule was warned about: nothing was tested")
	}
}
