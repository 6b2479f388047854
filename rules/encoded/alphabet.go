package encoded

import (
	"bytes"
	"unicode/utf8"
)

const (
	padding = 64 // what '=' stands for in sixBits
	nothing = 255
)

// sixBits is what the characters of base64 stand for, those of both alphabets
// (RFC 4648, sections 4 and 5). Hexadecimal digits are among them.
var sixBits = func() (t [256]byte) {
	for i := range t {
		t[i] = nothing
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i)
	}
	t['-'], t['_'], t['='] = 62, 63, padding
	return t
}()

// values is what the characters of an encoding stand for.
var values = map[string]*[256]byte{Base64: &sixBits, Base32: table(fiveBits), Hex: table(hexDigit)}

func table(value func(byte) byte) *[256]byte {
	var t [256]byte
	for i := range t {
		t[i] = value(byte(i))
	}
	return &t
}

// runOf tells whether p holds nothing but characters of an alphabet.
func runOf(p []byte) bool {
	for _, c := range p {
		if sixBits[c] >= padding {
			return false
		}
	}
	return true
}

// leading answers how many characters of an alphabet p begins with.
func leading(p []byte) int {
	for i, c := range p {
		if sixBits[c] >= padding {
			return i
		}
	}
	return len(p)
}

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return nothing
}

// fiveBits answers what a character of base32 stands for (RFC 4648, section 6).
func fiveBits(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c - 'A'
	case c >= '2' && c <= '7':
		return c - '2' + 26
	}
	return nothing
}

func allHex(p []byte) bool { return all(p, hexDigit) }

func allBase32(p []byte) bool { return all(p, fiveBits) }

func all(p []byte, value func(byte) byte) bool {
	for _, c := range p {
		if value(c) == nothing {
			return false
		}
	}
	return true
}

// plausible tells whether bytes are the beginning of text. What follows from
// them wrongly does no harm but the work of looking at it.
func plausible(p []byte) bool {
	if len(p) < 12 {
		return false
	}
	if bytes.HasPrefix(p, []byte{0xFF, 0xFE}) || bytes.HasPrefix(p, []byte{0xFE, 0xFF}) {
		return true
	}
	if zeros := bytes.Count(p, []byte{0}); zeros*3 >= len(p) {
		return wide(p, 0) || wide(p, 1)
	}
	return !control(p) && (utf8.Valid(p[:whole(p)]) || chinese(p))
}

// controls are the characters that stand in no text; zero does in UTF-16.
var controls = func() (t [256]bool) {
	for c := 1; c < ' '; c++ {
		t[c] = c != '\n' && c != '\r' && c != '\t'
	}
	t[0x7F] = true
	return t
}()

// control tells whether a control character stands in p.
func control(p []byte) bool {
	for _, c := range p {
		if controls[c] || c == 0 {
			return true
		}
	}
	return false
}

// wide tells whether p may be UTF-16: its zeros all stand at every other index,
// from odd on.
func wide(p []byte, odd int) bool {
	for i, c := range p {
		if c == 0 && i%2 != odd {
			return false
		}
	}
	return true
}

// whole answers p's length without a character that is cut at its end.
func whole(p []byte) int {
	for i := len(p) - 1; i >= 0 && i > len(p)-utf8.UTFMax; i-- {
		if utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) {
				return i
			}
			break
		}
	}
	return len(p)
}

// chinese tells whether p may be GB 18030: pairs of which most are characters
// and punctuation of GB 2312.
func chinese(p []byte) bool {
	usual, pairs := 0, 0
	for i := 0; i < len(p); i++ {
		if p[i] < 0x80 {
			continue
		}
		if p[i] < 0x81 || p[i] == 0xFF {
			return false
		}
		if i+1 == len(p) {
			break
		}
		if p[i+1] < 0x30 || p[i+1] == 0x7F || p[i+1] == 0xFF {
			return false
		}
		pairs++
		if p[i+1] >= 0xA1 && (p[i] >= 0xB0 && p[i] <= 0xF7 || p[i] == 0xA1 || p[i] == 0xA3) {
			usual++
		}
		i++
	}
	return pairs > 0 && usual*10 >= pairs*9
}
