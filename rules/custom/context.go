package custom

import (
	"cmp"
	"slices"
)

// meant tells whether a context word is one where it stands.
func (m *Matcher) meant(p *piece, line span, h hit) bool {
	d := &m.set.detectors[h.ref.detector]
	if d.meant == nil {
		return true
	}
	if asked := (question{h.start, h.end, d.meaning}); asked != m.asked {
		m.asked, m.answer = asked, d.meant(p.around(line, span{h.start, h.end}))
	}
	return m.answer
}

// question is whether a word means what a detector takes it for: several ask
// the same of one word.
type question struct {
	start, end int
	meaning    uintptr
}

// promising tells whether anything could be found in the line that begins at
// start: a detector that finds nothing without context words need not be tried
// where there are none.
func (m *Matcher) promising(p *piece, start, detector int) bool {
	d := &m.set.detectors[detector]
	if !d.context || d.alone >= leastConfidence || m.heading[detector] || m.base+p.raw(start)-m.last[detector] <= nearReach {
		return true
	}
	return slices.ContainsFunc(m.near, func(h hit) bool { return int(h.ref.detector) == detector })
}

// context answers a context word of a detector: the last before the finding or
// the first behind it in the line, whichever is nearer, or one further off.
func (m *Matcher) context(p *piece, line, at span, detector int) (label span, distance int) {
	if m.set.detectors[detector].labelled {
		return m.labelOf(p, line, at, detector)
	}
	distance = -1
	next, _ := slices.BinarySearchFunc(m.near, at.start, func(h hit, start int) int {
		return cmp.Or(cmp.Compare(int(h.ref.detector), detector), cmp.Compare(h.start, start))
	})
	for _, i := range []int{next - 1, next, next + 1} {
		if i < 0 || i >= len(m.near) || int(m.near[i].ref.detector) != detector {
			continue
		}
		h := m.near[i]
		d := max(at.start-h.end, h.start-at.end)
		if d >= 0 && (distance < 0 || d < distance) {
			label, distance = span{h.start, h.end}, d
		}
	}
	if distance < 0 && (m.heading[detector] || m.base+p.raw(at.start)-m.last[detector] <= nearReach) {
		distance = 0
	}
	return label, distance
}
