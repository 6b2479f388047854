package detect

import (
	"cmp"
	"slices"
)

// Limits bound what a Scanner keeps. Zero values take the defaults.
type Limits struct {
	Distinct int // distinct values counted for each class, and people (10,000)
	Findings int // findings kept for each class (20)
}

func (l Limits) withDefaults() Limits {
	if l.Distinct <= 0 {
		l.Distinct = 10_000
	}
	if l.Findings <= 0 {
		l.Findings = 20
	}
	return l
}

// distinctLimit is what Summary.Incomplete says when Limits.Distinct was reached.
const distinctLimit = "distinct values"

// tally counts what was found, and keeps samples of it.
type tally struct {
	limits Limits
	*counts
	samples [kinds][]Finding
	least   [kinds]int8 // score of the worst sample where no more are kept, else -1
}

// counts is what Scanners beside one another share.
type counts struct {
	count    [kinds]int
	best     [kinds]int8
	distinct [kinds]set
	people   set
	kin      kin
	full     bool
	room     bool // the last row of a table still had something to be told apart
}

func newTally(l Limits) tally {
	c := &counts{room: true}
	c.people.bound = l.Distinct
	for k := range c.distinct {
		c.distinct[k].bound = l.Distinct
	}
	return tally{limits: l, counts: c, least: noSamples}
}

var noSamples = func() (least [kinds]int8) {
	for k := range least {
		least[k] = -1
	}
	return least
}()

func (t *tally) reset() {
	t.people.clear()
	t.kin.clear()
	for k := range t.distinct {
		t.distinct[k].clear()
		t.samples[k] = t.samples[k][:0]
		t.least[k] = -1
	}
	clear(t.count[:])
	clear(t.best[:])
	t.full, t.room = false, true
}

// add counts a match and tells whether it deserves to be kept as a sample.
func (t *tally) add(m *match) bool {
	t.count[m.kind]++
	t.best[m.kind] = max(t.best[m.kind], m.score)
	if !t.distinct[m.kind].add(m.hash) {
		t.full = true
	}
	return t.wants(m.kind, m.score)
}

// wants tells whether a match of this score would be kept as a sample.
func (t *tally) wants(k kind, score int8) bool { return score > t.least[k] }

func confidence(score int8) float64 { return float64(score) / 100 }

// keep takes a sample, best first.
func (t *tally) keep(k kind, f Finding) {
	kept := t.samples[k]
	if len(kept) == t.limits.Findings {
		kept = kept[:len(kept)-1]
	}
	i, _ := slices.BinarySearchFunc(kept, f, func(a, b Finding) int {
		if a.Confidence == b.Confidence {
			return -1 // the earlier stays before the later
		}
		return cmp.Compare(b.Confidence, a.Confidence)
	})
	kept = slices.Insert(kept, i, f)
	if t.samples[k] = kept; len(kept) == t.limits.Findings {
		t.least[k] = int8(kept[len(kept)-1].Confidence*100 + 0.5)
	}
}

// sortedKinds are the kinds in the order of the ids of their classes.
var sortedKinds = func() []kind {
	all := make([]kind, kinds)
	for k := range all {
		all[k] = kind(k)
	}
	slices.SortFunc(all, func(a, b kind) int { return cmp.Compare(classes[a], classes[b]) })
	return all
}()

// peopleKeys is how many keys of people a Summary holds at most.
const peopleKeys = 10_000

func (t *tally) summary(bytes int64) Summary {
	s := Summary{People: t.peopleCount(), Bytes: bytes}
	if s.People > 0 {
		s.PeopleKeys = t.keys(peopleKeys)
		slices.Sort(s.PeopleKeys)
	}
	for _, k := range sortedKinds {
		n := t.count[k]
		if n == 0 {
			continue
		}
		s.Classes = append(s.Classes, ClassSummary{classes[k], n, t.distinct[k].n, confidence(t.best[k])})
		s.Findings = append(s.Findings, t.samples[k]...)
	}
	if t.full {
		s.Incomplete = distinctLimit
	}
	return s
}
