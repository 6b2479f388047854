package detect

// A table may hold a person in each column: the headings stand one below another
// in the first, 姓名 and names behind it, 手机 and numbers behind it.

// across is such a table.
type across struct {
	delimiter byte // 0: of a spreadsheet
	width     int  // cells of a row, 0: there is no such table
	last      int  // its last line
	people    []person
}

const (
	leastAcross = 3   // people of one row
	mostAcross  = 256 // columns
	acrossReach = 8   // lines of something else between two rows
)

func (a *across) clear() {
	a.width = 0
	clear(a.people)
	a.people = a.people[:0]
}

// acrossLine takes a line of text as a row with a person in each column.
func (s *Scanner) acrossLine(l *line) bool {
	if l.cut || !l.traits.has(partTrait) || len(l.text) < 10 {
		return false
	}
	i, most := 0, min(len(l.text), longestHeading)
	for i < most && traitOf[l.text[i]]&partTrait == 0 {
		i++
	}
	if i < 2 || i == most {
		return false
	}
	if r, ok := s.pack.labels.heading(l.text[:i]); !ok || r&(against|maker) != 0 {
		return false
	}
	s.cells = splitAt(l.text, l.text[i], s.cells[:0], mostAcross)
	l.cells = s.cells
	if !s.goesAcross(l) {
		l.cells = nil
		return false
	}
	s.goAcross(l, l.text[i])
	s.warm = max(s.warm, contextLines)
	return true
}

// mayGoAcross tells whether a row of a spreadsheet begins with a heading and
// goes on with what is none.
func (s *Scanner) mayGoAcross(cells []Cell) bool {
	if len(cells) <= leastAcross {
		return false
	}
	r, ok := s.pack.labels.heading(cells[0].Text)
	return ok && r&(against|maker) == 0
}

// goesAcross finds what stands behind the heading that a row begins with. It
// answers false where that is not mostly what the heading calls for.
func (s *Scanner) goesAcross(l *line) bool {
	if len(l.cells) <= leastAcross {
		return false
	}
	heading := l.text[l.cells[0].start:l.cells[0].end]
	r, _ := s.pack.labels.heading(heading)
	col := column{roles: r, form: otherForm, heading: string(heading), clerk: isClerk(heading), titled: true}
	s.found = s.found[:0]
	filled, fits := 0, 0
	for _, c := range l.cells[1:] {
		if c.end == c.start {
			continue
		}
		if filled++; filled > 2*fits+leastAcross { // it will not come to be mostly
			return false
		}
		if _, another := s.pack.labels.heading(l.text[c.start:c.end]); another {
			return false
		}
		had := len(s.found)
		if s.cellUnder(l.text, c, &col); len(s.found) == had+1 && s.fitsAcross(r) {
			fits++
		}
	}
	return fits >= leastAcross && 3*fits >= 2*filled
}

// fitsAcross tells whether what was found last is what a heading calls for, and
// something else than what stands before it.
func (s *Scanner) fitsAcross(called roles) bool {
	m := &s.found[len(s.found)-1]
	if n := len(s.found) - 2; n >= 0 && s.found[n].hash == m.hash {
		return false
	}
	return called.has(m.kind) && (m.score >= 80 || m.score >= reportFrom && m.kind != personName)
}

// goAcross counts what was found in a row.
func (s *Scanner) goAcross(l *line, delimiter byte) {
	a := &s.across
	if a.width != len(l.cells) || a.delimiter != delimiter || l.number-a.last > acrossReach {
		s.flushAcross()
	}
	a.width, a.delimiter, a.last = len(l.cells), delimiter, l.number
	l.record, l.across = true, true
	s.flushPerson()
	s.settle(l)
}

// acrossPeople gives each column what a row says of its person.
func (s *Scanner) acrossPeople(l *line) {
	a := &s.across
	rest := s.found // in the order of the text, as the cells are
	for i, c := range l.cells {
		for ; len(rest) > 0 && rest[0].start < c.end; rest = rest[1:] {
			m := &rest[0]
			if m.start < c.start || m.score < reportFrom || !ofPeople.has(m.kind) || ofClerk(l, m) {
				continue
			}
			for len(a.people) <= i {
				a.people = append(a.people, person{first: l.number, row: true})
			}
			p := &a.people[i]
			if p.present |= role(m.kind); p.values[m.kind] == 0 {
				p.values[m.kind] = m.hash
			}
			p.last = l.number
		}
	}
}

// flushAcross counts the people of the table at hand.
func (s *Scanner) flushAcross() {
	for i := range s.across.people {
		if p := &s.across.people[i]; p.present != 0 {
			s.countPerson(p, p.present.several() && p.present&^ofPlaces != 0)
		}
	}
	s.across.clear()
}
