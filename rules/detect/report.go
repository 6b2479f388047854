package detect

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// report counts a match and keeps it with its reasons if it is among the best.
func (s *Scanner) report(l *line, m *match) {
	if s.first < 0 {
		s.first = s.before + min(l.offset, l.raw(m.start)-m.why.back)
	}
	if s.tally.add(m) {
		s.tally.keep(m.kind, s.finding(l, m))
	}
}

// finding answers what is kept of a match.
func (s *Scanner) finding(l *line, m *match) Finding {
	start := l.raw(m.start)
	f := Finding{
		Class: classes[m.kind], Offset: start, Length: int(l.raw(m.end) - start), Line: l.number, Location: s.location,
		Confidence: confidence(m.score), Value: m.hash, Reasons: s.pack.reasons(l, m),
	}
	f.Offset, f.Length = f.Offset-m.why.back, f.Length+int(m.why.back)
	if l.sheet {
		f.Location = s.cellLocation(l, m)
	}
	f.Masked = bounded(Mask(f.Class, string(l.text[m.start:m.end])), 64)
	return f
}

// bounded cuts text to n bytes, between characters.
func bounded(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// cellLocation names a cell as spreadsheet programs do: Sheet1!B7.
func (s *Scanner) cellLocation(l *line, m *match) string {
	for _, c := range l.cells {
		if m.start >= c.start && m.start < c.end {
			return CellLocation(s.location, c.column, l.number)
		}
	}
	return s.location
}

// CellLocation names the cell of a sheet in a 0-based column and a 1-based row.
func CellLocation(sheet string, column, row int) string {
	name := columnName(column) + strconv.Itoa(row)
	if sheet == "" {
		return name
	}
	return sheet + "!" + name
}

// ColumnLetter names a 0-based column as spreadsheet programs do.
func ColumnLetter(column int) string { return columnName(column) }

func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// reasons says what speaks for and against a match.
func (p *Pack) reasons(l *line, m *match) []string {
	var r []string
	if m.why.digits > 0 {
		r = append(r, Why("digits", m.why.digits))
	}
	if m.why.network > 0 {
		r = append(r, Why(networks[m.why.network]))
	}
	if m.why.flags&checksumRight != 0 {
		r = append(r, Why("checksum"))
	}
	if m.kind == residentID && m.why.flags&oldForm != 0 {
		r = append(r, Why("old-form"))
	}
	r = append(r, p.regionReasons(l, m)...)
	r = append(r, formReasons(m)...)
	for _, w := range favourable {
		if m.why.flags&w.when != 0 {
			r = append(r, Why(w.code))
		}
	}
	r = append(r, labelReasons(l, m)...)
	for _, w := range adverse {
		if m.why.flags&w.when != 0 {
			r = append(r, Why(w.code))
		}
	}
	return r
}

// regionReasons says where a number was given out, and of a date of birth in
// it the year: the rest would say more than the masked number does.
func (p *Pack) regionReasons(l *line, m *match) (r []string) {
	if m.why.region == 0 {
		return nil
	}
	code, title := fmt.Sprintf("%06d", m.why.region), p.regions.title(m.why.region)
	if m.why.flags&regionKnown != 0 {
		r = append(r, Why("region", code, title))
	}
	if m.why.flags&regionUnknown != 0 {
		r = append(r, Why("region-unknown", code, title))
	}
	if m.kind == residentID {
		r = append(r, Why("birth", yearOfBirth(l.text[m.start:m.end])))
	}
	return r
}

// yearOfBirth answers the year in a resident ID of 18 or 15 digits.
func yearOfBirth(id []byte) string {
	var digits []byte
	for _, c := range id {
		if isDigit(c) {
			digits = append(digits, c)
		}
	}
	switch {
	case len(digits) >= 17:
		return string(digits[6:10])
	case len(digits) == 15:
		return "19" + string(digits[6:8])
	}
	return "?"
}

// formReasons says what the form of a kind proves.
func formReasons(m *match) []string {
	switch {
	case m.kind == landline && m.why.flags&localNumber != 0:
		return nil
	case m.kind == permanentResidence && m.why.flags&oldForm != 0:
		return []string{Why("foreigner"), Why("old-permit")}
	}
	if code := forms[m.kind]; code != "" {
		return []string{Why(code)}
	}
	return nil
}

// labelReasons says which label or heading asks for the class, or for another.
func labelReasons(l *line, m *match) (r []string) {
	has := func(f flags) bool { return m.why.flags&f != 0 }
	b := m.why.label
	if has(labelled) && b.end <= len(l.text) {
		if b.end > b.start {
			r = append(r, Why("label", m.why.distance, string(l.text[b.start:b.end])))
		} else {
			r = append(r, Why("label-above"))
		}
	}
	if has(underHeading) {
		r = append(r, Why("heading", m.why.heading))
	}
	if has(inColumn) {
		r = append(r, Why("column"))
	}
	if has(besideOthers) {
		r = append(r, Why("beside"))
	}
	switch {
	case !has(negative):
	case m.why.heading != "":
		r = append(r, Why("but-heading", m.why.heading))
	case b.end > b.start && b.end <= len(l.text):
		r = append(r, Why("but-label", string(l.text[b.start:b.end])))
	}
	return r
}
