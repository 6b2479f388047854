package detect

import "bytes"

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
	// A run of n characters holds n-1 pairs of neighbours, and one of them
	// begins at an index that n-1 divides: look only there.
	stride = leastDigits - 1
)

// digitAnchor answers where a run of digits and separators with eleven digits
// or more begins, at or behind from and before limit; limit when there is none.
// Text goes on behind limit.
func digitAnchor(text []byte, from, limit int) int {
	if from >= limit {
		return limit
	}
	last := min(limit+stride, len(text)-1)
	for i := from; i < last; i += stride {
		if weight[text[i]]+weight[text[i+1]] < pairWeight {
			continue
		}
		if start, ok := digitRun(text, i, from); ok {
			if start >= limit {
				return limit
			}
			return start
		}
	}
	return limit
}

// digitRun widens the pair at i to the run it is part of.
func digitRun(text []byte, i, from int) (start int, ok bool) {
	digits := 0
	for start = i; start > from && weight[text[start-1]]+weight[text[start]] >= pairWeight; start-- {
		if isDigit(text[start]) {
			digits++
		}
		if i-start > 64 {
			break
		}
	}
	if isDigit(text[start]) {
		digits++
	}
	for end := i; end+1 < len(text) && weight[text[end]]+weight[text[end+1]] >= pairWeight; end++ {
		if isDigit(text[end+1]) {
			digits++
		}
		if digits >= leastDigits {
			return start, true
		}
	}
	return start, digits >= leastDigits
}

// anchors remembers the next anchor of each sort, so that no byte is looked at
// twice for the same.
type anchors struct {
	digits, at, wide, number int
}

func (a *anchors) reset() { *a = anchors{-1, -1, -1, -1} }

func (a *anchors) shift(n int) {
	a.digits, a.at, a.wide, a.number = max(a.digits-n, -1), max(a.at-n, -1), max(a.at-n, -1), max(a.number-n, -1)
	a.reset()
}

// anchor answers the first anchor at or behind from and before limit; limit
// when there is none.
func (s *Scanner) anchor(from, limit int) int {
	text, a := s.buffer[:s.end], &s.anchors
	if a.digits < from {
		a.digits = digitAnchor(text, from, limit)
	}
	if a.at < from {
		a.at = atAnchor(text, from, limit)
	}
	if a.wide < from {
		a.wide = s.wideAnchor(text, from, limit)
	}
	if a.number < from {
		a.number = houseAnchor(text, from, limit)
	}
	return min(a.digits, a.at, a.wide, a.number)
}

// atAnchor finds an '@' between two characters of an address.
func atAnchor(text []byte, from, limit int) int {
	for from < limit {
		i := bytes.IndexByte(text[from:limit], '@')
		if i < 0 {
			return limit
		}
		if i += from; i > 0 && i+1 < len(text) && localByte(text[i-1]) && domainByte(text[i+1]) {
			return i
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
			case c == 0x9A && s.pack.labelEnds(text[max(0, i-30):i]):
				return i
			}
		}
		from = i + 1
	}
	return limit
}

// labelEnds tells whether text ends in a label of some class.
func (p *Pack) labelEnds(text []byte) bool {
	for n := 6; n <= len(text); n += 3 {
		if r, ok := p.labels.byText[string(text[len(text)-n:])]; ok && r&(against|maker) == 0 {
			return true
		}
		if text[len(text)-n] < 0xE3 {
			return false
		}
	}
	return false
}

// houseAnchor finds 号 behind a digit. The last byte of the character is the
// rarest of the three.
func houseAnchor(text []byte, from, limit int) int {
	for from < limit {
		i := bytes.IndexByte(text[from:limit], 0xB7)
		if i < 0 {
			return limit
		}
		if i += from; i >= 3 && text[i-1] == 0x8F && text[i-2] == 0xE5 && isDigit(text[i-3]) {
			return i
		}
		from = i + 1
	}
	return limit
}
