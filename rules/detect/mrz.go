package detect

import "bytes"

// The machine-readable zone of travel documents: ICAO Doc 9303 (8th edition),
// part 4 for passports (TD3, two lines of 44), parts 5 and 6 for cards (TD1,
// three lines of 30; TD2, two lines of 36), part 7 for visas (as passports and
// as TD2, without a check over all).
const (
	passportLine = 44
	cardLine     = 30
	oldCardLine  = 36
)

// zone is the line of a machine-readable zone that came before.
type zone struct {
	text   [passportLine]byte
	n      int
	number int   // of the line
	offset int64 // where it begins in the fragment
	proven bool  // the lines before it proved themselves; names follow
}

// zoneLine answers a line that may be of a zone, without the spaces around it.
func zoneLine(text []byte) []byte {
	if len(text) < cardLine || len(text) > passportLine+16 {
		return nil
	}
	text = bytes.Trim(text, " \t")
	switch len(text) {
	case passportLine, oldCardLine, cardLine:
	default:
		return nil
	}
	for _, c := range text {
		if !codeByte(c) && c != '<' {
			return nil
		}
	}
	return text
}

// travelDocument finds the zone that ends in a line of running text. The lines
// before it belong to what is reported.
func (s *Scanner) travelDocument(l *line) {
	text := zoneLine(l.text)
	if text == nil {
		return
	}
	before := s.zone
	start := bytes.Index(l.text, text)
	s.zone = zone{n: len(text), number: l.number, offset: l.raw(start)}
	copy(s.zone.text[:], text)
	s.warm = max(s.warm, 2) // the line behind holds the proof, or the name
	follows := before.n == len(text) && l.number-before.number <= 2
	switch {
	case follows && before.proven && len(text) == cardLine:
		s.zoneName(l, start, text)
	case len(text) == cardLine && !(follows && cardHolds(before.text[:cardLine], text)), len(text) != cardLine && !passportHolds(text) && !(follows && before.text[0] == 'V' && visaHolds(text)):
		return
	default:
		m := s.pack.newZone(l.text, start, text, before.text[:])
		if follows && capital(before.text[0]) && !before.proven {
			m.why.back = l.raw(start) - before.offset
		}
		s.zone.proven = true
		s.found = supersede(s.found, 0, m)
	}
}

// newZone makes the match of a zone whose last line but that of names is text.
func (p *Pack) newZone(line []byte, start int, text, before []byte) match {
	m := match{kind: passportMRZ, score: 95, start: start, end: start + len(text)}
	number, state := text[:9], text[10:13]
	if len(text) == cardLine {
		number, state = before[5:14], text[15:18]
	}
	m.why.flags |= checksumRight
	m.hash = p.hash.sum(passportMRZ, append(append(make([]byte, 0, 12), number...), state...))
	return m
}

// zoneName takes the third line of a card, which holds the name.
func (s *Scanner) zoneName(l *line, start int, text []byte) {
	end := len(bytes.TrimRight(text, "<"))
	if end < 4 || isDigit(text[0]) || bytes.ContainsAny(text, "0123456789") || !bytes.Contains(text[:end], []byte("<<")) {
		return
	}
	s.found = append(s.found[:0], s.pack.newName(l.text, start, start+end, 85))
}

// passportHolds tests the second line of a passport or of an old card: the
// number, nationality, date of birth, sex, date of expiry, and over all of them
// the last check digit.
func passportHolds(t []byte) bool {
	n := len(t)
	if !visaHolds(t) {
		return false
	}
	if n == passportLine && !zoneCheck(t[42], t[28:42]) && !(t[42] == '<' && len(bytes.Trim(t[28:42], "<")) == 0) {
		return false
	}
	return zoneCheck(t[n-1], t[:10], t[13:20], t[21:n-1])
}

// visaHolds tests the second line of a visa.
func visaHolds(t []byte) bool {
	return zoneCheck(t[9], t[:9]) && zoneState(t[10:13]) && zoneDates(t[13:20], t[20], t[21:28])
}

// cardHolds tests the first two lines of a card.
func cardHolds(a, b []byte) bool {
	return capital(a[0]) && zoneState(a[2:5]) && zoneState(b[15:18]) && zoneCheck(a[14], a[5:14]) && zoneDates(b[:7], b[7], b[8:15]) &&
		zoneCheck(b[29], a[5:30], b[:7], b[8:15], b[18:29])
}

// zoneDates tests the dates of birth and of expiry, each with its check digit,
// and the sex between them.
func zoneDates(birth []byte, sex byte, expiry []byte) bool {
	if sex != 'M' && sex != 'F' && sex != '<' && sex != 'X' {
		return false
	}
	for _, d := range [][]byte{birth, expiry} {
		if !zoneCheck(d[6], d[:6]) || !isDigit(d[0]) || !isDigit(d[1]) {
			return false
		}
		if string(d[2:6]) == "<<<<" { // day and month are not known
			continue
		}
		if !allDigits(d[2:6]) || !realDate(2000, digit(d[2])*10+digit(d[3]), max(1, digit(d[4])*10+digit(d[5]))) {
			return false
		}
	}
	return true
}

// zoneState tells whether three characters may be a state: letters, then fillers.
func zoneState(p []byte) bool {
	rest := bytes.TrimRight(p, "<")
	for _, c := range rest {
		if !capital(c) {
			return false
		}
	}
	return len(rest) > 0
}

// zoneCheck tests a check digit of ICAO Doc 9303 part 3, 4.9: weights 7, 3, 1,
// letters from 10 on, fillers 0, over 10.
func zoneCheck(check byte, parts ...[]byte) bool {
	weights := [3]int{7, 3, 1}
	sum, i := 0, 0
	for _, part := range parts {
		for _, c := range part {
			v := 0
			if isDigit(c) {
				v = digit(c)
			} else if c != '<' {
				v = int(c-'A') + 10
			}
			sum += v * weights[i%3]
			i++
		}
	}
	return isDigit(check) && digit(check) == sum%10
}

// zoneAnchor answers the run of fillers that i stands in, and whether it is as
// long as lines of a zone have one.
func zoneAnchor(text []byte, i, least int) (start, end int, ok bool) {
	for start = i; start > least && text[start-1] == '<'; {
		start--
	}
	for end = i; end < len(text) && end < start+passportLine && text[end] == '<'; {
		end++
	}
	return start, end, end-start >= leastDigits && end-start <= passportLine-5
}
