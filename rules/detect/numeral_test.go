package detect

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What mayCount skips holds no run of numerals, in text that is malformed too.
func TestNoNumeralsAreSkipped(t *testing.T) {
	pieces := []string{"一", "三", "零", "²", "٣", "①", "𝟙", "５", "1", " ", "-", "\u200b", "中", "é", "a", ".", "\xE4", "\x80", "\xF0\x9D", "\xFF"}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, 2*len(pieces)), 0, 40).Draw(t, "pieces") {
			b.WriteString(pieces[max(0, i-len(pieces)-1)%len(pieces)]) // the first more often
		}
		text := []byte(b.String())
		if got, want := mayCount(text), countsSlowly(text); got != want {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
	})
}

func countsSlowly(text []byte) bool {
	together := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		_, counts := numeral(r)
		switch {
		case r >= utf8.RuneSelf && counts:
			together++
		case r < utf8.RuneSelf && (isDigit(byte(r)) || r == ' ' || r == '-'), widthless(r):
		default:
			together = 0
		}
		if together == leastNumerals {
			return true
		}
	}
	return false
}
