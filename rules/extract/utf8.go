package extract

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	// notASCII has the bit of every byte that ASCII has not.
	notASCII = 0x8080808080808080
	// Of one and of two characters of three bytes: the bits that tell the lead
	// and the bytes that follow it, and how they are set.
	oneOfThree     = 0xC0C0F0
	oneOfThreeBits = 0x8080E0
	twoOfThree     = 0xC0C0F0_C0C0F0
	twoOfThreeBits = 0x8080E0_8080E0
)

// validUTF8 is utf8.Valid, faster on text that changes between ASCII and
// characters of three bytes, as Chinese text does.
func validUTF8(p []byte) bool {
	i := 0
	for i+16 <= len(p) {
		q := p[i : i+16 : i+16]
		a, b := binary.LittleEndian.Uint64(q), binary.LittleEndian.Uint64(q[8:])
		if (a|b)&notASCII == 0 {
			i += 16
			continue
		}
		if a &= notASCII; a != 0 {
			i += bits.TrailingZeros64(a) / 8
		} else {
			i += 8 + bits.TrailingZeros64(b&notASCII)/8
		}
		for i+8 <= len(p) && p[i] >= utf8.RuneSelf {
			word := binary.LittleEndian.Uint64(p[i:])
			switch {
			case word&oneOfThree != oneOfThreeBits || !unrestricted(byte(word)):
				_, n := utf8.DecodeRune(p[i:])
				if n == 1 {
					return false
				}
				i += n
			case word&twoOfThree == twoOfThreeBits && unrestricted(byte(word>>24)):
				i += 6
			default:
				i += 3
			}
		}
	}
	return utf8.Valid(p[i:])
}

// unrestricted tells whether any bytes may follow this lead of three bytes.
func unrestricted(lead byte) bool { return lead != 0xE0 && lead != 0xED }
