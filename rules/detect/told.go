package detect

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// toldValue reads what stands at the start of text as a value of one of the
// kinds that only a label or a heading tells. Longer forms go before shorter.
func (p *Pack) toldValue(text []byte, r roles) (match, bool) {
	for k := range kinds {
		if r&told&(1<<k) == 0 {
			continue
		}
		for _, f := range toldForms[k] {
			var value [maxTold]byte
			n, length := shaped(f.shape, text, &value)
			if length == 0 || !toldEnds(text, length) || f.alone && r != role(k) || f.holds != nil && !f.holds(value[:n]) {
				continue
			}
			return match{kind: k, score: 95, end: length, hash: p.hash.sum(k, value[:n])}, true
		}
	}
	return match{}, false
}

// toldForm is one way in which values of a kind are written.
type toldForm struct {
	shape string
	holds func(value []byte) bool // on capitals and digits alone, nil when the shape is all there is
	alone bool                    // only behind a label of this kind and no other: the form is too common
}

const maxTold = 24

// toldForms are the forms of each kind.
//
// Passports of the People's Republic of China: G and eight digits, before them
// 14 or 15 and seven; E and eight digits, since 2017 E, a letter without I and
// O, and seven digits (Guangzhou police, 2024: by ICAO, printed beforehand); D,
// S and P for diplomatic, service and public affairs, with a second letter E on
// chips, with seven digits in old books; H, K and KJ of Hong Kong, M and a
// letter of Macau. None has a check digit outside the machine-readable zone.
//
// Exit-Entry Permits to Hong Kong and Macau: W and eight digits in books, C and
// eight digits on cards since 2014, C, a letter without I and O, and seven
// digits since 2018, from CA0000001 on (National Immigration Administration,
// 10 December 2018). The way back, Mainland Travel Permits: H or M, eight digits
// for life, and two more for the times it was replaced (Ministry of Public
// Security, 10 March 2010; without those since 2013); since 10 July 2024 HA or MA
// and seven digits for those without Chinese nationality.
//
// Permits to Taiwan: T in books, L on cards since 2017. The way back: eight
// digits for life, before 25 September 2008 two more for the times it was
// replaced and the office in brackets.
var toldForms = [kinds][]toldForm{
	cnPassport: {
		{shape: "E99999999"}, {shape: "G99999999"}, {shape: "E@9999999", holds: secondNoIO}, {shape: "D99999999"}, {shape: "S99999999"}, {shape: "P99999999"},
		{shape: "DE9999999"}, {shape: "SE9999999"}, {shape: "PE9999999"}, {shape: "H99999999", alone: true}, {shape: "K99999999", alone: true}, {shape: "KJ9999999"},
		{shape: "M@9999999", alone: true}, {shape: "D 9999999", alone: true}, {shape: "S 9999999", alone: true}, {shape: "P 9999999", alone: true},
		{shape: "149999999", alone: true}, {shape: "159999999", alone: true},
	},
	hkMacauPass: {{shape: "C99999999"}, {shape: "W99999999"}, {shape: "C@9999999", holds: secondNoIO}, {shape: "H9999999999"}, {shape: "M9999999999"},
		{shape: "H99999999"}, {shape: "M99999999"}, {shape: "HA9999999", alone: true}, {shape: "MA9999999", alone: true},
		{shape: "HA9999999", holds: notHongKong}, {shape: "MA9999999", holds: notHongKong}},
	taiwanPass: {{shape: "L99999999"}, {shape: "T99999999"}, {shape: "9999999999", alone: true}, {shape: "99999999", alone: true}},
}

func secondNoIO(value []byte) bool { return value[1] != 'I' && value[1] != 'O' }

// notHongKong leaves to Hong Kong's identity cards what has their check.
func notHongKong(value []byte) bool { return hongKongCheck(value[:8]) != value[8] }

// shaped reads a shape at the start of text: '@' is a letter, '9' a digit, ' '
// one space, hyphen or point that may be there, anything else itself. It
// answers how much of value, in capitals and without separators, and of text
// that was; 0 when text has another shape.
func shaped(shape string, text []byte, value *[maxTold]byte) (n, length int) {
	for _, want := range []byte(shape) {
		var c byte
		if length < len(text) {
			c = text[length]
		}
		if want == ' ' {
			if c == ' ' || c == '-' || c == '.' {
				length++
			}
			continue
		}
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if want == '9' && !isDigit(c) || want == '@' && !capital(c) || want != '9' && want != '@' && c != want {
			return 0, 0
		}
		value[n] = c
		n++
		length++
	}
	return n, length
}

// toldEnds tells whether a value ends before i: no letter, digit or sign binds
// it to what follows.
func toldEnds(text []byte, i int) bool {
	if !endsAt(text, i) {
		return false
	}
	if i+1 < len(text) && (text[i] == '-' || text[i] == '/') && (isDigit(text[i+1]) || isLetter(text[i+1])) {
		return false
	}
	return i >= len(text) || text[i] != '*' && text[i] != '_'
}

// toldAt answers where the value of a label begins: people write "no. is #".
func toldAt(text []byte, b label) (at int, colon bool) {
	at, colon = b.value, b.colon
	for most := min(len(text), at+16); at < most; {
		switch c := text[at]; {
		case c == ' ' || c == '.' || c == '#' || c == '"' || c == '\'' || c == '|':
			at++
		case c == ':' || c == '=':
			at, colon = at+1, true
		default:
			n := latinRun(text[at:])
			if n == 0 || n > 3 || at+n >= len(text) || text[at+n] != ' ' && text[at+n] != '.' || !filler(text[at:at+n]) {
				return at, colon
			}
			at += n
		}
	}
	return at, colon
}

// filler tells whether a word says nothing between a label and its value.
func filler(word []byte) bool {
	switch string(word) {
	case "is", "was", "no", "No", "NO", "on", "of", "nr":
		return true
	}
	return false
}

// tellLabels takes the values that the labels of a line tell.
func (s *Scanner) tellLabels(l *line) {
	for _, b := range s.labels {
		if b.roles&told == 0 {
			continue
		}
		at, colon := toldAt(l.text, b)
		m, ok := s.pack.toldValue(l.text[at:], b.roles)
		if !ok && b.end+1 < len(l.text) && l.text[b.end] == '(' { // 护照(E12345678)
			at, colon = b.end+1, true
			m, ok = s.pack.toldValue(l.text[at:], b.roles)
		}
		if !ok {
			continue
		}
		if !colon {
			m.score = 85
		}
		m.why.label, m.why.distance = b, utf8.RuneCount(l.text[b.end:at])
		m.why.flags |= labelled
		s.takeTold(m, at)
	}
}

// takeTold puts a match in the place of what was seen in it by accident.
func (s *Scanner) takeTold(m match, at int) {
	m.start, m.end = m.start+at, m.end+at
	s.found = slices.DeleteFunc(s.found, func(o match) bool { return m.start < o.end && o.start < m.end })
	s.found = append(s.found, m)
}

// toldBefore takes the value that begins a line whose label ended the line before.
func (s *Scanner) toldBefore(l *line, carried label) {
	if carried.roles&told == 0 {
		return
	}
	at := len(l.text) - len(bytes.TrimLeft(l.text, " \t"))
	if m, ok := s.pack.toldValue(l.text[at:], carried.roles); ok {
		m.why.label = label{roles: carried.roles}
		m.why.flags |= labelled
		s.takeTold(m, at)
	}
}

// toldCell takes a cell whose heading tells what it is.
func (s *Scanner) toldCell(value []byte, col *column) bool {
	m, ok := s.pack.toldValue(value, col.roles)
	if !ok || len(bytes.TrimRight(value[m.end:], " ")) > 0 {
		return false
	}
	m.why.flags |= underHeading
	m.why.heading = col.heading
	s.found = append(s.found, m)
	return true
}
