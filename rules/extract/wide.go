package extract

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// wide tells charsets of two or four bytes for each character.
func (c charset) wide() bool { return c >= utf16le && c <= utf32be }

// wideStep is how much of wide text is looked at together, in bytes.
const wideStep = 256

// wideText answers how far a block is text in a wide charset, which it begins
// with.
func wideText(block []byte, c charset) []byte {
	for at := wideStep; at < len(block); at += wideStep {
		if next := block[at:min(at+wideStep, len(block))]; len(next) >= 4 && (c.score(next) < 40 || misread(next)) {
			return block[:at]
		}
	}
	return block
}

// score rates a sample read in a wide charset, from below 0 to 100.
func (c charset) score(sample []byte) int {
	if c == utf32le || c == utf32be {
		return scoreUTF32(sample, c)
	}
	return scoreWide(sample, c)
}

// scoreWide rates a sample read as UTF-16, from below 0 to 100.
func scoreWide(sample []byte, c charset) int {
	total, units, high := 0, 0, false
	for i := 0; i+1 < len(sample); i += 2 {
		r := rune(sample[i]) | rune(sample[i+1])<<8
		if c == utf16be {
			r = rune(sample[i])<<8 | rune(sample[i+1])
		}
		units++
		switch {
		case r == 0xFEFF && i == 0:
			total += weightUsual
		case r >= 0xD800 && r < 0xDC00: // the next unit tells
		case r >= 0xDC00 && r < 0xE000 && high:
			total += 2 * weightRare
		default:
			total += weigh(r)
		}
		high = r >= 0xD800 && r < 0xDC00
	}
	if units == 0 {
		return 0
	}
	return total / units
}

// judgeWide answers a byte order of UTF-16, or notText.
func judgeWide(sample []byte, nul int) charset {
	le, be := scoreWide(sample, utf16le), scoreWide(sample, utf16be)
	best := max(le, be)
	if best < 70 {
		return notText
	}
	if nul == 0 && best <= max(scoreNarrow(sample, simplifiedchinese.GB18030), scoreNarrow(sample, traditionalchinese.Big5)) {
		return notText
	}
	if be > le {
		return utf16be
	}
	return utf16le
}

// judgeUTF32 answers a byte order of UTF-32, or notText. Before is what stood
// there until now. No character needs the highest byte, most not the next.
func judgeUTF32(sample []byte, nul int, before charset) charset {
	if nul < len(sample)/4 || len(sample) < 4 {
		return notText
	}
	for _, c := range []charset{utf32le, utf32be} {
		if score := scoreUTF32(sample, c); score >= 70 || score >= 40 && c == before {
			return c
		}
	}
	return notText
}

// scoreUTF32 rates a sample read as UTF-32, from below 0 to 100.
func scoreUTF32(sample []byte, c charset) int {
	total := 0
	for i := 0; i+4 <= len(sample); i += 4 {
		switch r := unit32(sample[i:], c); {
		case r == 0xFEFF && i == 0:
			total += weightUsual
		case r > utf8.MaxRune:
			total += weightInvalid
		default:
			total += weigh(rune(r))
		}
	}
	return total / (len(sample) / 4)
}

func unit32(p []byte, c charset) uint32 {
	if c == utf32be {
		return binary.BigEndian.Uint32(p)
	}
	return binary.LittleEndian.Uint32(p)
}

func highSurrogate(unit []byte, c charset) bool {
	high := unit[1]
	if c == utf16be {
		high = unit[0]
	}
	return high >= 0xD8 && high <= 0xDB
}

func appendUTF16(dst, block []byte, c charset) []byte {
	lo, hi := 0, 1
	if c == utf16be {
		lo, hi = 1, 0
	}
	for i := 0; i+1 < len(block); i += 2 {
		r := rune(block[i+lo]) | rune(block[i+hi])<<8
		if utf16.IsSurrogate(r) && i+3 < len(block) {
			if pair := utf16.DecodeRune(r, rune(block[i+2+lo])|rune(block[i+2+hi])<<8); pair != utf8.RuneError {
				r = pair
				i += 2
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func appendUTF32(dst, block []byte, c charset) []byte {
	for ; len(block) >= 4; block = block[4:] {
		dst = utf8.AppendRune(dst, rune(min(unit32(block, c), utf8.MaxRune+1)))
	}
	return dst
}
