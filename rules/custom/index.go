package custom

import "encoding/binary"

// role says what a text of the index is to its detector.
type role uint8

const (
	word role = iota
	anchor
	near
)

// ref is one detector's use of a text.
type ref struct {
	detector int32
	role     role
}

// index finds any of many texts in one pass: by their first six bytes (or first
// two, for shorter ones), then by length. It is immutable once built.
type index struct {
	byText map[string][]ref
	short  *[1 << 16]uint8 // by the first two bytes, the lengths 2 to 5 there are, a bit each; nil: none
	sieve  []uint64        // a bit for every beginning of six bytes, by hash
	shift  uint
	starts map[uint64]uint64 // by the first six bytes, the lengths there are, a bit each
}

const (
	longStart   = 6
	sixBytes    = 1<<(8*longStart) - 1
	leastSieve  = 12 // bits of its size
	sievePerKey = 5  // bits of its size more than of the number of beginnings
)

func newIndex(texts map[string][]ref) *index {
	x := &index{byText: texts, starts: map[uint64]uint64{}}
	for text := range texts {
		if len(text) < longStart {
			if x.short == nil {
				x.short = new([1 << 16]uint8)
			}
			x.short[uint16(text[0])|uint16(text[1])<<8] |= 1 << len(text)
			continue
		}
		x.starts[start(text)] |= 1 << len(text)
	}
	size := uint(leastSieve)
	for 1<<size < len(x.starts)<<sievePerKey {
		size++
	}
	x.sieve, x.shift = make([]uint64, 1<<(size-6)), 64-size
	for key := range x.starts {
		h := x.hash(key)
		x.sieve[h/64] |= 1 << (h % 64)
	}
	return x
}

func start(text string) uint64 {
	var b [8]byte
	copy(b[:longStart], text)
	return binary.LittleEndian.Uint64(b[:])
}

func (x *index) hash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> x.shift }

// hit is a text of the index, found.
type hit struct {
	start, end int
	ref        ref
}

// padding is how many bytes have to follow a text that is searched.
const padding = 8

// find appends what stands in text[:n], in order of where it begins; longer ones
// first. padding bytes follow text[:n].
func (x *index) find(text []byte, n int, found []hit) []hit {
	var last byte
	for i := 0; i < n; i++ {
		c := text[i]
		before := last
		last = c
		if c&0xC0 == 0x80 {
			continue // within a character
		}
		eight := binary.LittleEndian.Uint64(text[i : i+8])
		if h := x.hash(eight & sixBytes); x.sieve[h/64]>>(h%64)&1 == 1 {
			found = x.try(text[:n], i, before, x.starts[eight&sixBytes], found)
		}
		if x.short != nil && x.short[uint16(eight)] != 0 {
			found = x.try(text[:n], i, before, uint64(x.short[uint16(eight)]), found)
		}
	}
	return found
}

// try looks up what begins at i in each of the lengths.
func (x *index) try(text []byte, i int, before byte, lengths uint64, found []hit) []hit {
	for n := maxWord; lengths != 0 && n > 0; n-- {
		if lengths>>n&1 == 0 {
			continue
		}
		if lengths &^= 1 << n; i+n > len(text) {
			continue
		}
		refs, ok := x.byText[string(text[i:i+n])]
		if !ok {
			continue
		}
		whole := !(alnum(before) && alnum(text[i])) && !(i+n < len(text) && alnum(text[i+n-1]) && alnum(text[i+n]))
		for _, r := range refs {
			if whole || r.role == anchor {
				found = append(found, hit{i, i + n, r})
			}
		}
	}
	return found
}
