package rules

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// pieces are what patterns and texts are made of here: few, so that they meet,
// and odd in how they are folded.
var pieces = []string{
	"a", "A", "b", "ab", "aab", "ABA", "客", "户", "客户", "报价", "ß", "ẞ", "İ", "ı", "i", "I", "K", "K", "k", "ſ", "s", "Ａ", "ａ", "Σ", "σ", "ς",
	"Ⅷ", "é", "E\u0301", "Ⱥ", "\u3000", " ", "\t", "/", `\`, ".", "0", "\xff", "\xfe", "\xe5", "\xe5\xae", "\ufffd", "\x00",
	"0123456789abcdef", "123456789abcdef0", "abababababababababab", "客户名单客户名单客户名单",
}

func drawText(t *rapid.T, pieces []string, label string, most int) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, most).Draw(t, label), "")
}

func drawPattern(pieces []string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		part := rapid.Custom(func(t *rapid.T) string { return drawText(t, pieces, "part", 4) })
		return strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, "parts"), "*")
	})
}

// agree holds an index against every pattern by itself.
func agree(t interface{ Fatalf(string, ...any) }, written, texts []string) {
	x := indexer{}
	var patterns []*pattern
	everything, crowd, bound := len(written), len(written)+1, len(written)+101
	for i, w := range written {
		patterns = append(patterns, newPattern(w))
		x.add(patterns[i:], i)
		x.add(patterns[i:], everything) // somebody wants them all
		for n := crowd; n < bound && i%3 == 0; n++ {
			x.add(patterns[i:], n)
		}
	}
	index := x.index(bound)
	s := newSearch(index)
	for _, text := range texts {
		folded := strings.ToLower(strings.TrimSpace(text))
		if s.read(text); string(s.text) != folded {
			t.Fatalf("%q is read as %q, want %q", text, s.text, folded)
		}
		found := newSet(bound)
		index.find(s, nil, found)
		crowded := false
		for i, p := range patterns {
			if found.has(i) != p.fits(folded) {
				t.Fatalf("%q fits %q: %v, by itself %v; patterns %q", p.written, text, found.has(i), p.fits(folded), written)
			}
			crowded = crowded || i%3 == 0 && p.fits(folded)
		}
		for n := crowd; n < bound; n++ {
			if found.has(n) != crowded {
				t.Fatalf("%q fits for number %d: %v, want %v; patterns %q", text, n, found.has(n), crowded, written)
			}
		}
		fits := slices.ContainsFunc(patterns, func(p *pattern) bool { return p.fits(folded) })
		if found.has(everything) != fits {
			t.Fatalf("one fits %q: %v, want %v; patterns %q", text, found.has(everything), fits, written)
		}
	}
}

func TestIndexAgreesWithPatterns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SampledFrom([][]string{pieces, {"a", "b"}, {"x", "ab", "c"}, {"0123456789abcdef", "0", "xy", "z"}}).Draw(t, "pieces")
		written := rapid.SliceOfN(drawPattern(pieces), 1, 40).Draw(t, "patterns")
		texts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return drawText(t, pieces, "text", 12) }), 1, 4).Draw(t, "texts")
		// What fits a pattern hardly comes by chance.
		for _, w := range rapid.SliceOfN(rapid.SampledFrom(written), 0, 4).Draw(t, "fitting") {
			texts = append(texts, strings.ReplaceAll(w, "*", drawText(t, pieces, "between", 2)))
		}
		agree(t, written, texts)
	})
}

// A word that is cut stands within another one: its rest is in one place and
// not in the other.
func TestIndexLooksForTheRestOfLongWordsInEveryPlace(t *testing.T) {
	long := strings.Repeat("0123456789", 3)
	for _, more := range [][]string{nil, {"*c*d*"}} {
		agree(t, append(more, "*xy"+long[:16]+"*", "*xy"+long[:16]+"!*", "*"+long+"*"),
			[]string{"xy" + long[:16] + "-xy" + long, "xy" + long[:16] + "-xy" + long[:16] + "-xy" + long})
	}
	agree(t, []string{"*xy" + long[:16] + "*", "*xy" + long[:16] + "!*", "*" + long + "*", "*" + long + "z", "a*" + long + "*" + long + "!*", long + "x", long + "*x"},
		[]string{"xy" + long[:16] + "-xy" + long, "xy" + long[:16] + "-xy" + long[:16] + "-xy" + long, "a" + long + long + "!", "a" + long + "!",
			long + "z", long + "zz", long + "x", long + "xx", long + "-x"})
}

func TestIndexOfNestedAndRepeatedParts(t *testing.T) {
	var written []string
	for n := range 40 {
		a := strings.Repeat("a", n+1)
		written = append(written, a, a+"*", "*"+a, "*"+a+"*", "*"+a+"*b*"+a+"*", "*b"+a+"*"+a+"b")
	}
	agree(t, []string{"*xab*", "*c*ab*"}, []string{"xab c xab", "xab c xb", "ab c", "xab xab c"})
	agree(t, written, []string{"", "a", strings.Repeat("a", 17), strings.Repeat("a", 60), "aabaaab", strings.Repeat("a", 20) + "b" + strings.Repeat("a", 20) + "b", "b" + strings.Repeat("a", 33) + "b"})
}

// What is taken for text without another case has none.
func TestPlainCase(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		text := string(r)
		if utf8.ValidRune(r) && (r < 'A' || r > 'Z') && plainCase(text) && strings.ToLower(text) != text {
			t.Errorf("%q is %q in lower case", text, strings.ToLower(text))
		}
	}
	for _, broken := range []string{"\xe5", "\xe5\xae", "\xe5a\xae", "a\xff", "\x80", "\xe9\xbf"} {
		if plainCase(broken) {
			t.Errorf("%q is taken as it is", broken)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add("a*b\n*客户*\nabc\n*.xlsx", "a客户.XLSX")
	f.Add("*a*a*\na*a\n*", " aA\u212a ")
	f.Fuzz(func(t *testing.T, patterns, text string) {
		written := strings.Split(patterns, "\n")
		agree(t, written[:min(len(written), 100)], []string{text, strings.ReplaceAll(patterns, "*", ""), patterns})
	})
}
