package detect

import "bytes"

// cell looks at one cell with what is known of its column.
func (s *Scanner) cell(text []byte, c cell) {
	col := s.table.column(c.column)
	if col == nil {
		col = &column{}
	}
	s.cellUnder(text, c, col)
}

// cellUnder looks at one cell of a column.
func (s *Scanner) cellUnder(text []byte, c cell, col *column) {
	value := text[c.start:c.end]
	had := len(s.found)
	col.rows++
	if value[0] >= 0x80 || col.roles.has(personName) || col.roles.has(address) {
		s.words(text, c, col)
	}
	if len(s.found) == had && len(value) >= 6 {
		s.values(value, col)
	}
	for i := had; i < len(s.found); i++ {
		m := &s.found[i]
		if m.kind != personName && m.kind != address {
			m.start += c.start
			m.end += c.start
		}
		col.kind, col.typed = m.kind, true
	}
}

// values finds numbers and e-mail addresses in a cell.
func (s *Scanner) values(value []byte, col *column) {
	had := len(s.found)
	if col.roles&told != 0 && s.toldCell(value, col) {
		return
	}
	s.found = s.numbers(value, s.found)
	s.found = s.pack.emails(value, s.found)
	s.found = s.pack.codes(value, s.found, had)
	if t := zoneLine(value); t != nil && len(t) != cardLine && passportHolds(t) {
		s.found = supersede(s.found, had, s.pack.newZone(value, bytes.Index(value, t), t, nil))
	}
	if len(s.found) == had && col.roles.has(landline) {
		s.found = s.pack.local(value, s.found)
	}
	if len(s.found) == had {
		s.spacedCell(value, col.roles)
	}
	if len(value) > 24 && len(s.found) > had {
		s.labels = s.pack.labels.find(value, s.labels[:0])
	} else {
		s.labels = s.labels[:0]
	}
	for i := had; i < len(s.found); i++ {
		m := &s.found[i]
		heading := label{roles: col.roles}
		switch {
		case col.roles.has(m.kind):
			m.calledFor(heading)
			m.why.flags ^= labelled | underHeading
			m.why.heading = col.heading
		case col.roles&against != 0:
			m.calledOtherwise(heading)
			m.why.heading = col.heading
		default:
			weigh(m, value, s.labels)
		}
	}
}

// local takes a landline without its trunk code, under a heading that says so.
func (p *Pack) local(value []byte, found []match) []match {
	var digits [8]byte
	n := 0
	for _, c := range value {
		switch {
		case isDigit(c) && n < len(digits):
			digits[n] = c
			n++
		case c != '-' && c != ' ':
			return found
		}
	}
	if n < 7 || digits[0] < '2' || len(value) > 9 || sameDigits(digits[:n]) {
		return found
	}
	return append(found, match{kind: landline, score: 55, end: len(value), hash: p.hash.number(landline, number(digits[:n])), why: evidence{flags: localNumber}})
}

// words finds a name or an address in a cell.
func (s *Scanner) words(text []byte, c cell, col *column) {
	value := text[c.start:c.end]
	p := s.pack
	if col.part == 0 && (col.roles.has(personName) || !s.table.headed && !col.place && len(value) <= 12) && s.nameCell(text, c, col) {
		return
	}
	if len(value) < 8 || col.roles != 0 && !col.roles.has(address) {
		return
	}
	n, score := p.chinese(value, col.roles.has(address))
	if score == 0 && col.roles.has(address) {
		n, score = len(value), p.western(value)
	}
	if score > 0 {
		if s.current.more > 0 && col.roles.has(address) {
			n = len(value) // a line end may part a word
		}
		m := p.newAddress(text, c.start, c.start+n, score)
		if col.roles.has(address) {
			m.why.flags |= underHeading
			m.why.heading = col.heading
			m.raise(85)
		}
		s.found = append(s.found, m)
	}
}

// nameCell finds a name in a cell that may hold one.
func (s *Scanner) nameCell(text []byte, c cell, col *column) bool {
	value, p, called := text[c.start:c.end], s.pack, col.roles.has(personName)
	n, score := 0, int8(0)
	var joined [12]byte
	size := 0
	switch run := hanRun(value); {
	case run > 0:
		if length, k := p.names.padded(value, &joined); called && k > 0 && length == len(value) {
			n, size, score = length, k, 85
			break
		}
		if n, score = p.names.whole(value); score == 0 && run == len(value) && p.names.possible(value) && !s.table.unsure {
			n, score = run, 65
		}
	case called:
		if n = latin(value); n == len(value) || n > 0 && len(value)-n < 12 {
			score = 90
		} else if n = latinWord(value); n > 0 && n == len(value) && isPart(col.heading) {
			score = 70
		}
	}
	if score == 0 {
		return false
	}
	m := p.newName(text, c.start, c.start+n, score)
	if size > 0 {
		m.hash = p.hash.sum(personName, joined[:size])
	}
	if called {
		m.why.flags |= underHeading
		m.why.heading = col.heading
	} else {
		m.score = 30 // until the row and the column speak for it
	}
	s.found = append(s.found, m)
	return true
}

func isPart(heading string) bool {
	for _, w := range []string{"irst", "ast", "iven", "amily", "ur"} {
		if bytes.Contains([]byte(heading), []byte(w)) {
			return true
		}
	}
	return false
}

// whole judges a cell that is to be a name and nothing else.
func (n *names) whole(value []byte) (length int, score int8) {
	if k := dotted(value); k == len(value) {
		return k, 85
	}
	run := hanRun(value)
	length = run
	for _, h := range honorifics {
		if bytes.HasSuffix(value[:run], h) && run-len(h) >= 6 {
			length = run - len(h)
		}
	}
	if rest := value[run:]; len(rest) > 0 && rest[0] != '(' && rest[0] != ' ' && rest[0] != '/' {
		return 0, 0
	}
	switch n.plausible(value[:length]) {
	case 2:
		return length, 95
	case 1:
		return length, 85
	}
	return 0, 0
}

// rowNames decides over cells without heading that may be names: a value of
// another class beside them, and a column that mostly holds names.
func (s *Scanner) rowNames(l *line) {
	if s.table.headed || !s.strong() {
		return
	}
	for i := range s.found {
		m := &s.found[i]
		if m.kind != personName || m.score != 30 {
			continue
		}
		level := s.pack.names.plausible(l.text[m.start:m.end])
		common := level == 2 || m.end-m.start > 12
		for _, c := range l.cells {
			if c.start > m.start || m.start >= c.end {
				continue
			}
			col := s.table.column(c.column)
			if col == nil {
				break
			}
			if common {
				col.names++
			}
			steady := col.rows >= 3 && 5*col.names >= 4*col.rows
			if common || steady || level > 0 && s.proven() {
				m.score = 65
				m.why.flags |= besideOthers
			}
			if steady {
				m.score = 80
				m.why.flags |= inColumn
			}
		}
	}
}
