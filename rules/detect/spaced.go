package detect

import "unicode/utf8"

// Behind a label or under a heading a number counts however its digits are
// parted: 1.3.9.1.2.3.4.5.6.7.8, 139_1234_5678, 13,912,345,678. Programs write
// it with a fraction besides: 13912345678.0.

const (
	mostSpaced   = 64
	spacedDigits = 19
)

// spaced answers the number of a class called for that text begins with, its
// digits parted by one sign each at most.
func (p *Pack) spaced(text []byte, called roles) (match, bool) {
	var digits [spacedDigits]byte
	n, end := 0, beforeFraction(text)
	if end > 0 && end <= spacedDigits {
		n = copy(digits[:], text[:end])
	} else if n, end = unspaced(text, &digits); end == n {
		return match{}, false // nothing parts them: looked at already
	}
	m := match{end: end}
	m.why.flags |= withSeparators
	d := digits[:n]
	ok := n == 11 && called.has(mobile) && p.mobileNumber(&m, d) ||
		n == 13 && called.has(mobile) && d[0] == '8' && d[1] == '6' && p.mobileNumber(&m, d[2:]) ||
		n == 18 && called.has(residentID) && p.residentNumber(&m, d) ||
		n >= 15 && called.has(bankCard) && allDigits(d) && p.cardNumber(&m, d)
	return m, ok
}

// beforeFraction answers how many digits stand before .0 at the start of text.
func beforeFraction(text []byte) int {
	k := 0
	for k < len(text) && isDigit(text[k]) {
		k++
	}
	if k+1 >= len(text) || text[k] != '.' {
		return 0
	}
	i := k + 1
	for i < len(text) && text[i] == '0' {
		i++
	}
	if i == k+1 || !endsAt(text, i) {
		return 0
	}
	return k
}

// unspaced collects digits parted by one sign each at most, and answers how many
// they are and where they end; nothing where they are too many.
func unspaced(text []byte, digits *[spacedDigits]byte) (n, end int) {
	for i := 0; i < min(len(text), mostSpaced); {
		c := text[i]
		if isDigit(c) || n == 17 && c|0x20 == 'x' {
			if n == spacedDigits {
				return 0, 0
			}
			digits[n] = c &^ (c >> 1 & 0x20)
			n++
			i++
			end = i
			continue
		}
		size := signAt(text[i:])
		if size == 0 || i > end {
			break
		}
		i += size
	}
	if !endsAt(text, end) {
		return 0, 0
	}
	return n, end
}

// spacedRoles are the classes whose digits are put together.
const spacedRoles = roles(1<<mobile | 1<<residentID | 1<<bankCard)

// spacedCell takes a cell that is such a number and nothing else.
func (s *Scanner) spacedCell(value []byte, r roles) {
	if r&spacedRoles == 0 || r&against != 0 || !isDigit(value[0]) {
		return
	}
	if m, ok := s.pack.spaced(value, r); ok && (m.end == len(value) || beforeFraction(value) == m.end) {
		s.found = append(s.found, m)
	}
}

// spacedBehind takes such numbers right behind their labels.
func (s *Scanner) spacedBehind(l *line) {
	for _, b := range s.labels {
		if b.roles&spacedRoles == 0 || !b.colon || b.value >= len(l.text) || !isDigit(l.text[b.value]) {
			continue
		}
		m, ok := s.pack.spaced(l.text[b.value:], b.roles)
		if m.start, m.end = b.value, m.end+b.value; !ok || s.taken(m.start, m.end) {
			continue
		}
		m.calledFor(b)
		s.found = append(s.found, m)
	}
}

// signAt answers the length of the sign that text begins with and that may part
// digits; 0 for a letter, the end, and the tab between two cells.
func signAt(text []byte) int {
	r, size := utf8.DecodeRune(text)
	if r == utf8.RuneError || r < ' ' || isHan(text) || r < utf8.RuneSelf && isLetter(byte(r)) {
		return 0
	}
	return size
}
