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
	if !s.tally.add(m) {
		return
	}
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
	s.tally.keep(m.kind, f)
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

// reasons says in words what speaks for and against a match.
func (p *Pack) reasons(l *line, m *match) []string {
	var r []string
	has := func(f flags) bool { return m.why.flags&f != 0 }
	add := func(when flags, text string) {
		if has(when) {
			r = append(r, text)
		}
	}
	if m.why.digits > 0 {
		r = append(r, fmt.Sprintf("%d digits", m.why.digits))
	}
	add(checksumRight, "checksum right")
	if m.kind == residentID {
		add(oldForm, "15-digit form without checksum")
	}
	if m.why.region != 0 {
		add(regionKnown, fmt.Sprintf("region %s (%06d)", p.regions.title(m.why.region), m.why.region))
		add(regionUnknown, fmt.Sprintf("region of %s not in the table (%06d)", p.regions.title(m.why.region), m.why.region))
		if m.kind == residentID {
			r = append(r, "date of birth real")
		}
	}
	switch m.kind {
	case creditCode:
		r = append(r, "organisation code in it right")
	case iban:
		r = append(r, "length of its country, check digits right")
	case hkID:
		r = append(r, "form of a Hong Kong identity card")
	case cnPassport:
		r = append(r, "form of a Chinese passport")
	case hkMacauPass:
		r = append(r, "form of a travel permit to or from Hong Kong and Macau")
	case taiwanPass:
		r = append(r, "form of a travel permit to or from Taiwan")
	case passportMRZ:
		r = append(r, "machine-readable zone, all check digits right")
	case permanentResidence:
		r = append(r, "foreigner's permanent residence, date of birth real")
		add(oldForm, "form of before 2023 without checksum")
	case residencePermit:
		r = append(r, "region of Hong Kong, Macau or Taiwan, date of birth real")
	case mobile:
		r = append(r, "11 digits, prefix assigned to mobile numbers")
	case landline:
		if !has(localNumber) {
			r = append(r, "area code and number of the right length")
		}
	case email:
		r = append(r, "address of the right form, top-level domain known")
	}
	add(withCountry, "country code 86")
	add(withSeparators, "written in groups")
	add(localNumber, "number without area code")
	add(familyName, "begins with a family name")
	add(latinLetters, "words that begin with capitals")
	add(addressLevels, "parts of an address in order")
	if b := m.why.label; has(labelled) && b.end <= len(l.text) {
		if b.end > b.start {
			r = append(r, fmt.Sprintf("label %s %d characters before", l.text[b.start:b.end], m.why.distance))
		} else {
			r = append(r, "label on the line before")
		}
	}
	add(underHeading, "column heading "+m.why.heading)
	add(inColumn, "in a column of names")
	add(besideOthers, "beside other data of a person")
	if has(negative) {
		if m.why.heading != "" {
			r = append(r, "but column heading "+m.why.heading)
		} else if b := m.why.label; b.end > b.start && b.end <= len(l.text) {
			r = append(r, fmt.Sprintf("but label %s before", l.text[b.start:b.end]))
		}
	}
	add(manyNumbers, "but among other numbers")
	add(unknownKey, "but the value of a key that says nothing of people")
	add(loneInRow, "but alone in a row of other things")
	add(inURL, "but inside a web address")
	add(unitBehind, "but a unit behind it")
	add(placeholder, "but a domain for examples")
	add(roleAccount, "but an account that is no person's")
	add(makerLabel, "but of an author or sender")
	return r
}
