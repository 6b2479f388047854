package custom

import "github.com/trustline/trustline/rules/detect"

// Place is where a value stands that was found.
type Place struct {
	Class  detect.Class
	Line   int    // 1-based; the row where one is given
	Row    int    // as given to Row; 0 in text
	Cell   int    // index into the cells given to Row; -1 in text
	Offset int64  // bytes from the start of the cell, or of the fragment
	Length int    // bytes
	Text   []byte // in small letters, half-width; only during the call
}

// Located has f told the place of every value found, not only of the best. A
// value that reaches over several cells has a place in each.
func (m *Matcher) Located(f func(Place)) { m.located = f }

func (m *Matcher) locate(p *piece, at span, class int) {
	start, end := int(p.raw(at.start)), int(p.raw(at.end))
	found := Place{Class: m.set.classes[class], Cell: -1, Offset: m.base + int64(start), Length: end - start, Line: m.lines + p.lines + 1, Text: p.folded[at.start:at.end]}
	if m.cells == nil {
		m.located(found)
		return
	}
	for i, c := range m.cells {
		if from, to := max(start, c.start), min(end, c.end); from < to {
			found.Line, found.Row, found.Cell, found.Offset, found.Length = m.row, m.row, i, int64(from-c.start), to-from
			m.located(found)
		}
	}
}

// Looked answers how many lines of the fragment were looked at to their end.
func (m *Matcher) Looked() int { return m.lines }

// LookedTo answers up to where the fragment was looked at, in bytes.
func (m *Matcher) LookedTo() int64 { return m.base }

// Classes answers what is looked for.
func (m *Matcher) Classes() []detect.Class { return m.set.classes }
