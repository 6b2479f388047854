package rules

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/detect"
)

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
		byHand, onWord := DefaultRule, true
		for i, r := range e.Rules {
			applies := holds(r.When) == len(r.When) && (len(r.Unless) == 0 || holds(r.Unless) < len(r.Unless))
			if r.Applies != applies || applies != m.applies(m.rules[i], q) {
				t.Fatalf("rule %+v", r)
			}
			if r.Decides {
				decider = r.Rule
			}
			if !applies {
				continue
			}
			word := slices.ContainsFunc(r.When, func(c ConditionReport) bool { return strings.HasSuffix(c.Found, ", unproven") })
			if byHand == DefaultRule || r.Action.StricterThan(strictest) || r.Action == strictest && onWord && !word {
				byHand, strictest, onWord = r.Rule, r.Action, word
			}
		}
		if decider != d.Rule {
			t.Fatalf("%s decides, decision by %s", decider, d.Rule)
		}
		would := d.Action
		if d.Would != "" {
			would = d.Would
		}
		if d.Rule != DefaultRule && (would != strictest || d.Rule != byHand) {
			t.Fatalf("the strictest is %s by %s, decided %s by %s", strictest, byHand, would, d.Rule)
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
