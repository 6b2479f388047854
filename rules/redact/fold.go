package redact

import (
	"bytes"
	"unicode/utf8"
)

// folded is text as the detector looks at a cell: full-width characters
// narrow, no characters without width, control characters as spaces. Came says
// for each byte, and for the end, where it came from.
type folded struct {
	text []byte
	came []int
}

// fold folds text.
func (f *folded) fold(text []byte) {
	f.text, f.came = f.text[:0], f.came[:0]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		f.add(r, text[i:i+n], i)
		i += n
	}
	f.came = append(f.came, len(text))
}

func (f *folded) add(r rune, as []byte, from int) {
	one := byte(0)
	switch {
	case r < ' ':
		one = ' '
	case r >= 0xFF01 && r <= 0xFF5E:
		one = byte(r - 0xFEE0)
	case r == 0x3000 || r == 0xA0 || r >= 0x2000 && r <= 0x200A || r == 0x202F:
		one = ' '
	case r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xFE63:
		one = '-'
	case r >= 0x200B && r <= 0x200F || r == 0x2060 || r == 0xFEFF || r == 0xAD:
		return
	case r == 0x201C || r == 0x201D:
		one = '"'
	}
	if one != 0 {
		f.text, f.came = append(f.text, one), append(f.came, from)
		return
	}
	for j, b := range as {
		f.text, f.came = append(f.text, b), append(f.came, from+j)
	}
}

// narrowed answers text folded.
func narrowed(text []byte) string {
	if isASCII(text) {
		return string(text)
	}
	var f folded
	f.fold(text)
	return string(f.text)
}

func isASCII(p []byte) bool {
	return bytes.IndexFunc(p, func(r rune) bool { return r < ' ' || r >= utf8.RuneSelf }) < 0
}
