package detect

import "bytes"

// Numbers may be broken over two lines: by a mailer, by fixed width, by
// somebody who knows that lines are looked at. Where the digits at the end of a
// line and those at the beginning of the next prove to be one number, the next
// line is looked at as if all of it stood there.

// wrap is the digits at the end of the line looked at last.
type wrap struct {
	digits [maxWrapped]byte
	n      int   // of them, 0 for none
	offset int64 // of the first, in the fragment
	end    int64 // of the line, in the fragment, its line end included
	line   int   // 1-based
	bare   bool  // nothing else stands in the line
	roles  roles // of the label right before them
}

const (
	maxWrapped  = 19 // digits of a number of any class
	leastBroken = 3  // digits before the line end
	moreWrapped = 16 // lines looked at behind a broken number: it is rarely alone
	mostQuoted  = 8  // characters before the rest of the number, in a quoted mail
)

// unwrap gives the line the digits before the line end, if they make a number
// together with those it begins with.
func (s *Scanner) unwrap(l *line) {
	w := s.wrap
	s.wrap.n = 0
	if w.n == 0 || w.line+1 != l.number || l.cut {
		return
	}
	at := 0
	for at < min(len(l.text), mostQuoted) && bytes.IndexByte([]byte("> \t|"), l.text[at]) >= 0 {
		at++
	}
	end := at
	for end < len(l.text) && isDigit(l.text[end]) {
		end++
	}
	if end == at || end-at+w.n > maxWrapped || !s.provesWrapped(&w, l.text, at, end) {
		return
	}
	text, came := s.unwrapped[:0], s.cameFrom[:0]
	add := func(from, to int) {
		for i := from; i < to; i++ {
			text, came = append(text, l.text[i]), append(came, int32(l.raw(i)-l.offset))
		}
	}
	add(0, at)
	for i, d := range w.digits[:w.n] {
		text, came = append(text, d), append(came, int32(w.offset-l.offset)+int32(i))
	}
	add(at, len(l.text))
	came = append(came, int32(l.raw(len(l.text))-l.offset))
	s.unwrapped, s.cameFrom = text, came
	l.text, l.at = text, came
	s.warm = max(s.warm, moreWrapped)
}

// provesWrapped tells whether the digits of w and those at at to end of the
// line after are one number. A number without sum, and one of a column of
// numbers, needs a label.
func (s *Scanner) provesWrapped(w *wrap, text []byte, at, end int) bool {
	var digits [maxWrapped + 1]byte
	n := copy(digits[:], w.digits[:w.n])
	n += copy(digits[n:], text[at:end])
	if n == 17 && end < len(text) && text[end]|0x20 == 'x' {
		digits[17] = 'X'
		n++
		end++
	}
	if !endsAt(text, end) {
		return false
	}
	var m match
	card := n >= 15 && allDigits(digits[:n])
	switch {
	case n == 18 && s.pack.residentNumber(&m, digits[:n]):
		return true
	case card && w.roles.has(bankCard):
		return s.pack.cardNumber(&m, digits[:n])
	case s.wholeNumber(text[at:end]):
		return false
	case n == 11:
		return w.roles.has(mobile) && s.pack.mobileNumber(&m, digits[:n])
	}
	alone := w.bare && end == len(text)
	return card && !alone && s.pack.cardNumber(&m, digits[:n]) && m.score >= 55
}

// wholeNumber tells whether digits are a number by themselves.
func (s *Scanner) wholeNumber(digits []byte) bool {
	s.cluster.read(digits, 0)
	s.found = s.pack.cluster(&s.cluster, s.found[:0])
	return len(s.found) > 0
}

// wraps remembers the digits at the end of a line that was looked at.
func (s *Scanner) wraps(l *line) {
	s.wrap.n = 0
	if l.cut || l.record {
		return
	}
	text := bytes.TrimRight(l.text, " \t\r")
	if n := len(text); n > 0 && (text[n-1] == '=' || text[n-1] == '-') { // soft line ends
		text = text[:n-1]
	}
	start := len(text)
	for start > 0 && isDigit(text[start-1]) {
		start--
	}
	n := len(text) - start
	if n < leastBroken || n >= maxWrapped || !startsAt(text, start) || s.taken(start, len(text)) {
		return
	}
	s.wrap = wrap{n: n, offset: l.raw(start), end: l.raw(len(l.text)) + 2, line: l.number, bare: len(bytes.TrimLeft(text[:start], "> \t|")) == 0}
	copy(s.wrap.digits[:], text[start:])
	for _, b := range s.labels {
		if b.value == start {
			s.wrap.roles = b.roles
		}
	}
}
