package detect

import (
	"bytes"
	"slices"
)

// person collects what several lines say of one person, as forms and vCards
// do: one value a line, each with its label.
type person struct {
	present roles
	values  [kinds]uint64
	first   int   // number of the first line that said something
	last    int   // number of the last line that said something
	row     bool  // it is a row of a table
	told    bool  // of its lines was told already
	place   bool  // some of it is an organisation's, unless more is said
	offset  int64 // of the first line, in the fragment
	at      int64 // the same over all fragments
	stacked bool  // it begins with a value that stands alone in its line, without a label
	lead    roles // that value
	alone   roles // all that stand so
	name    *held // that counts if the record does
}

// people counts the people of a line whose matches are settled. A line with
// two classes or more is a record; a line that says one thing with a label may
// be part of a record that goes over several lines.
func (s *Scanner) people(l *line) {
	var present roles
	var count [kinds]int
	allLabelled := true
	for i := range s.found {
		m := &s.found[i]
		if m.score < reportFrom {
			continue
		}
		if !ofPeople.has(m.kind) {
			continue
		}
		present |= role(m.kind)
		if m.kind == passportMRZ {
			present |= role(personName) // that stands in it
		}
		count[m.kind]++
		allLabelled = allLabelled && (m.why.flags&labelled != 0 || l.piled && m.why.flags&underHeading != 0)
	}
	if present == 0 {
		return
	}
	if present == phoneKinds && s.barePhones() {
		present, count[landline] = role(mobile), 0
	}
	place := s.ofPlace(l, present)
	persons := secondLargest(&count)
	if l.record && persons > 1 {
		persons = 1 // a row is one person however many numbers they have
	}
	if persons > 1 {
		s.flushPerson()
		if s.heard != nil {
			s.heard(Said{First: l.number, Last: l.number, Closed: true})
		}
		if place {
			return
		}
		s.severalPeople(&count, persons)
		return
	}
	alone := !allLabelled && s.standsAlone(l, present)
	row := l.record && !l.piled
	if row || !allLabelled && present.several() || s.person.stacked && !alone && !s.person.named() {
		s.flushPerson()
	}
	s.absorb(l, present)
	if alone {
		s.person.stackUp(present)
	}
	s.person.place = s.person.place || place
	if s.heard != nil && !l.record && !place && present&(present-1) == 0 && s.person.present == present && slices.Max(count[:]) > 1 {
		s.saidMany(l, present)
		s.person.told = true
	}
	if row || !allLabelled && !alone {
		s.flushPerson()
	}
}

func secondLargest(count *[kinds]int) int {
	first, second := 0, 0
	for _, n := range count {
		if n > first {
			first, second = n, first
		} else {
			second = max(second, n)
		}
	}
	return second
}

// recordReach is how many lines may stand between two values of one record.
const recordReach = 4

// absorb takes the values of a line into the person at hand, or begins another.
func (s *Scanner) absorb(l *line, present roles) {
	p := &s.person
	if p.present&present != 0 || l.number-p.last > max(recordReach, s.table.pile.width) || p.stacked && l.offset-p.offset > longestRow {
		s.flushPerson()
	}
	if p.present == 0 {
		p.first, p.row = l.number, l.record && !l.piled
		p.offset = l.offset
	}
	p.present |= present
	p.last = l.number + l.more
	for i := range s.found {
		if m := &s.found[i]; m.score >= reportFrom && ofPeople.has(m.kind) && m.why.flags&roleAccount == 0 && !ofClerk(l, m) {
			if p.values[m.kind] == 0 {
				p.values[m.kind] = m.hash
			}
		}
	}
}

// flushPerson counts the person at hand if two classes speak of them.
func (s *Scanner) flushPerson() {
	p := &s.person
	if p.present == 0 {
		return
	}
	p.place = p.place && p.present&^ofPlaces == 0
	counted := p.present.several() && !p.place
	if p.stacked && !(p.present &^ p.alone).several() {
		s.inStack(p, counted)
	} else {
		s.countPerson(p, counted)
	}
	*p = person{}
}

// countPerson counts a person, if there is one, and says so.
func (s *Scanner) countPerson(p *person, counted bool) {
	if counted {
		if p.name != nil {
			s.releaseOne(p.name, p.name.finding.Offset+s.before)
		}
		p.at = s.before + p.offset
		s.tally.person(p)
	}
	s.said(p, counted)
}

// key answers what tells this person from others: the best identifying value,
// or name and address together. Somebody may have many cards and lines.
func (p *person) key() uint64 {
	for i, k := range identifying {
		if k == personName || i == identified && p.values[personName] != 0 {
			break
		}
		if p.values[k] != 0 {
			return p.values[k]
		}
	}
	return p.values[personName]*31 ^ p.values[address] | 1
}

// severalPeople counts the people of a line that holds many: a statement with
// many rows, a list in one line. The class that tells them apart best and
// occurs often enough gives the keys.
func (s *Scanner) severalPeople(count *[kinds]int, persons int) {
	for _, k := range identifying {
		if count[k] < persons {
			continue
		}
		for i := range s.found {
			if m := &s.found[i]; m.kind == k && m.score >= reportFrom && persons > 0 {
				s.tally.personKey(m.hash)
				persons--
			}
		}
		return
	}
}

// closesRecord tells whether a line ends what is said of one person.
func closesRecord(text []byte) bool {
	text = bytes.Trim(text, " \t\r,")
	if len(text) == 0 {
		return false
	}
	switch text[0] {
	case '}', '{', '-', '=', '*', '#':
		return len(text) <= 2 || text[0] == text[1]
	}
	return bytes.HasPrefix(text, []byte("END:VCARD"))
}
