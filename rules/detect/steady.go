package detect

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// steadyCell is a cell of a row that went the short way.
type steadyCell struct {
	kind  kind
	score int8
	text  []byte
	clerk bool
}

// provenRow looks at a row of a table with headings the short way: every cell
// is just what its heading says, in its usual form, and nothing about it is
// worth keeping as a sample any more. It comes to the same as the long way, or
// answers false, and then nothing has happened. Long lists are read at several
// times the speed for it.
//
// Once no more distinct values and people are taken in (Limits.Distinct), rows
// only add to the counts. Then one row in provenRows is proven in full and the
// others are counted by their form: as many digits as there must be, an '@',
// Han characters.
func (s *Scanner) provenRow(text []byte) bool {
	t := &s.table
	var ends [maxSteady]int32
	if delimited(text, t.delimiter, &ends) != t.width {
		return false
	}
	var cells [maxSteady]steadyCell
	n, start := 0, 0
	for i := range t.width {
		end := int(ends[i])
		if value := text[start:end]; len(value) > 0 {
			k, score, ok := s.pack.steadyCell(value, t.columns[i].roles)
			if !ok || score > s.tally.least[k] && score > 0 {
				return false
			}
			if score > 0 {
				cells[n] = steadyCell{k, score, value, t.columns[i].clerk}
				n++
			}
		}
		start = end + 1
	}
	s.flushPerson()
	s.countSteady(cells[:n])
	return true
}

const (
	maxSteady  = 16 // columns of a table read the short way
	provenRows = 32
)

// delimited finds where the cells of a row end, eight bytes at a time, and
// answers how many there are; more than maxSteady answer maxSteady+1.
func delimited(text []byte, delimiter byte, ends *[maxSteady]int32) int {
	n, i := 0, 0
	for ; i+8 <= len(text); i += 8 {
		for m := sameBytes(binary.LittleEndian.Uint64(text[i:]), delimiter); m != 0; m &= m - 1 {
			if n == maxSteady {
				return n + 1
			}
			ends[n] = int32(i + bits.TrailingZeros64(m)/8)
			n++
		}
	}
	for ; i < len(text); i++ {
		if text[i] == delimiter {
			if n == maxSteady {
				return n + 1
			}
			ends[n] = int32(i)
			n++
		}
	}
	if n == maxSteady {
		return n + 1
	}
	ends[n] = int32(len(text))
	return n + 1
}

func trimEnd(text []byte) []byte {
	for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
		text = text[:len(text)-1]
	}
	return text
}

// countSteady counts the values of a row and its person. Where nothing more is
// kept of a class, values need not be told apart either.
func (s *Scanner) countSteady(cells []steadyCell) {
	t := &s.tally
	t.room = !t.people.full()
	for i := range cells {
		c := &cells[i]
		t.count[c.kind]++
		t.best[c.kind] = max(t.best[c.kind], c.score)
		t.room = t.room || !t.distinct[c.kind].full()
	}
	if !t.room {
		t.full = true
		return
	}
	whole := s.heard != nil || !t.full || !t.people.full() // whose row it is matters yet
	// All are hashed first: what is looked up then is waited for at once.
	var hashes [maxSteady]uint64
	for i := range cells {
		if c := &cells[i]; whole || !t.distinct[c.kind].full() {
			hashes[i] = s.pack.steadyHash(c)
		}
	}
	p := person{row: true}
	for i := range cells {
		c, hash := &cells[i], hashes[i]
		if hash == 0 {
			continue
		}
		if !t.distinct[c.kind].add(hash) {
			t.full = true
		}
		if p.values[c.kind] == 0 && !(c.kind == personName && c.clerk) {
			p.values[c.kind] = hash
		}
		p.present |= role(c.kind)
	}
	if !whole {
		return
	}
	p.place = s.table.places && p.present&^ofPlaces == 0
	counted := p.present&(p.present-1) != 0 && !p.place
	if counted {
		t.person(&p)
	}
	if s.heard != nil && p.present != 0 {
		s.count(s.pos)
		p.first, p.last = s.lines+1, s.lines+1
		s.said(&p, counted)
	}
}

// steadyCell judges one cell: ok is false where only the long way can tell,
// and score 0 where the cell holds nothing.
func (p *Pack) steadyCell(v []byte, r roles) (k kind, score int8, ok bool) {
	if v[0] <= ' ' || v[0] == '"' || v[len(v)-1] <= ' ' {
		return 0, 0, false
	}
	switch {
	case r&(against|maker) != 0 || r == 0:
		return 0, 0, p.plainlyNothing(v, r)
	case r.has(personName):
		return personName, 95, len(v) <= 12 && hanRun(v) == len(v) && p.names.plausible(v) == 2
	case r.has(mobile) && len(v) == 11 && v[0] == '1':
		return mobile, 95, allDigits(v) && mobilePrefix(v) && !notANumber(v)
	case r.has(landline) && (len(v) == 12 || len(v) == 13):
		return landline, 95, p.steadyLandline(v)
	case r.has(residentID) && len(v) == 18:
		return residentID, 99, allDigits(v[:17]) && (isDigit(v[17]) || v[17]|0x20 == 'x') && p.residentHolds((*[18]byte)(v)) && p.regions.has(uint32(number6(v)))
	case r.has(bankCard) && (len(v) == 16 || len(v) == 19):
		return bankCard, 99, allDigits(v) && issuer(v) >= 55 && p.cardHolds(v)
	case r.has(email):
		return email, 95, steadyEmail(v)
	case r.has(address):
		return address, 95, p.steadyAddress(v)
	}
	return 0, 0, false
}

// steadyHash hashes the value of a cell as the long way does.
func (p *Pack) steadyHash(c *steadyCell) uint64 {
	switch c.kind {
	case mobile:
		return p.hash.number(mobile, number(c.text))
	case landline:
		d, n, _ := landlineDigits(c.text)
		return p.hash.number(landline, number(d[:n]))
	case residentID:
		return p.residentHash((*[18]byte)(c.text))
	case address:
		return p.addressHash(c.text)
	}
	return p.hash.sum(c.kind, c.text)
}

// plainlyNothing tells whether a cell under a heading of no class is too short
// to hold anything.
func (p *Pack) plainlyNothing(v []byte, r roles) bool {
	if bytes.IndexByte(v, '@') >= 0 {
		return false
	}
	if v[0] >= 0x80 && r == 0 {
		return len(v) < 8
	}
	digits := 0
	for _, b := range v {
		if isDigit(b) {
			digits++
		}
	}
	return digits < leastDigits
}

func (p *Pack) steadyLandline(v []byte) bool {
	d, n, code := landlineDigits(v)
	return n > 0 && allDigits(d[:n]) && p.areaCode(d[:code]) && localHolds(d[code:n], code)
}

// landlineDigits takes 010-65529988 or 0571-8765432 apart; n is 0 for any
// other form.
func landlineDigits(v []byte) (digits [12]byte, n, code int) {
	if code = 3; v[4] == '-' {
		code = 4
	} else if v[3] != '-' {
		return digits, 0, 0
	}
	n = copy(digits[:], v[:code])
	n += copy(digits[n:], v[code+1:])
	return digits, n, code
}

// The short way of an e-mail address takes lower case and the commonest top
// level domains only.
const (
	localPart = 1 << iota
	domainPart
	sureLocal // seen in no role account: a digit or a point
)

var emailBytes = func() (t [256]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c] = localPart | domainPart
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = localPart | domainPart | sureLocal
	}
	t['_'], t['+'], t['-'] = localPart, localPart, localPart|domainPart
	return t
}()

func steadyEmail(v []byte) bool {
	if len(v) > 40 || v[0] == '.' || v[0] == '-' || v[0] == '+' || v[0] == '_' {
		return false
	}
	i, seen, digits := 0, uint8(0), 0
	for ; i < len(v) && v[i] != '@'; i++ {
		class := emailBytes[v[i]]
		if class&localPart == 0 {
			if v[i] != '.' || v[i-1] == '.' {
				return false
			}
			class = sureLocal
		}
		seen |= class
		digits += int(class >> 2)
	}
	if i < 1 || len(v)-i < 5 || seen&sureLocal == 0 || digits > 14 || v[i-1] == '.' {
		return false
	}
	domain := v[i+1:]
	dot, n := -1, 0
	for k, b := range domain {
		if emailBytes[b]&domainPart == 0 {
			if b != '.' || k == dot+1 {
				return false
			}
			dot = k
			n++
		}
	}
	if n != 1 || domain[0] == '-' || domain[dot-1] == '-' || !commonTop(domain[dot+1:]) || reserved(domain[:dot]) {
		return false
	}
	return true
}

func commonTop(t []byte) bool {
	switch string(t) {
	case "com", "cn", "net", "org":
		return true
	}
	return false
}

func reserved(name []byte) bool {
	switch string(name) {
	case "example", "test", "domain", "localhost":
		return true
	}
	return len(name) > 7 && string(name[len(name)-7:]) == "example"
}

func (p *Pack) steadyAddress(v []byte) bool {
	if v[0] < 0xE4 || len(v) < 12 || len(v) > maxAddress {
		return false
	}
	n, score := p.chinese(v, true)
	return n == len(v) && score == 95
}

// allDigits looks at eight bytes at a time.
func allDigits(p []byte) bool {
	if len(p) < 8 {
		for _, c := range p {
			if !isDigit(c) {
				return false
			}
		}
		return true
	}
	for q := p; len(q) > 8; q = q[8:] {
		if !eightDigits(q) {
			return false
		}
	}
	return eightDigits(p[len(p)-8:]) // some of them once more
}

func eightDigits(p []byte) bool { return digits8(binary.LittleEndian.Uint64(p)) }

func digits8(x uint64) bool {
	x ^= 0x3030303030303030
	return (x|(x+0x7676767676767676))&0x8080808080808080 == 0
}
