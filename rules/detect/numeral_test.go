package detect

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

// What mayCount skips holds no run of numerals, in text that is malformed too.
func TestNoNumeralsAreSkipped(t *testing.T) {
	numerals := []string{"²", "٣", "一", "①", "𝟙", "５"}
	others := []string{"a", "中", "é", ".", "1", " ", "-", "\u200b", "\xE4", "\x80", "\xF0\x9D", "\xFF"}
	r := rand.New(rand.NewPCG(1, 1))
	runs := 0
	for range 100_000 {
		var text []byte
		for range r.IntN(8) {
			for range r.IntN(4) {
				text = append(text, others[r.IntN(len(others))]...)
			}
			for range r.IntN(6) {
				text = append(text, numerals[r.IntN(1+r.IntN(len(numerals)))]...) // short ones more often
			}
		}
		want := countsSlowly(text)
		if got := mayCount(text); got != want {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
		if want {
			runs++
		}
	}
	if runs < 10_000 || runs > 90_000 {
		t.Errorf("%d texts of 100,000 held a run", runs)
	}
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
