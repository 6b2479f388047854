package extract

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzValidUTF8(f *testing.F) {
	for _, s := range []string{"", "plain text of some length", "本周会议改到星期四", "a本b周", "\xED\xA0\x80surrogate", "\xE0\x80\x80", "\xF4\x90\x80\x80", "é\xE5\x9C", "\U0001F600 smile"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		if got, want := validUTF8(p), utf8.Valid(p); got != want {
			t.Errorf("validUTF8(%q) = %v, want %v", p, got, want)
		}
	})
}

func TestValidUTF8IsStrict(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "word and word ", "会", "议改到", "é", "\U0001F600", "\xE4", "\xBC\x9A", "\xED\xA0\x80", "\xEF\xBF\xBD", "\xC0\xAF", "\xF5"}
	seen := map[bool]int{}
	for range 200_000 {
		var s strings.Builder
		for range 1 + r.IntN(8) {
			s.WriteString(pieces[r.IntN(6+r.IntN(7))])
		}
		p := []byte(s.String())
		seen[utf8.Valid(p)]++
		if got, want := validUTF8(p), utf8.Valid(p); got != want {
			t.Fatalf("validUTF8(%q) = %v, want %v", p, got, want)
		}
	}
	if min(seen[true], seen[false]) < 10_000 {
		t.Fatalf("too few of one kind: %v", seen)
	}
}

func BenchmarkValidUTF8(b *testing.B) {
	for name, text := range map[string]string{
		"ascii":   "the meeting of our team moved to Thursday because the room was taken. ",
		"mixed":   "please bring the notes 本周 会议 改到 星期四 from last week (item 12, page 3). ",
		"chinese": "本周会议改到星期四请带上上次的记录。",
	} {
		p := []byte(strings.Repeat(text, 1000))
		for which, valid := range map[string]func([]byte) bool{"ours": validUTF8, "standard": utf8.Valid} {
			b.Run(name+"/"+which, func(b *testing.B) {
				b.SetBytes(int64(len(p)))
				for range b.N {
					if !valid(p) {
						b.Fatal("not valid")
					}
				}
			})
		}
	}
}
