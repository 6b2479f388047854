package sieve

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// marked lists what Mark marks.
func marked(mark func([]uint64, []byte), text []byte) (at []int) {
	words := make([]uint64, Words(len(text)))
	for i := range words {
		words[i] = ^uint64(0)
	}
	mark(words, text)
	for i := range 64 * len(words) {
		if words[i/64]>>(i%64)&1 != 0 {
			at = append(at, i)
		}
	}
	return at
}

func both(t *testing.T, f func(t *testing.T, mark func([]uint64, []byte))) {
	t.Run("chosen", func(t *testing.T) { f(t, Mark) })
	t.Run("portable", func(t *testing.T) { f(t, Portable) })
}

func TestPairs(t *testing.T) {
	both(t, func(t *testing.T, mark func([]uint64, []byte)) {
		for pair, want := range map[string]bool{
			"@a": true, "@0": true, "@-": true, "@\n": false, "@\x80": false,
			"\xBC\x90": true, "\xBC\x99": true, "\xBC\x9A": true, "\xBC\xA0": true, "\xBC\x8C": false, "\xBC\x9B": false, "\xBD\x9A": false,
			"1\xE5": true, "1\xE6": false, "a\xE5": false, "<\xE5": false,
			"%3": true, "%2": false, "%E": false, `\u`: true, `\x`: true, `\n`: false, "&#": true, "&a": false, "<<": true, "<a": false, "a<": false,
			"\x00\x00": false, "\xFF\xFF": false, "ab": false,
		} {
			for at := range 200 {
				text := append(bytes.Repeat([]byte("e"), at), pair+"e"...)
				if got := marked(mark, text); want != slices.Equal(got, []int{at}) || !want && len(got) > 0 {
					t.Fatalf("%q at %d: %v", pair, at, got)
				}
			}
		}
		if got := marked(mark, []byte("name@")); got != nil {
			t.Errorf("an '@' that nothing follows: %v", got)
		}
	})
}

// Whatever is a number by its definition is marked near its beginning.
func TestNumbersAreMarked(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	both(t, func(t *testing.T, mark func([]uint64, []byte)) {
		for range 20_000 {
			text := bytes.Repeat([]byte("e"), 192)
			start, at := r.IntN(140), 0
			for digits := 0; digits < 11 && start+at < len(text); at++ {
				text[start+at] = '0' + byte(r.IntN(10))
				digits++
				if r.IntN(4) == 0 && digits < 11 && start+at+1 < len(text) {
					at++
					text[start+at] = " -./()"[r.IntN(6)]
				}
			}
			got := marked(mark, text[:min(len(text), start+1+Overhang)])
			if at >= 11 && (len(got) == 0 || got[0] < start || got[0] >= start+4) {
				t.Fatalf("%q at %d: %v", text[start:start+at], start, got)
			}
		}
		for _, text := range []string{"            ", "1999   2000   2001", "1,234,567,890,123", "12:34:56:78:90:12", "..........."} {
			if got := marked(mark, []byte("e"+text+"e")); len(got) > 0 {
				t.Errorf("%q: %v", text, got)
			}
		}
	})
}

// alphabet holds a byte of each class and of none, more of some than of others.
var alphabet = []byte("0123456789012345678901234567890123456789012345  --./()@@aZ%%33&&##<<<<\\\\uxeE\n\xEF\xBC\xBC\x9A\x90\xA0\x8C\xE5\x8F\x8F\xB7\xB7\x00\xFF")

func random(r *rand.Rand, n int) []byte {
	text := make([]byte, n)
	for i := range text {
		if text[i] = alphabet[r.IntN(len(alphabet))]; r.IntN(8) == 0 {
			text[i] = byte(r.IntN(256))
		}
	}
	return text
}

func TestBothMarkTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	text := random(r, 1024)
	for start := range 65 {
		for n := range 300 {
			agree(t, text[start:start+n])
		}
	}
	for range 2000 {
		agree(t, random(r, r.IntN(2000)))
	}
	for c := range 256 { // every byte beside every other
		var text []byte
		for d := range 256 {
			text = append(text, byte(c), byte(d))
		}
		agree(t, text)
	}
}

func agree(t *testing.T, text []byte) {
	t.Helper()
	if a, b := marked(Mark, text), marked(Portable, text); !slices.Equal(a, b) {
		t.Fatalf("%q: %v, in Go %v", text, a, b)
	}
}

func FuzzBothMarkTheSame(f *testing.F) {
	f.Add([]byte("张伟 <zhang@example.com> 138 1234 5678, 电话：１３８ \\u0031 %31 &#49; 人民路1号"))
	r := rand.New(rand.NewPCG(3, 3))
	for n := range 4 {
		f.Add(random(r, 63+n))
	}
	f.Fuzz(func(t *testing.T, text []byte) { agree(t, text) })
}

func BenchmarkMark(b *testing.B) {
	text := bytes.Repeat([]byte("The quick brown fox jumps over the lazy dog; for (i = 0; i < 10; i++) { return x[i] + 0x1f; }\n"), 1000)
	words := make([]uint64, Words(len(text)))
	for name, mark := range map[string]func([]uint64, []byte){"chosen": Mark, "portable": Portable} {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				mark(words, text)
			}
		})
	}
}
