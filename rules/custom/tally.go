package custom

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/detect"
)

const (
	maxDistinct = 10_000 // values told apart, of a class
	maxFindings = 20     // kept, of a class
	maxMasked   = 64     // bytes
)

// Found is what a Matcher has found: classes sorted by id, and of each the
// best findings first.
type Found struct {
	Classes  []detect.ClassSummary
	Findings []detect.Finding
	// Incomplete tells that more values were found than are told apart.
	Incomplete bool
}

// tally counts what was found, by class.
type tally struct {
	set     *Set
	classes []count
}

type count struct {
	*sums
	samples []detect.Finding
}

// sums are what Matchers beside one another share.
type sums struct {
	n        int
	best     float64
	distinct map[uint64]struct{}
	rows     map[uint64]struct{} // of tables, each of them somebody's
	full     bool
}

func newTally(s *Set) tally {
	t := tally{set: s, classes: make([]count, len(s.classes))}
	for i := range t.classes {
		t.classes[i].sums = &sums{}
	}
	return t
}

// beside answers a tally that counts together with t and keeps samples of its
// own.
func (t *tally) beside() tally {
	b := tally{set: t.set, classes: make([]count, len(t.classes))}
	for i := range t.classes {
		b.classes[i].sums = t.classes[i].sums
	}
	return b
}

func (t *tally) reset() {
	for i := range t.classes {
		c := &t.classes[i]
		*c.sums, c.samples = sums{}, c.samples[:0]
	}
}

// take counts what was found and keeps it if it is among the best.
func (m *Matcher) take(p *piece, at span, class int, f finding) {
	if m.located != nil {
		m.locate(p, at, class)
	}
	c := &m.tally.classes[class]
	c.n++
	c.best = max(c.best, f.confidence)
	hash := maphash.Bytes(m.set.seed, p.folded[at.start:at.end])
	c.note(&c.distinct, hash)
	if f.row != 0 {
		c.note(&c.rows, f.row)
	}
	if n := len(c.samples); n == maxFindings && c.samples[n-1].Confidence >= f.confidence {
		return
	}
	c.keep(m.describe(p, at, class, f, hash))
}

// note remembers what is told apart.
func (c *count) note(seen *map[uint64]struct{}, hash uint64) {
	if *seen == nil {
		*seen = map[uint64]struct{}{}
	}
	if _, known := (*seen)[hash]; !known && len(*seen) == maxDistinct {
		c.full = true
		return
	}
	(*seen)[hash] = struct{}{}
}

func (c *count) keep(f detect.Finding) {
	if len(c.samples) == maxFindings {
		c.samples = c.samples[:maxFindings-1]
	}
	i, _ := slices.BinarySearchFunc(c.samples, f, func(a, b detect.Finding) int {
		if a.Confidence == b.Confidence {
			return -1 // the earlier stays before the later
		}
		return cmp.Compare(b.Confidence, a.Confidence)
	})
	c.samples = slices.Insert(c.samples, i, f)
}

// describe makes a Finding with its reasons.
func (m *Matcher) describe(p *piece, at span, class int, f finding, hash uint64) detect.Finding {
	start := p.raw(at.start)
	d := detect.Finding{
		Class: m.set.classes[class], Offset: m.base + start, Length: int(p.raw(at.end) - start), Line: m.lines + p.lines + 1,
		Location: m.location, Confidence: f.confidence, Masked: mask(string(p.text[at.start:at.end])), Value: hash,
	}
	for i, c := range m.cells {
		if at.start >= p.narrowIndex(c.start) && at.start < p.narrowIndex(c.end) {
			d.Location, d.Line = detect.CellLocation(m.location, m.columns[i], m.row), m.row
		}
	}
	d.Reasons = m.reasons(p, f)
	return d
}

// narrowIndex answers where raw index i stands in the text; one within a
// character that was narrowed stands behind it.
func (p *piece) narrowIndex(i int) int {
	for n, at := range p.shrunk {
		switch began := at + 2*n; {
		case i <= began:
			return i - 2*n
		case i < began+3:
			return at + 1
		}
	}
	return i - 2*len(p.shrunk)
}

func (m *Matcher) reasons(p *piece, f finding) []string {
	d := &m.set.detectors[f.detector]
	r := []string{detect.Why("word")}
	if d.pattern != nil || d.find != nil {
		r = []string{detect.Why("pattern")}
	}
	if d.validator != "" {
		r = append(r, detect.Why("check", d.validator))
	}
	switch {
	case !d.context:
	case f.label.end > 0:
		r = append(r, detect.Why("near", string(p.text[f.label.start:f.label.end])))
	case f.distance >= 0:
		r = append(r, detect.Why("near-above"))
	default:
		r = append(r, detect.Why("but-alone-word"))
	}
	return r
}

// mask makes a value harmless: of a code its first and last two characters are
// left, of a word the first.
func mask(value string) string {
	runes := []rune(value)
	n := len(runes)
	switch {
	case n >= 10:
		runes = slices.Concat(runes[:2], []rune(strings.Repeat("*", min(n-4, 12))), runes[n-2:])
	default:
		for i := 1; i < n; i++ {
			runes[i] = '*'
		}
	}
	for text := string(runes); ; runes = runes[:len(runes)-1] {
		if text = string(runes); len(text) <= maxMasked && utf8.ValidString(text) {
			return text
		}
	}
}

func (t *tally) found() (f Found) {
	for i, c := range t.classes {
		if c.n > 0 {
			f.Classes = append(f.Classes, detect.ClassSummary{Class: t.set.classes[i], Count: c.n, Distinct: max(len(c.distinct), len(c.rows)), Confidence: c.best})
			f.Findings = append(f.Findings, c.samples...)
			f.Incomplete = f.Incomplete || c.full
		}
	}
	return f
}
