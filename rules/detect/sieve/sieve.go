// Package sieve marks where in a text something may stand that package detect
// looks for, at several gigabytes a second: one bit for each byte. It marks too
// much rather than too little; who asks looks closer.
//
// The work is done 64 bytes at a time, on amd64 with AVX2 by vector
// instructions and elsewhere in Go. Both mark the same.
package sieve

import "encoding/binary"

// What is marked, by its first byte: two bytes of which each is of a class, or
// four bytes that begin at an index four divides and may be part of a number.
//
//	'@'        0x20 to 0x7F
//	0xBC       0x90 to 0x9A, 0xA0 to 0xAA: behind 0xEF a full-width digit, colon, '@'
//	0x8F       0xB7: behind 0xE5 号
//	'%'        '3'
//	'\'        'u', 'x'
//	'&'        '#'
//	'<'        '<'
//
// Bytes of a number are digits and the separators " -./()". No two separators
// stand side by side in it, a closing bracket set apart. As a run of eleven
// such bytes holds eight that begin at an index four divides, four bytes are
// marked only if the next four may be part of a number too.

// Overhang is how much behind a text has to be marked with it, for numbers that
// begin at its end.
const Overhang = 16

// tables answer, for the lower and the upper half of a byte, the classes it may
// belong to: of a byte that belongs to one both say so. Classes of the first and
// the second byte of a pair have the same bit. Of bytes of a number, digits are
// 4, separators 1 and a closing bracket 3.
type tables struct {
	firstLow, firstHigh, secondLow, secondHigh, numberLow, numberHigh [16]byte
}

var classes = func() (t tables) {
	for bit, p := range []struct{ firstHigh, firstLow, secondHigh, secondLow string }{
		{"4", "0", "234567", "0123456789abcdef"},
		{"b", "c", "9a", "0123456789a"},
		{"8", "f", "b", "7"},
		{"2", "5", "3", "3"},
		{"5", "c", "7", "58"},
		{"2", "6", "2", "3"},
		{"3", "c", "3", "c"},
	} {
		enter(&t.firstHigh, p.firstHigh, 1<<bit)
		enter(&t.firstLow, p.firstLow, 1<<bit)
		enter(&t.secondHigh, p.secondHigh, 1<<bit)
		enter(&t.secondLow, p.secondLow, 1<<bit)
	}
	enter(&t.numberHigh, "3", digit)
	enter(&t.numberLow, "0123456789", digit)
	enter(&t.numberHigh, "2", bracket|separator)
	enter(&t.numberLow, "9", bracket)
	enter(&t.numberLow, "089def", separator)
	return t
}()

const (
	separator = 1 << iota
	bracket
	digit
)

func enter(table *[16]byte, halves string, class byte) {
	for _, c := range []byte(halves) {
		if c >= 'a' {
			c -= 'a' - 10 - '0'
		}
		table[c-'0'] |= class
	}
}

// Words answers how many words of marks n bytes of text have.
func Words(n int) int { return (n + 63) / 64 }

// Mark sets bit i%64 of words[i/64] where text[i:] is marked and clears the
// other bits of Words(len(text)) words.
func Mark(words []uint64, text []byte) { mark(words, text, vectors) }

// Portable is Mark without the help of the processor.
func Portable(words []uint64, text []byte) { mark(words, text, false) }

// mark marks the end of the text on a copy that has room behind it: the byte
// after a group is looked at.
func mark(words []uint64, text []byte, vectors bool) {
	n := max(0, len(text)-1) / 64
	groups(words[:n], text, vectors)
	if rest := text[n*64:]; len(rest) > 0 {
		var end [2*64 + 1]byte
		copy(end[:], rest)
		var marks [2]uint64
		groups(marks[:], end[:], vectors)
		copy(words[n:Words(len(text))], marks[:])
	}
}

// groups marks len(words) groups of 64 bytes; text is at least a byte longer.
func groups(words []uint64, text []byte, vectors bool) {
	if vectors {
		vector(words, text)
	} else {
		portable(words, text)
	}
}

func portable(words []uint64, text []byte) {
	for i := range words {
		words[i] = group((*[65]byte)(text[64*i:]))
	}
}

func group(text *[65]byte) (word uint64) {
	for i := 0; i < 64; i += 8 {
		if !mayPair(binary.LittleEndian.Uint64(text[i:])) {
			continue
		}
		for k := i; k < i+8; k++ {
			if pairs.first[text[k]]&pairs.second[text[k+1]] != 0 {
				word |= 1 << k
			}
		}
	}
	if !mayCount(text) {
		return word
	}
	var numbers, digits uint64
	for i, c := range text[:64] {
		numbers |= uint64(pairs.number[c]&1) << i
		digits |= uint64(pairs.number[c]>>1) << i
	}
	return word | fours(numbers, digits)
}

// mayPair tells whether a byte that pairs begin with may be among eight: one of
// them taken away leaves zero. Bits in which '%' and '&', and '<' and '\\', differ
// do not matter.
func mayPair(x uint64) bool {
	const each = 0x0101010101010101
	at, full, house := x^each*'@', x^each*0xBC, x^each*0x8F
	percent, other := x&(each*0xFC)^each*0x24, x&(each*0x9F)^each*0x1C
	return ((at-each)&^at|(full-each)&^full|(house-each)&^house|(percent-each)&^percent|(other-each)&^other)&(each*0x80) != 0
}

// mayCount tells whether four bytes from an index that four divides, and as
// many behind them, are from 0x20 to 0x3F, as all bytes of a number are.
func mayCount(text *[65]byte) bool {
	before := uint32(0)
	for i := 0; i < 64; i += 4 {
		four := (binary.LittleEndian.Uint32(text[i:]) ^ 0x20202020) & 0xE0E0E0E0
		if before|four == 0 && i > 0 {
			return true
		}
		before = four
	}
	return before == 0
}

// fours marks four bytes of a number that four more follow, or the end of the
// group.
func fours(numbers, digits uint64) uint64 {
	pairs := numbers & (numbers >> 1) & (digits | digits>>1)
	whole := pairs & (pairs >> 1) & (pairs >> 2) & 0x1111111111111111
	return whole & (whole>>4 | 1<<60)
}

// pairs are the tables for whole bytes; of number bit 0 says that a byte may be
// part of a number and bit 1 that it is no separator.
var pairs = func() (p struct{ first, second, number [256]byte }) {
	for c := range 256 {
		low, high := c&15, c>>4
		p.first[c] = classes.firstLow[low] & classes.firstHigh[high]
		p.second[c] = classes.secondLow[low] & classes.secondHigh[high]
		if class := classes.numberLow[low] & classes.numberHigh[high]; class > separator {
			p.number[c] = 3
		} else if class > 0 {
			p.number[c] = 1
		}
	}
	return p
}()
