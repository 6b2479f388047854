package detect

import (
	"math/bits"

	"github.com/trustline/trustline/rules/detect/sieve"
)

// Anchors are what a line is looked at for: a value of any class in running
// text holds one, or stands near one. What is an anchor depends on the text
// alone and not on where a block begins. Package sieve marks, in a block, where
// one may stand.

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
)

// anchor answers the first anchor at or behind from and before limit; limit
// when there is none. The text from s.marked to limit, and a little behind it,
// is marked.
func (s *Scanner) anchor(from, limit int) int {
	text := s.buffer[:s.end]
	for skip := from; ; {
		i := s.nextMark(skip)
		if i < 0 {
			return limit
		}
		at, next := s.anchorAt(text, i, limit)
		if at >= 0 && at < limit {
			return max(at, from)
		}
		skip = max(i+1, next)
	}
}

// mark marks where anchors may stand in the block from s.pos to s.block.
func (s *Scanner) mark() {
	s.marked = s.pos
	text := s.buffer[s.pos:min(s.end, s.block+sieve.Overhang)]
	if n := sieve.Words(len(text)); n <= cap(s.marks) {
		s.marks = s.marks[:n]
	} else {
		s.marks = make([]uint64, n)
	}
	s.sift(s.marks, text)
}

// nextMark answers the first index marked at or behind i, -1 when none is.
func (s *Scanner) nextMark(i int) int {
	i -= s.marked
	k := i / 64
	if k >= len(s.marks) {
		return -1
	}
	for word := s.marks[k] >> (i % 64) << (i % 64); ; word = s.marks[k] {
		if word != 0 {
			return s.marked + 64*k + bits.TrailingZeros64(word)
		}
		if k++; k == len(s.marks) {
			return -1
		}
	}
}

// anchorAt answers the anchor that text was marked for at i, -1 when it is
// none, and up to where there is no other.
func (s *Scanner) anchorAt(text []byte, i, limit int) (at, next int) {
	is := false
	switch text[i] {
	case '@':
		is = s.atAnchor(text, i)
	case 0xBC:
		if i--; i >= s.done && text[i] == 0xEF {
			is = s.wideAnchor(text, i)
		}
	case '<':
		start, end, ok := zoneAnchor(text, i, max(s.done, i-longestRun))
		if ok {
			return start, end
		}
		return -1, end
	case '%', '\\', '&':
		if digit, _ := escapedDigit(text[i:]); !digit {
			return -1, 0
		}
		if start, ok := escapedDigits(text, i, max(s.done, i-longestRun)); ok {
			return start, 0
		}
	default:
		if is = s.houseAnchor(text, i); !is {
			return s.numberAnchor(text, i, limit)
		}
	}
	if is {
		return i, 0
	}
	return -1, 0
}

// numberAnchor answers where the run of digits and separators begins that i
// stands in, -1 if it holds no number, and where it ends. A run that begins
// behind limit is left for later.
func (s *Scanner) numberAnchor(text []byte, i, limit int) (at, next int) {
	most := min(i+4, len(text))
	for i < most && !isDigit(text[i]) {
		i++
	}
	if i == most { // brackets
		return -1, 0
	}
	start, end, ok := digitRun(text, i, max(s.done, i-longestRun))
	if ok && start < limit && (end-start == longestRun || s.numberAt(text, start, end)) {
		return start, end
	}
	return -1, end - 1 // its last digit may be that of a house
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

// atAnchor tells whether the '@' at i is that of an e-mail address.
func (s *Scanner) atAnchor(text []byte, i int) bool {
	if i == 0 || i+1 >= len(text) || !localBytes[text[i-1]] || !domainBytes[text[i+1]] {
		return false
	}
	start, _, ok := s.pack.addrSpec(text, 0, i)
	return ok && !withinURL(text, start) && !messageID(text[start:i])
}

// wideAnchor tells whether a full-width digit stands at i, a full-width '@', or
// the full-width colon behind a label.
func (s *Scanner) wideAnchor(text []byte, i int) bool {
	if i+2 >= len(text) {
		return false
	}
	switch c := text[i+2]; {
	case c >= 0x90 && c <= 0x99, c == 0xA0:
		return true
	case c != 0x9A:
		return false
	}
	return twoNumerals(text[i+3:]) || s.pack.labelEnds(text[max(0, i-30):i]) && s.pack.mayName(text[i+3:])
}

// labelEnds tells whether text ends in a label of names, of addresses or of
// codes with letters. Numbers need no label to be found.
func (p *Pack) labelEnds(text []byte) bool {
	if flags, _ := p.han.at(text[max(0, len(text)-3):]); flags&anchorFlag == 0 {
		return false
	}
	for n := 6; n <= len(text); n += 3 {
		flags, ok := p.han.at(text[len(text)-n:])
		if !ok {
			return false
		}
		if flags&labelFlag == 0 || p.labels.lengths(text[len(text)-n:])>>n&1 == 0 {
			continue
		}
		if r, ok := p.labels.words.find(text[len(text)-n:]); ok && r&anchoring != 0 {
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

// houseAnchor tells whether 号 stands behind the digit at i, and a county, a
// town or a road before it.
func (s *Scanner) houseAnchor(text []byte, i int) bool {
	return i+3 < len(text) && text[i+1] == 0xE5 && text[i+2] == 0x8F && text[i+3] == 0xB7 && isDigit(text[i]) && s.pack.placeBefore(text[max(0, i-72):i+1])
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
