package rules

import "math/bits"

// set is a set of numbers below a bound.
type set []uint64

func newSet(bound int) set   { return make(set, (bound+63)/64) }
func (s set) add(n int)      { s[n>>6] |= 1 << (n & 63) }
func (s set) has(n int) bool { return s[n>>6]&(1<<(n&63)) != 0 }

func (s set) addAll(ns []uint16) {
	for _, n := range ns {
		s[n>>6] |= 1 << (n & 63)
	}
}

func (s set) removeAll(ns []uint16) {
	for _, n := range ns {
		s[n>>6] &^= 1 << (n & 63)
	}
}

func (s set) hasAny(ns []uint16) bool {
	for _, n := range ns {
		if s.has(int(n)) {
			return true
		}
	}
	return false
}

// meets tells whether two sets have a member in common.
func (s set) meets(other set) bool {
	for i := range s {
		if s[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

func (s set) empty() bool { return s.first() == none }

// first answers the lowest member.
func (s set) first() int {
	for i, word := range s {
		if word != 0 {
			return i*64 + bits.TrailingZeros64(word)
		}
	}
	return none
}

// any asks of one member after the other, until one is.
func (s set) any(is func(n int) bool) bool {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if is(i*64 + bits.TrailingZeros64(word)) {
				return true
			}
		}
	}
	return false
}

// and adds the members of another set.
func (s set) and(other set) set {
	for i := range s {
		s[i] |= other[i]
	}
	return s
}

// lists are many lists of members of sets, side by side: short ones as they
// are, long ones as sets.
type lists struct {
	bound int
	short []uint16
	long  set
}

// those are one of them: short[first:end], or the set that begins at long[first].
type those struct{ first, end int32 }

const isLong = -1

func (l *lists) keep(ns []uint16) those {
	words := (l.bound + 63) / 64
	if len(ns)*2 <= words*8 {
		l.short = append(l.short, ns...)
		return those{int32(len(l.short) - len(ns)), int32(len(l.short))}
	}
	t := those{int32(len(l.long)), isLong}
	l.long = append(l.long, newSet(l.bound)...)
	l.long[t.first:].addAll(ns)
	return t
}

func (l *lists) add(t those, to set) {
	if t.end != isLong {
		to.addAll(l.short[t.first:t.end])
		return
	}
	for i, word := range l.long[t.first : int(t.first)+len(to)] {
		to[i] |= word
	}
}

// matter tells whether one of them is in asking, nil for all, and not in found.
func (l *lists) matter(t those, asking, found set) bool {
	if t.end != isLong {
		for _, n := range l.short[t.first:t.end] {
			if (asking == nil || asking.has(int(n))) && !found.has(int(n)) {
				return true
			}
		}
		return false
	}
	for i, word := range l.long[t.first : int(t.first)+len(found)] {
		if asking != nil {
			word &= asking[i]
		}
		if word&^found[i] != 0 {
			return true
		}
	}
	return false
}
