package detect

import (
	"bytes"
	"encoding/binary"
)

// Anchors are what cheap searches over a block stop at: a value of any class
// in running text holds one, or stands near one. What is an anchor depends on
// the text alone and not on where a block begins.

// weight makes sums over two neighbours say whether they can both belong to a
// number: a digit and a digit or a separator reach pairWeight, two separators
// do not. A closing bracket counts as a digit, for "(010) 6552 9988".
var weight = func() (w [256]int8) {
	for i := range w {
		w[i] = -8
	}
	for c := '0'; c <= '9'; c++ {
		w[c] = 2
	}
	w[' '], w['-'], w['.'], w['('], w['/'], w[')'] = 1, 1, 1, 1, 1, 2
	return w
}()

const (
	pairWeight  = 3
	leastDigits = 11 // in a number of any class
	// A run of eleven bytes holds four that begin at an index eight divides.
	stride = leastDigits - 3
)

// digitAnchor answers where a number of some class stands, at or behind from
// and before limit; limit when there is none. Text goes on behind limit.
func (s *Scanner) digitAnchor(text []byte, from, limit int) int {
	last := min(limit+stride, len(text)-3)
	for i := from; ; i += stride {
		if i = nextNumeric(text, i, last); i >= last {
			break
		}
		if i >= 4 && i+8 <= len(text) && !numeric(text[i-4:]) && !numeric(text[i+4:]) {
			// Of eleven bytes around these, four more stand on one side.
			if text[i-1] == 'u' && text[i-2] == '\\' || text[i] == 'u' && text[i-1] == '\\' {
				if start, ok := escapedDigits(text, i+1, max(s.done, i-longestRun)); ok && start < limit {
					return max(start, from)
				}
			}
			continue
		}
		at := i
		for at < i+4 && !isDigit(text[at]) {
			at++
		}
		if at == i+4 && text[i] == '<' {
			if start, end, ok := zoneAnchor(text, i, max(s.done, i-longestRun)); ok && start < limit {
				return max(start, from)
			} else if start < limit {
				i += max(0, end-i-stride)
			}
			continue
		}
		if at == i+4 {
			continue
		}
		if !longAround(text, at) {
			if escapeMarks[text[at-1]] || escapeMarks[text[at-2]] {
				if start, ok := escapedDigits(text, at, max(s.done, at-longestRun)); ok && start < limit {
					return max(start, from)
				}
			}
			continue
		}
		start, end, ok := digitRun(text, at, max(s.done, at-longestRun))
		if !ok {
			continue
		}
		if start >= limit {
			return limit
		}
		if end-start == longestRun || s.numberAt(text, start, end) {
			return max(start, from)
		}
		i += max(0, end-i-stride) // nothing in this run
	}
	return limit
}

// nextNumeric answers the first of the indexes i, i+stride, … before last at
// which four bytes may stand in a number; last or more when none. Four indexes
// are looked at in a round.
func nextNumeric(text []byte, i, last int) int {
	for i+3*stride < last {
		t := text[i : i+3*stride+4]
		if numeric(t) || numeric(t[stride:]) || numeric(t[2*stride:]) || numeric(t[3*stride:]) {
			break
		}
		i += 4 * stride
	}
	for ; i < last; i += stride {
		if numeric(text[i:]) {
			return i
		}
	}
	return i
}

// numeric tells whether four bytes may stand in a number: digits are 0x30 to
// 0x39, separators 0x20 to 0x2F, so that in the high halves of four bytes of a
// number at most two bits differ from a digit's.
func numeric(p []byte) bool {
	y := binary.LittleEndian.Uint32(p)&0xF0F0F0F0 ^ 0x30303030
	y &= y - 1
	return y&(y-1) == 0
}

// longAround tells whether eleven bytes of a number may stand around i: then
// five stand on one side or the other.
func longAround(text []byte, i int) bool {
	if i < 5 || i+5 >= len(text) {
		return true
	}
	return weight[text[i-5]] > 0 && weight[text[i-3]] > 0 && weight[text[i-1]] > 0 || weight[text[i+5]] > 0 && weight[text[i+3]] > 0 && weight[text[i+1]] > 0
}

// numberAt tells whether a run of digits and separators holds a number of some
// class.
func (s *Scanner) numberAt(text []byte, start, end int) bool {
	for start < end && !isDigit(text[start]) {
		start++
	}
	if start > 0 && text[start-1] == '%' && behindPercent(text, start+2) {
		start += 2
	}
	for start < end {
		stop := s.cluster.read(text, start)
		if s.found = s.pack.cluster(&s.cluster, s.found[:0]); len(s.found) > 0 {
			return true
		}
		near := text[max(0, start-24):start]
		if stop < len(text) && capital(text[stop]) || start > 0 && (lastCapital(near) || text[start-1] == ' ' && lastCapital(near[:len(near)-1])) {
			if s.found = s.pack.codes(text[max(0, start-24):min(len(text), start+48)], s.found[:0], 0); len(s.found) > 0 {
				return true
			}
		}
		for start = stop; start < end && !isDigit(text[start]); start++ {
		}
	}
	return false
}

// lastCapital tells whether p ends in a capital letter.
func lastCapital(p []byte) bool {
	return len(p) > 0 && capital(p[len(p)-1])
}

func capital(c byte) bool { return c >= 'A' && c <= 'Z' }

// digitRun answers the run that the digit at i is part of, back to least, and
// whether it has digits enough. It follows a run for longestRun bytes.
func digitRun(text []byte, i, least int) (start, end int, ok bool) {
	for start = i; start > least && weight[text[start-1]]+weight[text[start]] >= pairWeight; {
		start--
	}
	digits, group, longest := 0, 0, 0
	most := min(len(text), start+longestRun)
	for end = start; end < most && (end == start || weight[text[end-1]]+weight[text[end]] >= pairWeight); end++ {
		if group++; !isDigit(text[end]) {
			group = 0
			continue
		}
		digits++
		longest = max(longest, group)
	}
	return start, end, digits >= leastDigits && longest >= leastGroup
}

// longestRun bounds a run. One that goes on is looked at in any case: it may be
// a list of numbers.
const longestRun = 256

// leastGroup is how many digits stand together in a number however it is parted.
const leastGroup = 4

// anchors remembers the next anchor of each sort, so that no byte is looked at
// twice for the same.
type anchors struct {
	digits, at, wide, number int
}

func (a *anchors) reset() { *a = anchors{-1, -1, -1, -1} }

// anchor answers the first anchor at or behind from and before limit; limit
// when there is none.
func (s *Scanner) anchor(from, limit int) int {
	text, a := s.buffer[:s.end], &s.anchors
	if a.digits < from {
		a.digits = s.digitAnchor(text, from, limit)
	}
	if a.at < from {
		a.at = s.atAnchor(text, from, limit)
	}
	if a.wide < from {
		a.wide = s.wideAnchor(text, from, limit)
	}
	if a.number < from {
		a.number = s.houseAnchor(text, from, limit)
	}
	return min(a.digits, a.at, a.wide, a.number)
}

// atAnchor finds the '@' of an e-mail address.
func (s *Scanner) atAnchor(text []byte, from, limit int) int {
	for from < limit {
		i := bytes.IndexByte(text[from:limit], '@')
		if i < 0 {
			return limit
		}
		if i += from; i > 0 && i+1 < len(text) && localByte(text[i-1]) && domainByte(text[i+1]) {
			if m, ok := s.pack.email(text, 0, i); ok && m.score > 20 {
				return i
			}
		}
		from = i + 1
	}
	return limit
}

// wideAnchor finds full-width digits, and the full-width colon behind a label.
func (s *Scanner) wideAnchor(text []byte, from, limit int) int {
	for from < limit {
		i := bytes.IndexByte(text[from:limit], 0xEF)
		if i < 0 {
			return limit
		}
		i += from
		if i+2 < len(text) && text[i+1] == 0xBC {
			switch c := text[i+2]; {
			case c >= 0x90 && c <= 0x99, c == 0xA0:
				return i
			case c == 0x9A && twoNumerals(text[i+3:]):
				return i
			case c == 0x9A && s.pack.labelEnds(text[max(0, i-30):i]) && s.pack.mayName(text[i+3:]):
				return i
			}
		}
		from = i + 1
	}
	return limit
}

// labelEnds tells whether text ends in a label of names, of addresses or of
// codes with letters. Numbers need no label to be found.
func (p *Pack) labelEnds(text []byte) bool {
	for n := 6; n <= len(text); n += 3 {
		flags, ok := p.han.at(text[len(text)-n:])
		if !ok {
			return false
		}
		if flags&labelFlag == 0 || p.labels.lengths(text[len(text)-n:])>>n&1 == 0 {
			continue
		}
		if r, ok := p.labels.byText[string(text[len(text)-n:])]; ok && r&anchoring != 0 {
			return true
		}
	}
	return false
}

// mayName tells whether a name or an address may begin at p: with a family
// name, a place, a number or a capital.
func (p *Pack) mayName(text []byte) bool {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '"') {
		text = text[1:]
	}
	if len(text) == 0 {
		return false
	}
	if flags, ok := p.han.at(text); ok {
		return flags&(surnameFlag|compoundFlag|regionFlag) != 0
	}
	return text[0] >= 0x80 || isLetter(text[0]) || isDigit(text[0])
}

// houseAnchor finds 号 behind a digit, behind a county, a town or a road. The
// last byte of the character is the rarest of the three.
func (s *Scanner) houseAnchor(text []byte, from, limit int) int {
	for from < limit {
		i := bytes.IndexByte(text[from:limit], 0xB7)
		if i < 0 {
			return limit
		}
		if i += from; i >= 3 && text[i-1] == 0x8F && text[i-2] == 0xE5 && isDigit(text[i-3]) && s.pack.placeBefore(text[max(0, i-75):i-2]) {
			return i
		}
		from = i + 1
	}
	return limit
}

// placeBefore tells whether a county, a town or a road stands in text.
func (p *Pack) placeBefore(text []byte) bool {
	for i := len(text) - 1; i >= 0; i-- {
		if isHan(text[i:]) && p.levels.at(text[i:])&(countyLevel|townLevel|roadLevel) != 0 && p.levels.at(text[i:]) != breakLevel {
			return true
		}
		if text[i] == '\n' {
			return false
		}
	}
	return false
}
