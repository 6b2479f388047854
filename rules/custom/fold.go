package custom

import (
	"bytes"
	"slices"
	"strings"
)

// lower maps capitals to small letters and leaves every other byte.
var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			t[i] = byte(i) + 'a' - 'A'
		}
	}
	return t
}()

// foldWord brings a word into the form in which it is compared.
func foldWord(word string) string { return foldText(strings.TrimSpace(word)) }

// foldText does so with a part of a pattern, whose spaces are meant.
func foldText(part string) string {
	text, _ := narrow([]byte(part), nil, nil)
	folded := make([]byte, len(text))
	fold(folded, text)
	return string(folded)
}

func fold(into, text []byte) {
	into = into[:len(text)]
	for i, c := range text {
		into[i] = lower[c]
	}
}

// narrow writes text with full-width forms (U+FF01 to U+FF5E, and the
// ideographic space) as their usual ones into into, and answers where each of
// them begins in what it answers: every one took two bytes more. Text without
// any is answered as it is.
func narrow(text, into []byte, shrunk []int) ([]byte, []int) {
	if bytes.IndexByte(text, 0xEF) < 0 && bytes.Index(text, ideographicSpace) < 0 {
		return text, shrunk
	}
	into = slices.Grow(into[:0], len(text))[:len(text)]
	n := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == 0xEF || c == 0xE3 {
			if one := usual(text[i:]); one != 0 {
				shrunk = append(shrunk, n)
				c = one
				i += 2
			}
		}
		into[n] = c
		n++
	}
	return into[:n], shrunk
}

// usual answers the usual form of the full-width one that text begins with, 0
// when it begins with none.
func usual(text []byte) byte {
	switch {
	case len(text) < 3:
	case text[0] == 0xEF && text[1] == 0xBC && text[2] >= 0x81 && text[2] <= 0xBF:
		return text[2] - 0x80 + ' '
	case text[0] == 0xEF && text[1] == 0xBD && text[2] >= 0x80 && text[2] <= 0x9E:
		return text[2] - 0x80 + '`'
	case text[0] == 0xE3 && text[1] == 0x80 && text[2] == 0x80:
		return ' '
	}
	return 0
}

var ideographicSpace = []byte("\u3000")

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
