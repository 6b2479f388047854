package detect

import "bytes"

// Row takes a row of a spreadsheet: its 1-based number and its cells that are
// not empty, left to right. Headings are understood, and so are forms, where a
// label stands in one cell and its value in the next.
func (s *Scanner) Row(number int, cells []Cell) {
	if s.pos < s.end {
		s.rest()
	}
	cells = s.Unboxed(cells)
	across := s.mayGoAcross(cells)
	form := s.join(cells, !across)
	l := &s.current
	*l = line{text: s.joined, offset: s.base, number: number, cells: s.cells, record: !form, sheet: true}
	l.traits = traitsOf(l.text)
	if across && !s.goesAcross(l) {
		form = s.join(cells, true)
		l.text, l.cells, l.record, across = s.joined, s.cells, !form, false
		l.traits = traitsOf(l.text)
	}
	s.base += int64(len(s.joined))
	switch {
	case across:
		s.goAcross(l, 0)
	case form:
		s.running(l)
	case s.headings(l.text, l.cells, 0):
		s.table.on = false // no text belongs to it
	case s.saysAll(l):
		s.running(l)
	default:
		if s.placed == number {
			s.places()
		}
		s.row(l)
	}
}

// join puts the cells of a row into one text, parted by tabs, or by a colon
// behind a label where it may be that of a form. It tells whether there was one.
func (s *Scanner) join(cells []Cell, mayLabel bool) (form bool) {
	s.joined, s.cells = s.joined[:0], s.cells[:0]
	labelled := false
	for i, c := range cells {
		switch {
		case i > 0 && labelled:
			s.joined = append(s.joined, ": "...)
			form = true
		case i > 0:
			s.joined = append(s.joined, '\t')
		}
		given := bytes.TrimSpace(c.Text)
		text, came := narrow(given, traitsOf(given), s.narrowed, s.came)
		if came != nil {
			s.narrowed, s.came = text, came
		}
		start := len(s.joined)
		s.joined = append(s.joined, text[:min(len(text), longestRow)]...)
		for k := start; k < len(s.joined); k++ {
			if s.joined[k] < ' ' {
				s.joined[k] = ' '
			}
		}
		s.cells = append(s.cells, cell{start, len(s.joined), c.Column})
		labelled = mayLabel && s.callsNext(text, cells[i+1:])
	}
	return form
}

// callsNext tells whether a cell is the label of the one behind it and not a
// heading beside another.
func (s *Scanner) callsNext(text []byte, rest []Cell) bool {
	if s.table.headed || len(rest) == 0 {
		return false
	}
	r, ok := s.pack.labels.heading(text)
	if !ok || r&(against|maker) != 0 {
		return false
	}
	_, heading := s.pack.labels.heading(rest[0].Text)
	return !heading
}

// saysAll tells whether all that a row says stands in one of its cells, a name
// and a number as people type them, under a heading that says nothing of either.
// The line is that cell then.
func (s *Scanner) saysAll(l *line) bool {
	if !l.traits.has(beyondTrait) || !l.traits.mayNumber() {
		return false
	}
	all := -1
	for i, c := range l.cells {
		text := l.text[c.start:c.end]
		if !mayReach(text) {
			continue
		}
		col := s.table.column(c.column)
		if all >= 0 || col == nil || col.roles != 0 || !hasHan(text) {
			return false
		}
		all = i
	}
	if all < 0 {
		return false
	}
	c := l.cells[all]
	l.text, l.offset = l.text[c.start:c.end], l.offset+int64(c.start)
	l.cells[0] = cell{end: len(l.text), column: c.column}
	l.cells, l.record = l.cells[:1], false
	l.traits = traitsOf(l.text)
	return true
}

// leastReach is how many digits a number has at least by which one is reached.
const leastReach = 11

// mayReach tells whether a number or an address may stand in text by which
// somebody is reached or known.
func mayReach(text []byte) bool {
	digits := 0
	for _, c := range text {
		switch {
		case c == '@':
			return true
		case isDigit(c):
			if digits++; digits == leastReach {
				return true
			}
		case c != ' ' && c != '-':
			digits = 0
		}
	}
	return false
}

func hasHan(text []byte) bool {
	for i := range text {
		if hanRun(text[i:]) > 0 {
			return true
		}
	}
	return false
}
