// Package sieve marks where in a text something may stand that package detect
// looks for, at several gigabytes a second: one bit for each byte. It marks too
// much rather than too little; who asks looks closer.
//
// The work is done 64 bytes at a time, on amd64 with AVX2 by vector
// instructions and elsewhere in Go. Both mark the same.
package sieve

import (
	"bytes"
	"encoding/binary"
)

// What is marked, by its first byte: two bytes of which each is of a class, or
// four bytes that begin at an index four divides and may be part of a number.
//
//	'@'        0x20 to 0x7F
//	0xBC       0x90 to 0x9A, 0xA0 to 0xAA: behind 0xEF a full-width digit, colon, '@'
//	'0' to '9' 0xE5: the first of three bytes of 号, and of others
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
		{"3", "0123456789", "e", "5"},
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
	n := 64 * len(words)
	for _, first := range []byte(`@%\&<`) { // by what vectors the runtime itself has
		for at := 0; ; at++ {
			i := bytes.IndexByte(text[at:n], first)
			if i < 0 {
				break
			}
			if at += i; sorts.first[first]&sorts.second[text[at+1]] != 0 {
				words[at/64] |= 1 << (at % 64)
			}
		}
	}
}

const each = 0x0101010101010101 // of eight bytes

// group marks numbers, and pairs beyond ASCII; most groups hold none of either.
// Of eight bytes of a number that begin at an index four divides, four begin at
// an index that eight does not divide: those of two words are looked at
// together. They are all from 0x20 to 0x3F, and some of them are from 0x30 on or,
// as a closing bracket, odd and end in 9 to F.
func group(text *[65]byte) (word uint64) {
	const both = 1<<32 + 1 // fours of eight bytes
	var beyond, found uint64
	for i := 0; i < 64; i += 16 {
		a, b := binary.LittleEndian.Uint64(text[i:]), binary.LittleEndian.Uint64(text[i+8:])
		beyond |= a | b
		x := a>>32 | b>>32<<32
		outside, telling := (x^each*0x20)&(each*0xE0), (x>>4|x&(x>>3))&each
		found |= (outside - both) &^ outside & (telling + both*(1<<31-1))
	}
	if (beyond|uint64(text[64]))&(each*0x80) != 0 {
		word = pairs(text)
	}
	if found&(both<<31) != 0 && mayNumber(text) {
		word |= numbers(text)
	}
	return word
}

// mayNumber tells whether four bytes as those of a number stand in a group, and
// four more behind them.
func mayNumber(text *[65]byte) bool {
	const both = 1<<32 + 1
	var found uint64
	for i := 0; i < 64; i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		outside, telling := (x^each*0x20)&(each*0xE0), (x>>4|x&(x>>3))&each
		four := (outside - both) &^ outside & (telling + both*(1<<31-1)) & (both << 31)
		found |= (four>>31 | four>>62) & 3 << (i / 4)
	}
	return found&(found>>1|1<<15) != 0
}

// pairs marks pairs of which a byte is beyond ASCII.
func pairs(text *[65]byte) (word uint64) {
	for i := 0; i < 64; i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		full, digit := x^each*0xBC, x&(each*0xF0)^each*0x30
		if ((full-each)&^full|(digit-each)&^digit)&(each*0x80) == 0 {
			continue
		}
		for k := i; k < i+8; k++ {
			if sorts.first[text[k]]&sorts.second[text[k+1]] != 0 {
				word |= 1 << k
			}
		}
	}
	return word
}

func numbers(text *[65]byte) uint64 {
	var numbers, digits uint64
	for i, c := range text[:64] {
		numbers |= uint64(sorts.number[c]&1) << i
		digits |= uint64(sorts.number[c]>>1) << i
	}
	return fours(numbers, digits)
}

// fours marks four bytes of a number that four more follow, or the end of the
// group.
func fours(numbers, digits uint64) uint64 {
	pairs := numbers & (numbers >> 1) & (digits | digits>>1)
	whole := pairs & (pairs >> 1) & (pairs >> 2) & 0x1111111111111111
	return whole & (whole>>4 | 1<<60)
}

// sorts are the tables for whole bytes; of number bit 0 says that a byte may be
// part of a number and bit 1 that it is no separator.
var sorts = func() (p struct{ first, second, number [256]byte }) {
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
