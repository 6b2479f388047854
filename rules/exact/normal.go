package exact

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// maxCell bounds a cell, in bytes of its normal form; longer ones are cut.
const (
	maxCell   = 256
	maxDigits = 24 // of a number
)

// Normalise appends to out the form in which cells of a kind are compared:
// width and case folded; separators gone from numbers, and all but letters and
// digits from texts. It answers nothing for what says nothing: "-", "n/a".
func Normalise(kind Kind, cell, out []byte) []byte {
	start := len(out)
	for i := 0; i < len(cell) && len(out)-start < maxCell; {
		r, n := rune(cell[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(cell[i:])
		}
		i += n
		if r = fold(r); keeps(kind, r) {
			out = utf8.AppendRune(out, r)
		}
	}
	normal := out[start:]
	switch kind {
	case Mobile:
		normal = withoutCountry(normal)
	case Email:
		normal = bytes.Trim(normal, ".<>")
	}
	if !tells(kind, normal) {
		return out[:start]
	}
	return append(out[:start], normal...)
}

// fold takes the width and the case off.
func fold(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return r
	case r >= 0xFF01 && r <= 0xFF5E:
		return fold(r - 0xFEE0)
	}
	return unicode.ToLower(r)
}

func keeps(kind Kind, r rune) bool {
	switch kind {
	case Mobile, Card:
		return r >= '0' && r <= '9'
	case Email:
		return r > ' ' && r != utf8.RuneError && !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
	}
	return isWord(r)
}

// isWord tells letters and digits; most of them quickly.
func isWord(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
		return true
	case r < utf8.RuneSelf:
		return false
	case r >= 0x4E00 && r <= 0x9FFF:
		return true
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// withoutCountry takes +86 off a Chinese mobile number.
func withoutCountry(digits []byte) []byte {
	for _, prefix := range []string{"0086", "86"} {
		if len(digits) == len(prefix)+11 && bytes.HasPrefix(digits, []byte(prefix)) && digits[len(prefix)] == '1' {
			return digits[len(prefix):]
		}
	}
	return digits
}

// tells tells whether a cell is long enough to mean somebody.
func tells(kind Kind, normal []byte) bool {
	switch kind {
	case Name:
		return utf8.RuneCount(normal) >= 2
	case Mobile:
		return len(normal) >= 7 && len(normal) <= maxDigits
	case ID:
		return len(normal) >= 6
	case Card:
		return len(normal) >= 8 && len(normal) <= maxDigits
	case Email:
		return bytes.IndexByte(normal, '@') > 0
	case Address:
		return utf8.RuneCount(normal) >= 4
	}
	switch string(normal) {
	case "na", "null", "none", "nil", "未知", "其他", "其它", "unknown":
		return false
	}
	return utf8.RuneCount(normal) >= 2
}
