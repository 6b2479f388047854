package detect

// Said is what lines or a row say of people, for whoever looks for more in the
// same text: a name beside a number that only a policy asks for is a record too.
type Said struct {
	First, Last int      // lines, or the row
	Values      []uint64 // hashes of the values, of one kind, that make no record by themselves
	Name        bool     // they are names
	Row         bool     // of a table: what belongs to it stands in the same line
	Closed      bool     // a record that is counted, or an organisation's: nothing is added to it
}

// Heard has f told of every line or record that says something of people. The
// slice is its own only during the call.
func (s *Scanner) Heard(f func(Said)) { s.heard = f }

// Hash answers the keyed hash of a value of a class that is not this package's,
// written in whatever capitals and with whatever separators.
func (s *Scanner) Hash(class Class, value []byte) uint64 {
	text := append(append(make([]byte, 0, 64), class...), 0)
	for _, c := range value {
		if isDigit(c) || isLetter(c) || c >= 0x80 {
			text = lower(text, []byte{c})
		}
	}
	return s.pack.hash.sum(foreign, text)
}

// foreign marks hashes of classes that are not this package's.
const foreign kind = 0xFF

// Record counts a person who was found with more than this scanner sees, by a
// hash of what tells them from others.
func (s *Scanner) Record(key uint64) { s.tally.personKey(key) }

// Looked answers how many lines of the fragment were looked at to their end.
func (s *Scanner) Looked() int {
	s.count(s.done)
	return s.lines
}

// said tells what a person's lines say.
func (s *Scanner) said(p *person, counted bool) {
	if s.heard == nil || p.told {
		return
	}
	told := Said{First: p.first, Last: p.last, Name: p.present == role(personName), Row: p.row, Closed: counted || p.place || p.present&(p.present-1) != 0}
	var one [1]uint64
	if !told.Closed {
		for k := range kinds {
			if p.present.has(k) {
				one[0] = p.values[k]
			}
		}
		told.Values = one[:]
	}
	s.heard(told)
}

// saidMany tells of several values of one kind in a line of text.
func (s *Scanner) saidMany(l *line, present roles) {
	var values []uint64
	for i := range s.found {
		if m := &s.found[i]; m.score >= reportFrom && present.has(m.kind) {
			values = append(values, m.hash)
		}
	}
	s.heard(Said{First: l.number, Last: l.number, Values: values, Name: present == role(personName)})
}
