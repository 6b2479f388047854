package detect

import "bytes"

// Records are also written as stacks: a name in its line, a number in the next,
// an address in the third, without labels, and so for everybody. A word alone
// in its line may be a name by accident, and a number below it be somebody
// else's; three records one below another, each beginning with the same kind,
// are no accident. The first two wait for the third.

// stack is the records that stand one below another.
type stack struct {
	records int // of them
	last    int // line in which the last ended
	lead    roles
	waiting []person
	makers  bool // a heading of the text says who made something
}

const (
	leastStacked = 3
	stackReach   = 2 * recordReach // lines between two records
	longestName  = 48
)

func (t *stack) clear() {
	t.records, t.last, t.lead = 0, 0, 0
	clear(t.waiting)
	t.waiting = t.waiting[:0]
}

// standsAlone tells whether a line holds one value and nothing else.
func (s *Scanner) standsAlone(l *line, present roles) bool {
	if present.several() || l.cut || l.record && !l.piled {
		return false
	}
	start, end := item(l.text)
	for i := range s.found {
		if m := &s.found[i]; m.score >= reportFrom && present.has(m.kind) {
			return m.start <= start+1 && m.end >= end
		}
	}
	return false
}

// item takes off what lists put before an item, and spaces around it.
func item(text []byte) (start, end int) {
	start, end = trim(text, 0, len(text))
	for start < end && (text[start] == '>' || text[start] == '#' || text[start] == ' ') { // quoted in a mail, a heading
		start++
	}
	at := start
	for at < end && at < start+3 && isDigit(text[at]) {
		at++
	}
	switch {
	case at == start && end-start > 1 && (text[at] == '-' || text[at] == '*') && text[at+1] == ' ':
		start = at + 2
	case at > start && at+1 < end && (text[at] == '.' || text[at] == ')') && !isDigit(text[at+1]):
		start = at + 1
	case at > start && bytes.HasPrefix(text[at:end], []byte("、")):
		start = at + len("、")
	}
	return unquoted(text, start, end)
}

// unquoted takes off the quotes around a value and the comma behind it, with
// which JSON and programs put one in each line.
func unquoted(text []byte, start, end int) (int, int) {
	start, end = trim(text, start, end)
	if end > start && text[end-1] == ',' {
		end--
	}
	if q := text[start:end]; len(q) > 2 && q[0] == q[len(q)-1] && (q[0] == '"' || q[0] == '\'') {
		return start + 1, end - 1
	}
	return trim(text, start, end)
}

// stackUp notes that what a line says stands alone in it.
func (p *person) stackUp(present roles) {
	if p.present == present {
		p.stacked, p.lead = true, present
	}
	p.alone |= present
}

// named tells whether nothing but a name stands alone of what a person's lines
// say: what has labels may follow.
func (p *person) named() bool { return p.name != nil && p.alone == role(personName) }

// loneName holds the name a line may be.
func (s *Scanner) loneName(l *line) {
	if l.cut || l.sheet || l.traits.digits > 2 || len(l.text) < 4 || len(l.text) > longestName {
		return
	}
	start, end := item(l.text)
	value := l.text[start:end]
	n := 0
	if r, ok := s.pack.labels.heading(value); ok {
		s.stack.makers = s.stack.makers || r&maker != 0
		return
	}
	if end-start >= 4 && !otherTitle(value) {
		n = s.pack.loneName(value)
	}
	if n == 0 {
		return
	}
	if value[0] < 0x80 && (s.stack.makers || s.person.named() && l.number == s.person.last+1) {
		return // who made something; what somebody is, below their name
	}
	m := s.pack.newName(l.text, start, start+n, 65)
	m.why.flags |= inColumn
	s.absorb(l, role(personName))
	p := &s.person
	p.values[personName] = m.hash
	p.stackUp(role(personName))
	p.name = &held{match: m, finding: s.finding(l, &m)}
}

// loneName answers the length of the name that text may be, with a form of
// address behind it or nothing.
func (p *Pack) loneName(text []byte) int {
	if text[0] >= 0x80 && hanRun(text) > 0 {
		n, score := p.names.whole(text)
		if score > 0 && (n == len(text) || hanRun(text) == len(text)) {
			return n
		}
		return 0
	}
	if latin(text) != len(text) {
		return 0
	}
	return len(text)
}

// inStack takes a record that began with a value alone in its line: it counts
// if enough stand one below another.
func (s *Scanner) inStack(p *person, counted bool) {
	if !counted {
		if p.name == nil {
			s.said(p, false)
		}
		return
	}
	t := &s.stack
	if p.first-t.last > stackReach || t.records < leastStacked && t.lead != p.lead {
		s.giveUp()
	}
	t.records, t.last, t.lead = t.records+1, p.last, p.lead
	if t.waiting = append(t.waiting, *p); t.records < leastStacked {
		return
	}
	for i := range t.waiting {
		s.countPerson(&t.waiting[i], true)
	}
	clear(t.waiting)
	t.waiting = t.waiting[:0]
}

// giveUp ends a stack. What still waits for a third record is none: it says what
// its lines say without a name.
func (s *Scanner) giveUp() {
	for i := range s.stack.waiting {
		p := &s.stack.waiting[i]
		if rest := p.present &^ role(personName); rest != 0 {
			p.present = rest & -rest
		}
		s.said(p, false)
	}
	s.stack.clear()
}

// stacking answers where the first name stands that may count yet.
func (s *Scanner) stacking() (since int64, ok bool) {
	p := &s.person
	if len(s.stack.waiting) > 0 {
		p = &s.stack.waiting[0]
	}
	if p.present == 0 || s.base+int64(s.pos)-p.offset > longestRow {
		return 0, false
	}
	return s.before + p.offset, true
}
