package custom

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
)

// look answers what a set finds in text, written in pieces of n bytes.
func look(s *Set, text string, n int) Found {
	m := s.NewMatcher()
	for len(text) > 0 {
		k := min(n, len(text))
		m.Write([]byte(text[:k]))
		text = text[k:]
	}
	return m.Close()
}

func compileOne(t testing.TB, detectors ...Detector) *Set {
	t.Helper()
	s, err := Compile(detectors)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var company = []Detector{
	{Class: "project", Words: []string{"凤凰计划", "凤凰", "Blue Falcon", "BMW-7"}},
	{Class: "contract", Pattern: `HT-\d{8}-[A-Z]{2}`, Anchors: []string{"ht-"}, Near: []string{"合同", "contract"}},
	{Class: "member", Pattern: `M([01]\d{9})`, Anchors: []string{"M0", "M1"}, Validate: "luhn"},
}

func TestFound(t *testing.T) {
	set := compileOne(t, company...)
	for _, test := range []struct {
		name, text string
		want       string // class:confidence:line:masked, …
	}{
		{"the longer word", "关于凤凰计划的说明", "project:0.90:1:凤***"},
		{"capitals", "the BLUE falcon flies, blue falcons do not", "project:0.90:1:BL*******on"},
		{"full width", "项目ＢＬＵＥ　ＦＡＬＣＯＮ。", "project:0.90:1:BL*******ON"},
		{"part of a longer word", "xBMW-7 BMW-71 BMW-7", "project:0.90:1:B****"},
		{"in context", "合同编号：\nHT-20240117-AB", "contract:0.95:2:HT**********AB"},
		{"alone", strings.Repeat("-", 600) + "\nHT-20240117-AB", "contract:0.60:2:HT**********AB"},
		{"under a heading", "合同号,客户\n" + strings.Repeat("-,-\n", 300) + "HT-20240117-AB,x", "contract:0.95:302:HT**********AB"},
		{"part of a longer code", "XHT-20240117-AB HT-20240117-ABC", ""},
		{"lower case is another pattern", "合同 ht-20240117-ab", ""},
		{"check digit", "M0123456782 M0123456783", "member:0.94:1:01******82"},
		{"nothing", "一切正常", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, f := range look(set, test.text, 1<<20).Findings {
				got = append(got, fmt.Sprintf("%s:%.2f:%d:%s", f.Class, f.Confidence, f.Line, f.Masked))
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("found %v, want %s", got, test.want)
			}
		})
	}
}

func TestOffsetsAreOfTheTextAsWritten(t *testing.T) {
	set := compileOne(t, Detector{Class: "project", Words: []string{"BMW-7"}})
	text := "ＡＢ　行\n第二行 ＢＭＷ－７ 与 BMW-7"
	found := look(set, text, 5)
	if len(found.Findings) != 2 {
		t.Fatalf("%d findings", len(found.Findings))
	}
	for i, want := range []string{"ＢＭＷ－７", "BMW-7"} {
		f := found.Findings[i]
		if got := text[f.Offset : f.Offset+int64(f.Length)]; got != want {
			t.Errorf("finding %d stands at %q, want %q", i, got, want)
		}
	}
	if c := found.Classes[0]; c.Count != 2 || c.Distinct != 1 {
		t.Errorf("%+v: want two of one value", c)
	}
}

func TestRows(t *testing.T) {
	set := compileOne(t, company...)
	m := set.NewMatcher()
	m.Begin("Sheet1")
	m.Row(1, []detect.Cell{{Column: 0, Text: []byte("客户")}, {Column: 3, Text: []byte("合同编号")}})
	m.Row(700, []detect.Cell{{Column: 0, Text: []byte("ＸＸ")}, {Column: 3, Text: []byte("HT-20240117-AB")}})
	found := m.Close()
	if len(found.Findings) != 1 || found.Findings[0].Location != "Sheet1!D700" || found.Findings[0].Confidence != 0.95 {
		t.Errorf("%+v", found.Findings)
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		detector Detector
		want     error
	}{
		"one character":            {Detector{Words: []string{"凤"}}, ErrWordShort},
		"two letters":              {Detector{Words: []string{"AB"}}, ErrWordShort},
		"long word":                {Detector{Words: []string{strings.Repeat("长", 30)}}, ErrWordLong},
		"no anchor":                {Detector{Pattern: `\d{8}`}, ErrAnchor},
		"anchor that may be away":  {Detector{Pattern: `(HT-)?\d{8}`, Anchors: []string{"HT-"}}, ErrAnchor},
		"anchor of one way only":   {Detector{Pattern: `HT-\d|KV-\d`, Anchors: []string{"HT-"}}, ErrAnchor},
		"short anchor":             {Detector{Pattern: `H\d{8}`, Anchors: []string{"H"}}, ErrAnchorLength},
		"no pattern":               {Detector{Pattern: `HT-(`, Anchors: []string{"HT-"}}, ErrPattern},
		"backreference":            {Detector{Pattern: `HT-(\d)\1`, Anchors: []string{"HT-"}}, ErrPattern},
		"endless":                  {Detector{Pattern: `HT-((a{1,100}){1,100}){1,100}`, Anchors: []string{"HT-"}}, ErrPattern},
		"matches nothing":          {Detector{Pattern: `(HT-)*`, Anchors: []string{"HT-"}}, ErrEmpty},
		"long pattern":             {Detector{Pattern: strings.Repeat("HT", 600), Anchors: []string{"HT"}}, ErrTooBig},
		"large program":            {Detector{Pattern: `HT-[a-z]{1000}[b-z]{1000}[c-z]{1000}[d-z]{1000}[e-z]{1000}[f-z]{1000}`, Anchors: []string{"HT-"}}, ErrTooBig},
		"unknown check":            {Detector{Pattern: `HT-\d`, Anchors: []string{"HT-"}, Validate: "magic"}, ErrValidator},
		"context of one character": {Detector{Words: []string{"凤凰"}, Near: []string{"号"}}, ErrWordShort},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Compile([]Detector{test.detector}); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
	for _, pattern := range []string{`(HT|KV)-\d{3}`, `[HK][TV]-\d+`, `(?i)ht-\d+`, `x*(HT-|KV-)+\d`, `(?:HT-\d{4}){2,3}`, `\bHT\b-?\d`, `H(?:T\d|V(?:\d|x))`} {
		if err := CheckPattern(pattern, []string{"ht", "kv", "kt", "hv"}); err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	if _, err := Compile(make([]Detector, MaxDetectors+1)); err == nil {
		t.Error("any number of detectors was taken")
	}
	if _, err := Compile([]Detector{{Words: make([]string, MaxWords+1)}}); err == nil {
		t.Error("any number of words was taken")
	}
}

func TestValidators(t *testing.T) {
	for name, values := range map[string][2]string{ // right, wrong
		"luhn":    {"4539 1488 0343 6467", "4539148803436468"},
		"mod11-2": {"11010519491231002X", "110105194912310021"},
		"mod97":   {"GB82 WEST 1234 5698 7654 32"[5:] + "GB82", "WEST12345698765433GB82"}, // as ISO 13616 turns it
		"gs1":     {"4006381333931", "4006381333932"},
		"random":  {"aB3xK9mQ2vT7pL4w", "internationalization2024aaaaaaaa"[:13]},
	} {
		check := validators[name]
		if check == nil {
			t.Fatalf("%s is missing", name)
		}
		if !check([]byte(values[0])) || check([]byte(values[1])) {
			t.Errorf("%s: right %v, wrong %v", name, check([]byte(values[0])), check([]byte(values[1])))
		}
	}
	if len(Validators()) != len(validators) {
		t.Error("not all validators are named")
	}
}

// A text of any length, however it is cut, holds the same.
func TestHowItIsCutMakesNoDifference(t *testing.T) {
	set := compileOne(t, company...)
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"凤凰计划", "凤凰", "Blue Falcon", "ＨＴ－20240117-AB", "HT-20240117-AB", "合同", "\n", "，其他", "lorem ipsum ", "　", "M10000000"}
	for round := range 40 {
		var b strings.Builder
		for size := random.IntN(120_000); b.Len() < size; {
			b.WriteString(parts[random.IntN(len(parts))])
			if round%2 == 0 && random.IntN(3) > 0 {
				b.WriteString(strings.Repeat("x", random.IntN(300)))
			}
		}
		text := b.String()
		if round%4 == 0 {
			text = strings.ReplaceAll(text, "\n", " ")
		}
		whole := look(set, text, len(text)+1)
		for _, n := range []int{1, 7, 4096, 32 << 10, 50_000} {
			if cut := look(set, text, n); !reflect.DeepEqual(cut, whole) {
				t.Fatalf("round %d, %d bytes cut in %d: %+v and %+v", round, len(text), n, cut.Classes, whole.Classes)
			}
		}
	}
}

// Of a line longer than a piece everything is found once.
func TestLongLines(t *testing.T) {
	set := compileOne(t, Detector{Class: "project", Words: []string{"凤凰计划"}})
	for shift := range 40 {
		text := strings.Repeat("x", shift) + strings.Repeat("凤凰计划"+strings.Repeat("，其他", 7), 3000)
		found := look(set, text, 1000)
		if found.Classes[0].Count != 3000 {
			t.Fatalf("shifted by %d: %d found", shift, found.Classes[0].Count)
		}
		for _, f := range found.Findings {
			if text[f.Offset:f.Offset+int64(f.Length)] != "凤凰计划" {
				t.Fatal("an offset is wrong")
			}
		}
	}
}

func TestCleanIsWhatHoldsNothing(t *testing.T) {
	set := compileOne(t, company...)
	m := set.NewMatcher()
	m.Begin("file name")
	m.Write([]byte("harmless"))
	m.Begin("")
	m.Write([]byte(strings.Repeat("nothing here\n", 10_000)))
	if clean := m.Clean(); clean < 90_000 || clean > 130_008 {
		t.Errorf("%d of 130,008 bytes are clean", clean)
	}
	at := int64(8 + 130_000)
	m.Write([]byte("凤凰计划\n" + strings.Repeat("nothing here\n", 10_000)))
	if clean := m.Clean(); clean != at {
		t.Errorf("%d bytes are clean, want %d", clean, at)
	}
	m.Reset()
	if m.Clean() != 0 || len(m.Close().Classes) != 0 {
		t.Error("Reset forgot nothing")
	}
}

func TestDistinctIsBounded(t *testing.T) {
	set := compileOne(t, Detector{Class: "n", Pattern: `HT-\d+`, Anchors: []string{"HT-"}})
	m := set.NewMatcher()
	for i := range maxDistinct + 500 {
		fmt.Fprintf(writer{m}, "HT-%d\n", i)
	}
	found := m.Close()
	if c := found.Classes[0]; c.Count != maxDistinct+500 || c.Distinct != maxDistinct || !found.Incomplete || len(found.Findings) != maxFindings {
		t.Errorf("%+v incomplete %v, %d findings", c, found.Incomplete, len(found.Findings))
	}
}

type writer struct{ *Matcher }

func (w writer) Write(p []byte) (int, error) { w.Matcher.Write(p); return len(p), nil }

// The index finds what looking for each word by itself finds.
func FuzzIndex(f *testing.F) {
	f.Add("凤凰 Blue Falcon abc", "凤凰", "falcon", "abc")
	f.Add("aaaaaaa", "aaa", "aaaa", "aaaaaaa")
	f.Fuzz(func(t *testing.T, text string, a, b, c string) {
		texts := map[string][]ref{}
		for i, w := range []string{a, b, c} {
			if w = foldWord(w); len(w) >= leastAnchor && len(w) <= maxWord && w[0]&0xC0 != 0x80 {
				texts[w] = append(texts[w], ref{int32(i), anchor})
			}
		}
		plain, _ := narrow([]byte(text), nil, nil)
		folded := make([]byte, len(plain)+padding)
		fold(folded, plain)
		var got, want []hit
		got = newIndex(texts).find(folded, len(plain), got)
		for i := range len(plain) {
			for n := maxWord; n > 0; n-- {
				if i+n <= len(plain) {
					for _, r := range texts[string(folded[i:i+n])] {
						want = append(want, hit{i, i + n, r})
					}
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("found %v, want %v", got, want)
		}
	})
}

func FuzzMatcher(f *testing.F) {
	set := compileOne(f, company...)
	f.Add("合同编号：ＨＴ－20240117-AB 凤凰计划", 3)
	f.Add(strings.Repeat("凤凰计划，", 4000), 1000)
	f.Fuzz(func(t *testing.T, text string, n int) {
		whole := look(set, text, len(text)+1)
		if cut := look(set, text, max(1, n)); !reflect.DeepEqual(cut, whole) {
			t.Errorf("cut in %d otherwise: %+v and %+v", n, cut, whole)
		}
		for _, f := range whole.Findings {
			if f.Offset < 0 || f.Offset+int64(f.Length) > int64(len(text)) || f.Line < 1 {
				t.Errorf("a finding lies outside of the text: %+v", f)
			}
		}
	})
}

// A space in a pattern is a character as any other, in a class and between
// letters of either case.
func TestSpacesInPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern string
		anchors []string
		text    string
	}{
		{`(?i)mem[ ]no\d{4}`, []string{"mem no"}, "MEM no1234"},
		{`[A-Z][ -]\d{4}`, []string{"A ", "A-", "b ", "b-"}, ""},
		{`A[ -]\d{4}`, []string{"A ", "A-"}, "a, A 1234, A-1234"},
		{`\d{4}[ -]\d{4} KD`, []string{" KD"}, "1234 5678 KD"},
		{`卡[ 　]号\d{4}`, []string{"卡 号"}, "卡　号1234"},
		{`AB[ -]CD\d`, []string{"ABCD"}, ""},
		{`[ ]{2}\d`, []string{"  "}, ""},
	} {
		set, err := Compile([]Detector{{Class: "a", Pattern: test.pattern, Anchors: test.anchors}})
		if (err == nil) != (test.text != "") {
			t.Errorf("%s by %q: %v", test.pattern, test.anchors, err)
			continue
		}
		if err == nil && len(found(set, test.text)) == 0 {
			t.Errorf("%s is not found in %q", test.pattern, test.text)
		}
	}
}
