package detect

import (
	"encoding/binary"
	"math/bits"
)

// Key makes the hashes of values useless to whoever does not hold it. Equal
// keys, equal hashes: totals over several files need scanners of one key.
type Key [16]byte

// hasher is SipHash-1-3 (Aumasson, Bernstein) under a key, with the class of
// a value mixed in so that equal texts of two classes differ.
type hasher struct{ k0, k1 uint64 }

func newHasher(k Key) hasher {
	return hasher{binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:])}
}

// sum hashes a normalised value. It never answers 0, which marks free slots.
func (h hasher) sum(k kind, p []byte) uint64 {
	s := h.begin(k)
	n := len(p)
	for len(p) >= 8 {
		s.word(binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	last := uint64(n) << 56
	for i, c := range p {
		last |= uint64(c) << (8 * i)
	}
	s.word(last)
	return s.end()
}

// number hashes a value that is a number of n digits.
func (h hasher) number(k kind, v uint64) uint64 {
	s := h.begin(k)
	s.word(v)
	return s.end()
}

type sip struct{ v0, v1, v2, v3 uint64 }

func (h hasher) begin(k kind) sip {
	k1 := h.k1 ^ uint64(k)<<56
	return sip{h.k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, h.k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
}

func (s *sip) word(w uint64) {
	s.v3 ^= w
	s.round()
	s.v0 ^= w
}

func (s *sip) end() uint64 {
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	if v := s.v0 ^ s.v1 ^ s.v2 ^ s.v3; v != 0 {
		return v
	}
	return 1
}

func (s *sip) round() {
	s.v0 += s.v1
	s.v2 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 = bits.RotateLeft64(s.v0, 32) + s.v3
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

// set holds distinct hashes up to a bound; 0 is no hash.
type set struct {
	slots []uint64
	n     int
	bound int
}

// add answers false when the set is full; values are no longer taken in then.
func (s *set) add(v uint64) bool {
	if s.n >= s.bound {
		return false
	}
	if 4*s.n >= 3*len(s.slots) {
		s.grow()
	}
	mask := uint64(len(s.slots) - 1)
	for i := v & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case v:
			return true
		case 0:
			s.slots[i] = v
			s.n++
			return true
		}
	}
}

func (s *set) full() bool { return s.n >= s.bound }

func (s *set) grow() {
	old := s.slots
	s.slots = make([]uint64, max(64, 4*len(old)))
	s.n = 0
	for _, v := range old {
		if v != 0 {
			s.add(v)
		}
	}
}

func (s *set) clear() {
	if s.n > 0 {
		clear(s.slots)
	}
	s.n = 0
}

// values lists what is held, at most limit, in no order.
func (s *set) values(limit int) []uint64 {
	list := make([]uint64, 0, min(s.n, limit))
	for _, v := range s.slots {
		if v != 0 && len(list) < limit {
			list = append(list, v)
		}
	}
	return list
}

// links lead from one hash to another; 0 is no hash.
type links struct {
	slots [][2]uint64
	n     int
}

// slot answers where a link from a hash stands, or where it would.
func (l *links) slot(from uint64) *[2]uint64 {
	mask := uint64(len(l.slots) - 1)
	for i := from & mask; ; i = (i + 1) & mask {
		if s := &l.slots[i]; s[0] == from || s[0] == 0 {
			return s
		}
	}
}

// of answers what a hash leads to, 0 for nothing.
func (l *links) of(from uint64) uint64 {
	if l.n == 0 {
		return 0
	}
	return l.slot(from)[1]
}

// link makes a hash lead to another, and answers false where it leads somewhere
// already.
func (l *links) link(from, to uint64) bool {
	if 4*l.n >= 3*len(l.slots) {
		l.grow()
	}
	s := l.slot(from)
	if s[0] == from {
		return false
	}
	*s = [2]uint64{from, to}
	l.n++
	return true
}

func (l *links) grow() {
	old := l.slots
	l.slots = make([][2]uint64, max(64, 4*len(old)))
	for _, s := range old {
		if s[0] != 0 {
			*l.slot(s[0]) = s
		}
	}
}

func (l *links) clear() {
	if l.n > 0 {
		clear(l.slots)
	}
	l.n = 0
}
