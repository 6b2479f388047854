package similar

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"github.com/dchest/siphash"

	"github.com/trustline/trustline/rules/listfile"
)

// What is common to two texts is found for sure from gram+window-1 bytes of
// normalised text on: 87 letters, or 29 Chinese characters.
const (
	gram   = 24 // bytes: 8 Chinese characters
	window = 64 // grams, of which the least is taken: about one byte in 32
	ring   = 128
)

// winnower takes fingerprints of text that arrives bit by bit.
type winnower struct {
	base, out  uint64 // of the rolling hash
	salt       uint64
	key        [2]uint64
	part       [utf8.UTFMax]byte // of a character that is cut
	parts      int
	text       [ring]byte   // the last normalised bytes
	hash       [ring]uint64 // of the gram that ends there
	from       [ring]int64  // where in the text they came from
	n          int64        // normalised bytes so far
	raw        int64        // bytes so far
	roll       uint64
	least      int64                         // where the gram ends that was taken last
	emit       func(print uint64, end int64) // end of the gram, in normalised bytes since begin
	last       uint64
	normalised [4]byte
}

func newWinnower(key *listfile.Key, emit func(uint64, int64)) (*winnower, error) {
	b, err := key.Derive("similar", 32)
	if err != nil {
		return nil, err
	}
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	w := &winnower{base: u(0) | 1, salt: u(1), key: [2]uint64{u(2), u(3)}, out: 1, emit: emit}
	for range gram {
		w.out *= w.base
	}
	w.begin()
	w.raw = 0
	return w, nil
}

// begin starts text that has nothing to do with what was before.
func (w *winnower) begin() {
	w.parts, w.n, w.roll, w.least, w.last = 0, 0, 0, -1, 0
}

func (w *winnower) write(p []byte) {
	for len(p) > 0 && w.parts > 0 {
		w.part[w.parts] = p[0]
		w.parts++
		p = p[1:]
		w.raw++
		if utf8.FullRune(w.part[:w.parts]) {
			r, n := utf8.DecodeRune(w.part[:w.parts])
			rest := append([]byte(nil), w.part[n:w.parts]...) // of what was no character
			w.parts = 0
			w.rune(r)
			w.raw -= int64(len(rest))
			w.write(rest)
		}
	}
	for i := 0; i < len(p); {
		b := p[i]
		switch {
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9':
			w.raw++
			w.byte(b)
			i++
		case b >= 'A' && b <= 'Z':
			w.raw++
			w.byte(b + 'a' - 'A')
			i++
		case b < utf8.RuneSelf:
			w.raw++
			i++
		case !utf8.FullRune(p[i:]):
			w.parts = copy(w.part[:], p[i:])
			w.raw += int64(w.parts)
			return
		default:
			r, n := utf8.DecodeRune(p[i:])
			w.raw += int64(n)
			w.rune(r)
			i += n
		}
	}
}

// rune takes a character beyond ASCII, unless it is neither letter nor digit.
func (w *winnower) rune(r rune) {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF:
	case r >= 0xFF01 && r <= 0xFF5E:
		if r -= 0xFEE0; r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		if r < '0' || r > '9' && r < 'a' || r > 'z' {
			return
		}
	case r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r):
		return
	default:
		r = unicode.ToLower(r)
	}
	for _, b := range w.normalised[:utf8.EncodeRune(w.normalised[:], r)] {
		w.byte(b)
	}
}

// byte rolls the hash on and takes the least gram of the window, the last of
// equals, whenever it is another one.
func (w *winnower) byte(b byte) {
	at := w.n & (ring - 1)
	w.roll = w.roll*w.base + uint64(b) + 1
	if w.n >= gram {
		w.roll -= w.out * (uint64(w.text[(w.n-gram)&(ring-1)]) + 1)
	}
	w.text[at], w.from[at] = b, w.raw
	h := (w.roll ^ w.salt) * 0x9E3779B97F4A7C15
	h ^= h >> 32
	w.hash[at] = h
	w.n++
	if w.n < gram+window-1 {
		return
	}
	first := w.n - window // where the first gram of the window ends
	switch {
	case w.least < first:
		w.least = first
		for i := first + 1; i < w.n; i++ {
			if w.hash[i&(ring-1)] <= w.hash[w.least&(ring-1)] {
				w.least = i
			}
		}
	case h <= w.hash[w.least&(ring-1)]:
		w.least = w.n - 1
	default:
		return
	}
	w.take(w.least)
}

// take gives the fingerprint of the gram that ends at a place out.
func (w *winnower) take(end int64) {
	var g [gram]byte
	for i := range g {
		g[i] = w.text[(end-gram+1+int64(i))&(ring-1)]
	}
	print := siphash.Hash(w.key[0], w.key[1], g[:])
	if print != w.last {
		w.last = print
		w.emit(print, end+1)
	}
}

// settled answers up to where the text cannot be part of a gram any more.
func (w *winnower) settled() int64 {
	if w.n <= ring {
		return w.raw - int64(w.parts) - w.sinceBegin()
	}
	return w.from[w.n&(ring-1)] - utf8.UTFMax
}

// sinceBegin answers how many bytes the text has that began last, as far as
// they matter.
func (w *winnower) sinceBegin() int64 {
	if w.n == 0 {
		return 0
	}
	return w.raw - w.from[0] + utf8.UTFMax
}
