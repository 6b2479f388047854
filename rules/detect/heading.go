package detect

import "bytes"

// part is which part of a name stands in a column, where a column has each.
type part uint8

const (
	noPart part = iota
	familyColumn
	givenColumn
)

func partOf(heading []byte) part {
	switch {
	case familyPart(heading):
		return familyColumn
	case givenPart(heading):
		return givenColumn
	}
	return noPart
}

func familyPart(heading []byte) bool { return isOneOf(heading, "姓", "姓氏") }

func givenPart(heading []byte) bool { return isOneOf(heading, "名", "名字") }

// isOneOf tells whether a heading is one of two in Han characters.
func isOneOf(heading []byte, a, b string) bool {
	h := trimHeading(heading)
	return len(h) > 0 && h[0] >= 0x80 && (string(h) == a || string(h) == b)
}

// nameParts tells whether headings part names in two columns side by side: 姓 and 名.
func (s *Scanner) nameParts(text []byte, cells []cell) bool {
	for i := range cells[:max(0, len(cells)-1)] {
		if a, b := cells[i], cells[i+1]; familyPart(text[a.start:a.end]) && givenPart(text[b.start:b.end]) {
			return true
		}
	}
	return false
}

// partedNames takes names whose parts stand in two cells of a row: each part is
// one of the same name.
func (s *Scanner) partedNames(l *line) {
	for i := range l.cells[:max(0, len(l.cells)-1)] {
		a, b := l.cells[i], l.cells[i+1]
		family, given := s.table.column(a.column), s.table.column(b.column)
		if family == nil || given == nil || family.part != familyColumn || given.part != givenColumn {
			continue
		}
		if a.end-a.start > 6 || b.end-b.start > 6 {
			return
		}
		name := append(append(make([]byte, 0, 12), l.text[a.start:a.end]...), l.text[b.start:b.end]...)
		if hanRun(name) != len(name) || s.pack.names.plausible(name) == 0 {
			return
		}
		for k, c := range [...]cell{a, b} {
			m := s.pack.newName(l.text, c.start, c.end, 85)
			m.hash = s.pack.hash.sum(personName, name)
			m.why.flags |= underHeading
			m.why.heading = [...]string{family.heading, given.heading}[k]
			s.found = append(s.found, m)
		}
		return
	}
}

// surelyPeople tells whether a heading calls for names of people and can hardly
// mean anything else, as "Name" does.
func surelyPeople(heading []byte) bool {
	heading = trimHeading(heading)
	if len(heading) == 0 {
		return false
	}
	if heading[0] >= 0x80 {
		return bytes.HasSuffix(heading, []byte("姓名")) || bytes.HasSuffix(heading, []byte("人")) || bytes.HasSuffix(heading, []byte("患者"))
	}
	var folded [40]byte
	h := lower(folded[:0], heading[:min(len(heading), len(folded))])
	for _, who := range [...]string{"patient", "customer", "client", "employee", "member", "student", "guest", "passenger", "full", "first", "last", "contact", "applicant"} {
		if bytes.HasPrefix(h, []byte(who)) && bytes.HasSuffix(h, []byte("name")) {
			return true
		}
	}
	return false
}

const sureRows = 3 // after which a heading must have been borne out

// belied counts a row of a table of which one heading speaks, and tells whether
// fewer than four fifths of the rows bear it out.
func (s *Scanner) belied() bool {
	t := &s.table
	t.sureRows++
	for i := range s.found {
		if s.found[i].kind == personName {
			t.sureHits++
			break
		}
	}
	return t.sureRows >= sureRows && 5*t.sureHits < 4*t.sureRows
}
