package detect

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Characters may stand for themselves or be written as escapes, as programs
// write what is not ASCII and as people do who want to hide it:
//
//	\u5f20  \xe5\xbc\xa0  %E5%BC%A0  =E5=BC=A0  &#24352;  &#x5F20;
//
// They are read in place, so that what stands beside them counts.

// mayEscape tells whether a line holds escapes to be read.
func mayEscape(text []byte) bool {
	for rest := text; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 || i+1 >= len(rest) {
			break
		}
		if c := rest[i+1]; c == 'u' || c == 'x' {
			return true
		}
		rest = rest[i+2:]
	}
	return bytes.Contains(text, []byte("&#")) || percents(text) >= leastPercents || quotedPrintable(text)
}

// leastPercents is how many bytes of a line must be written with percent signs:
// fewer are units and formats.
const leastPercents = 3

func percents(text []byte) (n int) {
	for {
		i := bytes.IndexByte(text, '%')
		if i < 0 || i+2 >= len(text) {
			return n
		}
		if text = text[i+1:]; hexByte(text) >= 0 {
			n++
		}
	}
}

// quotedPrintable tells whether a character of Han is written as =E5=BC=A0.
func quotedPrintable(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '=')
		if i < 0 || i+8 >= len(text) {
			return false
		}
		if text[i+1] == 'E' && text[i+3] == '=' && text[i+6] == '=' {
			if r, _ := byteEscapes(text[i:], "="); r >= 0x2E80 {
				return true
			}
		}
		text = text[i+1:]
	}
}

// escape answers the character that an escape at the beginning of text stands
// for and the length of the escape; 0 where there is none.
func escape(text []byte) (r rune, n int) {
	switch {
	case len(text) < 3:
	case text[0] == '\\' && text[1] == 'u':
		return unitEscape(text)
	case text[0] == '\\' && text[1] == 'x':
		return byteEscapes(text, `\x`)
	case text[0] == '%':
		return byteEscapes(text, "%")
	case text[0] == '=':
		if r, n = byteEscapes(text, "="); r >= utf8.RuneSelf {
			return r, n
		}
	case text[0] == '&' && text[1] == '#':
		return reference(text)
	}
	return 0, 0
}

// unitEscape reads \uXXXX, and two of them for a character outside of the
// basic plane.
func unitEscape(text []byte) (rune, int) {
	unit := func(p []byte) rune {
		if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
			return -1
		}
		high, low := hexByte(p[2:]), hexByte(p[4:])
		if high < 0 || low < 0 {
			return -1
		}
		return rune(high<<8 | low)
	}
	r := unit(text)
	if r < 0 {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if r = utf16.DecodeRune(r, unit(text[6:])); r == utf8.RuneError {
			return 0, 0
		}
		return r, 12
	}
	return r, 6
}

// byteEscapes reads one character in UTF-8 whose bytes are written as two
// hexadecimal digits behind a mark.
func byteEscapes(text []byte, mark string) (rune, int) {
	var char [utf8.UTFMax]byte
	for k := range char {
		at := k * (len(mark) + 2)
		if len(text) < at+len(mark)+2 || string(text[at:at+len(mark)]) != mark {
			return 0, 0
		}
		b := hexByte(text[at+len(mark):])
		if b < 0 {
			return 0, 0
		}
		char[k] = byte(b)
		if utf8.FullRune(char[:k+1]) {
			r, n := utf8.DecodeRune(char[:k+1])
			if r == utf8.RuneError || n != k+1 {
				return 0, 0
			}
			return r, n * (len(mark) + 2)
		}
	}
	return 0, 0
}

// reference reads &#24352; and &#x5F20;.
func reference(text []byte) (rune, int) {
	end := bytes.IndexByte(text[:min(len(text), 10)], ';')
	if end < 3 {
		return 0, 0
	}
	digits, base := text[2:end], 10
	if digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	r, err := strconv.ParseUint(string(digits), base, 21)
	if err != nil || !utf8.ValidRune(rune(r)) {
		return 0, 0
	}
	return rune(r), end + 1
}

// hexByte answers the byte that two hexadecimal digits stand for, -1 for
// anything else.
func hexByte(p []byte) int {
	if len(p) < 2 {
		return -1
	}
	high, low := hexDigit(p[0]), hexDigit(p[1])
	if high < 0 || low < 0 {
		return -1
	}
	return high<<4 | low
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// escapedLineEnd tells whether text begins with a line end written as escape.
func escapedLineEnd(text []byte) bool {
	switch {
	case len(text) < 6:
		return false
	case text[0] == '%':
		return text[1] == '0' && text[2]|0x20 == 'a'
	case text[0] == '\\':
		return string(text[1:5]) == "u000" && text[5]|0x20 == 'a'
	}
	return false
}

// behindPercent tells whether %2C, or another separator written so, stands
// right before i.
func behindPercent(text []byte, i int) bool {
	if i < 3 || i > len(text) || text[i-3] != '%' {
		return false
	}
	c := hexByte(text[i-2:])
	return c >= 0 && !isDigit(byte(c)) && !isLetter(byte(c))
}

// escapeMarks are bytes that stand before digits in escapes of digits, but for
// those of \u0031.
var escapeMarks = func() (t [256]bool) {
	for _, c := range []byte("%#x") {
		t[c] = true
	}
	return t
}()

// escapedDigits answers where the run of digits begins that are written as
// escapes and one of which stands around i; ok is false for fewer than make a
// number. The run is followed back to least and for as many digits as matter.
func escapedDigits(text []byte, i, least int) (start int, ok bool) {
	for start = i; ; start-- {
		if start < max(least, i-longestEscape) {
			return 0, false
		}
		if digit, n := escapedDigit(text[start:]); digit && start+n > i {
			break
		}
	}
	for moved := true; moved; {
		moved = false
		for n := 3; n <= longestEscape && start-n >= least; n++ {
			if digit, length := escapedDigit(text[start-n:]); digit && length == n {
				start, moved = start-n, true
				break
			}
		}
	}
	digits := 0
	for at := start; digits < leastDigits && at < len(text); digits++ {
		digit, n := escapedDigit(text[at:])
		if !digit {
			break
		}
		at += n
	}
	return start, digits >= leastDigits
}

// longestEscape is the length of &#x0031;.
const longestEscape = 8

func escapedDigit(text []byte) (ok bool, n int) {
	switch {
	case len(text) < 3:
		return false, 0
	case text[0] == '%' && text[1] == '3', text[0] == '&' && text[1] == '#':
	case text[0] == '\\' && (text[1] == 'x' && text[2] == '3' || text[1] == 'u' && text[2] == '0'):
	default:
		return false, 0
	}
	r, n := escape(text)
	return n > 0 && r >= '0' && r <= '9', n
}
