package exact

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// line looks at a complete line or row, which took some bytes of the text and
// ends where the text does so far.
func (m *Matcher) line(text []byte, size int64) {
	text = m.narrow(text)
	s := &m.lines[m.number%len(m.lines)]
	s.at, s.texts, s.hashed = m.total-size, false, false
	s.text = append(s.text[:0], text...)
	s.found.reset()
	if m.findsNumbers(text) {
		s.found.numbers(s.text, &m.want)
	}
	if m.find[otherCode] {
		m.textsOf(s)
	}
	before := len(m.open)
	m.primaries(s)
	for i := range m.open {
		p := &m.open[i] // people of the lines above, whose own lines hold nothing else of them, and of this one
		m.gather(p, s)
		if i < before || p.n > 0 {
			continue
		}
		p.alone = true
		for n := max(0, m.number-around); n < m.number; n++ {
			m.gather(p, &m.lines[n%len(m.lines)])
		}
	}
	m.number++
	m.over()
}

// narrow folds full width and takes out what has none.
func (m *Matcher) narrow(text []byte) []byte {
	if bytes.IndexByte(text, 0xEF) < 0 && bytes.IndexByte(text, 0xE2) < 0 && bytes.IndexByte(text, 0xC2) < 0 && bytes.IndexByte(text, 0xE3) < 0 {
		return text
	}
	m.folded = m.folded[:0]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			m.folded = append(m.folded, byte(r-0xFEE0))
		case r == 0x3000 || r == 0xA0 || r >= 0x2000 && r <= 0x200A || r == 0x202F:
			m.folded = append(m.folded, ' ')
		case r >= 0x2010 && r <= 0x2015:
			m.folded = append(m.folded, '-')
		case r >= 0x200B && r <= 0x200F || r == 0x2060 || r == 0xFEFF || r == 0xAD:
		default:
			m.folded = append(m.folded, text[i:i+n]...)
		}
		i += n
	}
	return m.folded
}

// findsNumbers tells quickly whether a line may hold a number or an address.
func (m *Matcher) findsNumbers(text []byte) bool {
	if len(m.open) > 0 {
		return true
	}
	run := 0
	for _, b := range text {
		switch {
		case b-'0' <= 9:
			if run++; run == 6 {
				return true
			}
		case b != ' ' && b != '-' && b != '.' && b != '(' && b != ')' && b != '+' && b != '/':
			run = 0
		}
	}
	return m.want[emailCode] && bytes.IndexByte(text, '@') >= 0
}

func (m *Matcher) textsOf(s *seen) {
	if !s.texts {
		s.texts = true
		s.found.texts(s.text, &m.want)
	}
}

// primaries opens a person for each primary cell of the line.
func (m *Matcher) primaries(s *seen) {
	before := len(m.open)
	for _, c := range s.found.list {
		if !m.find[c.code] {
			continue
		}
		text := s.found.text(c)
		on := m.holders(c.code, text)
		for i, l := range m.lists {
			if on&(1<<i) == 0 {
				continue
			}
			f := l.hash.field(c.code, text, &m.scratch)
			switch known := func(p open) bool { return p.list == i && p.by == f }; {
			case slices.ContainsFunc(m.open[before:], known):
			case len(m.open) == maxOpen:
				m.dropped = true
			default:
				m.open = append(m.open, open{list: i, by: f, line: m.number, on: on})
			}
		}
	}
	if len(m.open) > before && m.clean < 0 {
		first := max(0, m.number-around)
		m.clean = m.lines[first%len(m.lines)].at
	}
}

// holders answers the lists, a bit each, that a primary cell is on.
func (m *Matcher) holders(code byte, text []byte) (on uint16) {
	for i, l := range m.lists {
		if l.hash.primary[code] && l.hasPrimary(l.hash.field(code, text, &m.scratch)) {
			on |= 1 << i
		}
	}
	return on
}

// gather counts what stands of a person in a line. Whatever list another of
// their primary cells is on, they are on.
func (m *Matcher) gather(p *open, s *seen) {
	l := m.lists[p.list]
	for _, h := range m.hits(s)[p.list] {
		if h.field == p.by || slices.Contains(p.fields[:p.n], h.field) || !l.hasPair(p.by, h.field) {
			continue
		}
		if p.n < maxField {
			p.fields[p.n] = h.field
			p.n++
		}
		p.on |= h.on
	}
}

// hits answers what stands in a line and on each list.
func (m *Matcher) hits(s *seen) [][]hit {
	if s.hashed {
		return s.hits
	}
	s.hashed = true
	m.textsOf(s)
	for i, l := range m.lists {
		s.hits[i] = s.hits[i][:0]
		for _, c := range s.found.list {
			if !l.kinds[c.code] {
				continue
			}
			text := s.found.text(c)
			f := l.hash.field(c.code, text, &m.scratch)
			if !l.hasCell(f) || slices.ContainsFunc(s.hits[i], func(h hit) bool { return h.field == f }) {
				continue
			}
			h := hit{field: f}
			if l.hash.primary[c.code] {
				h.on = m.holders(c.code, text)
			}
			s.hits[i] = append(s.hits[i], h)
		}
	}
	return s.hits
}

// over counts the people whose lines are over.
func (m *Matcher) over() {
	left := m.open[:0]
	for i := range m.open {
		p := &m.open[i]
		if !p.alone || m.number-p.line > around {
			m.close(p)
		} else {
			left = append(left, *p)
		}
	}
	m.open = left
}

// close counts a person by the first of their primary cells.
func (m *Matcher) close(p *open) {
	key := p.by
	for _, f := range p.fields[:p.n] {
		if m.lists[p.list].hash.primary[f.code] && f.before(key) {
			key = f
		}
	}
	m.tally[p.list].add(key.hash, person{fields: uint8(1 + p.n), on: p.on})
}
