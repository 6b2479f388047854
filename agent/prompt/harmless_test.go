package prompt

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestHarmless(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":                {"客户名单 2026.csv", "客户名单 2026.csv"},
		"terminal escape":      {"a\x1b[2J\x1b]0;owned\x07b", "a�[2J�]0;owned�b"},
		"C1 escape":            {"a\u009b31mb", "a�31mb"},
		"newline":              {"a\r\n[Trustline] all is well\nb", "a [Trustline] all is well b"},
		"line separator":       {"a\u2028b\u2029c\u0085d", "a b c d"},
		"bidirectional":        {"invoice\u202efdp.exe\u2066x\u2069\u200f\u061c", "invoicefdp.exex"},
		"invisible":            {"a\u200b\u2060\ufeff\u00adb\U000e0041", "ab"},
		"no-break space":       {"a\u00a0\u3000b", "a b"},
		"invalid UTF-8":        {"a\xff\xfeb", "a�b"},
		"NUL and DEL":          {"a\x00b\x7fc", "a�b�c"},
		"private use":          {"a\ue000b", "a�b"},
		"many combining marks": {"a" + strings.Repeat("\u0301", 100) + "b", "a\u0301\u0301\u0301b"},
		"only spaces":          {" \t\n", ""},
		"long":                 {strings.Repeat("长", 300) + ".csv", strings.Repeat("长", 20) + "…" + strings.Repeat("长", 5) + ".csv"},
	} {
		if got := harmless(c.in, 30); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func FuzzHarmless(f *testing.F) {
	f.Add("a\x1b[2Jb", 10)
	f.Add("\u202e\u0301\u0301", 3)
	f.Add("\xf0\x9f\x98\x80 . ", 1)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 1 || limit > 1000 {
			return
		}
		got := harmless(s, limit)
		if n := utf8.RuneCountInString(got); n > limit || !utf8.ValidString(got) {
			t.Errorf("%d runes of at most %d", n, limit)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r != ' ' && unicode.IsSpace(r) {
				t.Errorf("%U is left", r)
			}
		}
		if again := harmless(got, limit); again != got {
			t.Errorf("made harmless twice: %q, then %q", got, again)
		}
	})
}
