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
func Normalise(kind Kind, cell, out []byte) []byte { return normalise(kind.code(), cell, out) }

func normalise(code byte, cell, out []byte) []byte {
	start := len(out)
	for i := 0; i < len(cell) && len(out)-start < maxCell; {
		if c := cell[i]; c < utf8.RuneSelf {
			if c = lower(c); keepsASCII(code, c) {
				out = append(out, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(cell[i:])
		i += n
		if r = fold(r); keeps(code, r) {
			out = utf8.AppendRune(out, r)
		}
	}
	normal := out[start:]
	switch code {
	case mobileCode:
		normal = withoutCountry(normal)
	case emailCode:
		normal = bytes.Trim(normal, ".<>")
	}
	if !tells(code, normal) {
		return out[:start]
	}
	return append(out[:start], normal...)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func keepsASCII(code, c byte) bool {
	digit := c-'0' <= 9
	switch code {
	case mobileCode, cardCode:
		return digit
	case emailCode:
		return c > ' ' && c < 0x7F
	}
	return digit || c-'a' <= 'z'-'a'
}

// fold takes the width and the case off.
func fold(r rune) rune {
	switch {
	case r >= 0x3400 && r <= 0x9FFF:
		return r
	case r >= 0xFF01 && r <= 0xFF5E && r-0xFEE0 >= 'A' && r-0xFEE0 <= 'Z':
		return r - 0xFEE0 + 'a' - 'A'
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	}
	return unicode.ToLower(r)
}

func keeps(code byte, r rune) bool {
	if r < utf8.RuneSelf {
		return keepsASCII(code, byte(r))
	}
	switch code {
	case mobileCode, cardCode:
		return false
	case emailCode:
		return r != utf8.RuneError && !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
	}
	return isWord(r)
}

// isWord tells letters and digits; most of them quickly.
func isWord(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
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
func tells(code byte, normal []byte) bool {
	switch code {
	case nameCode:
		return utf8.RuneCount(normal) >= 2
	case mobileCode:
		return len(normal) >= 7 && len(normal) <= maxDigits
	case idCode:
		return len(normal) >= 6
	case cardCode:
		return len(normal) >= 8 && len(normal) <= maxDigits
	case emailCode:
		return bytes.IndexByte(normal, '@') > 0
	case addressCode:
		return utf8.RuneCount(normal) >= 4
	}
	switch string(normal) {
	case "na", "null", "none", "nil", "未知", "其他", "其它", "unknown":
		return false
	}
	return utf8.RuneCount(normal) >= 2
}
