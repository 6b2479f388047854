package rules

import (
	"cmp"
	"slices"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
)

// bond makes records of what two look for in one text: package detect for what
// every policy asks for, package custom for what one policy counts besides. A
// name beside a social security number is a person as is a name beside a mobile.
type bond struct {
	people func(key uint64)
	said   []detect.Said
	told   []besides
}

// besides is a value told of a class that says something of somebody.
type besides struct {
	line  int
	class detect.Class
	says  custom.Says
	value uint64
}

const (
	bondReach   = 4                // lines between two values of one record, as in package detect
	bondSlack   = 80               // lines that a record may still grow by
	mostPending = 4096             // until they are joined
	mostKept    = 16 * mostPending // of one line that does not end; no more are kept then
)

// newBond joins what a look's two find; nil where the policy counts no class
// that says something of people.
func newBond(s *detect.Scanner, m *custom.Matcher) *bond {
	if m == nil || !slices.ContainsFunc(m.Classes(), func(c detect.Class) bool { return custom.Of(c) != custom.NothingOfPeople }) {
		return nil
	}
	b := &bond{people: s.Record}
	s.Heard(func(said detect.Said) {
		if len(b.said) >= mostKept {
			return
		}
		said.Values = slices.Clone(said.Values)
		b.said = append(b.said, said)
	})
	m.Located(func(at custom.Place) {
		says := custom.Of(at.Class)
		if says == custom.NothingOfPeople || len(b.told) >= mostKept {
			return
		}
		if at.Cell < 0 {
			s.LookAt(at.Offset)
		}
		t := besides{at.Line, at.Class, says, s.Hash(at.Class, at.Text)}
		if n := len(b.told); n == 0 || b.told[n-1] != t {
			b.told = append(b.told, t)
		}
	})
	return b
}

// reset forgets what was not joined.
func (b *bond) reset() {
	if b != nil {
		b.said, b.told = b.said[:0], b.told[:0]
	}
}

// full tells whether it is time to join what is complete.
func (b *bond) full() bool { return b != nil && len(b.said)+len(b.told) >= mostPending }

// join counts the people of the lines up to one, and forgets them.
func (b *bond) join(upTo int) {
	if b == nil {
		return
	}
	slices.SortStableFunc(b.said, func(x, y detect.Said) int { return cmp.Compare(x.First, y.First) })
	slices.SortStableFunc(b.told, func(x, y besides) int { return cmp.Compare(x.line, y.line) })
	left := b.told[:0:0]
	occupied := map[int]bool{}
	for _, s := range b.said {
		occupied[s.First], occupied[s.Last] = true, true
	}
	for _, s := range b.said {
		if s.Last <= upTo {
			b.told = b.one(s, b.told, occupied)
		}
	}
	for len(b.told) > 0 {
		n := 1
		for n < len(b.told) && b.told[n].line == b.told[0].line {
			n++
		}
		if b.told[0].line <= upTo {
			b.alone(b.told[:n])
		} else {
			left = append(left, b.told[:n]...)
		}
		b.told = b.told[n:]
	}
	b.told = left
	b.said = slices.DeleteFunc(b.said, func(s detect.Said) bool { return s.Last <= upTo })
}

// one joins what was told in the lines of one to what they say, and answers
// what is left.
func (b *bond) one(s detect.Said, all []besides, occupied map[int]bool) []besides {
	from, to := inLines(all, s.First, s.Last)
	if from == to && !s.Row && !s.Closed { // a form: values stand in the lines around
		first, last := s.First, s.Last
		for first > s.First-bondReach && !occupied[first-1] {
			first--
		}
		for last < s.Last+bondReach && !occupied[last+1] {
			last++
		}
		from, to = inLines(all, first, last)
	}
	if from == to {
		return all
	}
	if !s.Closed {
		b.count(s, all[from:to])
	}
	return slices.Delete(all, from, to)
}

// inLines answers which of all stand in the lines from first to last.
func inLines(all []besides, first, last int) (from, to int) {
	from, _ = slices.BinarySearchFunc(all, first, func(t besides, line int) int { return cmp.Compare(t.line, line) })
	to, _ = slices.BinarySearchFunc(all, last+1, func(t besides, line int) int { return cmp.Compare(t.line, line) })
	return from, to
}

// count counts the people of whom values speak and who is told of beside them:
// as many as there are of both.
func (b *bond) count(s detect.Said, beside []besides) {
	best := mostOf(beside)
	for i, v := range s.Values[:min(len(s.Values), len(best))] {
		switch t := best[i]; {
		case t.says == custom.WhoItIs:
			b.people(t.value)
		case s.Name && t.class == custom.BirthDate:
			b.people(v*31 ^ t.value | 1)
		default:
			b.people(v)
		}
	}
}

// mostOf answers the values of the class that tells people apart best: one that
// says who it is before one that does not, then the one with most values.
func mostOf(list []besides) (best []besides) {
	for i := range list {
		c := list[i].class
		if slices.ContainsFunc(list[:i], func(t besides) bool { return t.class == c }) {
			continue
		}
		var of []besides
		for _, t := range list {
			if t.class == c {
				of = append(of, t)
			}
		}
		if best == nil || of[0].says > best[0].says || of[0].says == best[0].says && len(of) > len(best) {
			best = of
		}
	}
	return best
}

// alone counts the people of a line that nothing else speaks of: two classes of
// which one says who it is.
func (b *bond) alone(line []besides) {
	best := mostOf(line)
	if best[0].says != custom.WhoItIs {
		return
	}
	others := map[detect.Class]int{}
	for _, t := range line {
		if t.class != best[0].class {
			others[t.class]++
		}
	}
	n := 0
	for _, k := range others {
		n = max(n, k)
	}
	for _, t := range best[:min(n, len(best))] {
		b.people(t.value)
	}
}
