package detect

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// written answers text with each character written by f.
func written(text string, f func(r rune) string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(f(r))
	}
	return b.String()
}

func digitsOnly(f func(d int) string) func(string) string {
	return func(text string) string {
		return written(text, func(r rune) string {
			if r >= '0' && r <= '9' {
				return f(int(r - '0'))
			}
			return string(r)
		})
	}
}

func oneOf(digits string) func(string) string {
	all := []rune(digits)
	return digitsOnly(func(d int) string { return string(all[d]) })
}

func behindDigits(mark string) func(string) string {
	return digitsOnly(func(d int) string { return fmt.Sprint(d) + mark })
}

// writings are other ways to write text, by what they are called.
var writings = map[string]func(string) string{
	"full width":          oneOf("０１２３４５６７８９"),
	"Han":                 oneOf("零一二三四五六七八九"),
	"Han circle":          oneOf("〇一二三四五六七八九"),
	"Han spoken":          oneOf("零幺两三四五六七八九"),
	"Han of banks":        oneOf("零壹贰叁肆伍陆柒捌玖"),
	"Han traditional":     oneOf("零壹貳參肆伍陸柒捌玖"),
	"circled":             oneOf("⓪①②③④⑤⑥⑦⑧⑨"),
	"superscript":         oneOf("⁰¹²³⁴⁵⁶⁷⁸⁹"),
	"subscript":           oneOf("₀₁₂₃₄₅₆₇₈₉"),
	"bold":                oneOf("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
	"Arabic-Indic":        oneOf("٠١٢٣٤٥٦٧٨٩"),
	"Devanagari":          oneOf("०१२३४५६७८९"),
	"keycaps":             behindDigits("\ufe0f\u20e3"),
	"struck through":      behindDigits("\u0336"),
	"zero-width space":    behindDigits("\u200b"),
	"zero-width joiner":   behindDigits("\u200d"),
	"soft hyphen":         behindDigits("\u00ad"),
	"word joiner":         behindDigits("\u2060"),
	"byte order mark":     behindDigits("\ufeff"),
	"direction":           behindDigits("\u202e"),
	"isolate":             behindDigits("\u2066"),
	"variation selector":  behindDigits("\ufe01"),
	"grapheme joiner":     behindDigits("\u034f"),
	"JSON":                func(s string) string { return written(s, func(r rune) string { return fmt.Sprintf(`\u%04x`, r) }) },
	"JSON, Han only":      func(s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) },
	"references":          func(s string) string { return written(s, func(r rune) string { return fmt.Sprintf("&#%d;", r) }) },
	"hexadecimal":         func(s string) string { return written(s, func(r rune) string { return fmt.Sprintf("&#x%X;", r) }) },
	"percent":             url.QueryEscape,
	"percent, everything": func(s string) string { return eachByte(s, "%%%02X") },
	"quoted-printable": func(s string) string {
		return written(s, func(r rune) string {
			if r < 0x80 {
				return string(r)
			}
			return eachByte(string(r), "=%02X")
		})
	},
}

func eachByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

// Whatever way a line is written: what stands in it is found where it stands.
func TestWritingsAreRead(t *testing.T) {
	pack := NewPack(testKey)
	for name, write := range writings {
		t.Run(name, func(t *testing.T) {
			g := synthetic.New(7)
			for range 40 {
				p := g.Person()
				number := write(p.Mobile)
				text := "备注：" + write(p.Name) + " 电话 " + number + " 请联系\n"
				s := scanWith(pack, bufferSize, []byte(text))
				found := false
				for _, f := range s.Findings {
					if f.Class != CNMobile {
						continue
					}
					found = true
					want := scanWith(pack, bufferSize, []byte("电话 "+p.Mobile)).Findings[0]
					if f.Value != want.Value || f.Masked != want.Masked {
						t.Errorf("%s is another value than %s", f.Masked, want.Masked)
					}
					if got := text[f.Offset : f.Offset+int64(f.Length)]; !strings.HasPrefix(number, got) || len(got) < len(number)-4 {
						t.Errorf("found at %q, want %q", got, number)
					}
				}
				if !found {
					t.Errorf("nothing found in %q", text)
				}
			}
		})
	}
}

// Behind a label or where digits are written as escapes, a number is found in
// the midst of long text.
func TestWritingsInLongText(t *testing.T) {
	pack := NewPack(testKey)
	lead := strings.Repeat("这一行没有数据，只是文字。\n", 40)
	for _, name := range []string{"full width", "Han", "Han of banks", "JSON", "references", "hexadecimal", "percent, everything"} {
		g := synthetic.New(8)
		for range 40 {
			text := lead + "手机号码：" + writings[name](g.Person().Mobile) + "\n" + lead
			if s := scanWith(pack, bufferSize, []byte(text)); len(s.Classes) != 1 || s.Classes[0].Class != CNMobile {
				t.Errorf("%s: %+v", name, s.Classes)
			}
		}
	}
}

func TestNotNumbers(t *testing.T) {
	pack := NewPack(testKey)
	for _, text := range []string{
		"一九九八年三月二十一日，二〇〇八年八月八日，二零二六年",
		"一、二、三、四、五、六、七、八、九、十",
		"人民币壹拾贰万叁仟肆佰伍拾陆元柒角捌分",
		"①②③④⑤⑥⑦⑧⑨⑩⑪⑫",
		"100%2013 80%2013 8000",
		"printf(\"%d%02x%d\", 13, 80, 13)",
		`C:\users\x64\u12`,
	} {
		if s := scanWith(pack, bufferSize, []byte(text)); len(s.Classes) > 0 {
			t.Errorf("%q: %+v", text, s.Findings)
		}
	}
	for text, want := range map[string]string{
		"电话13812345678一共三人": "138****5678",
		"电话13812345678二三四人": "138****5678",
		"一三八一二三四五六七八，一共三人":  "138****5678",
	} {
		if s := scanWith(pack, bufferSize, []byte(text)); len(s.Findings) != 1 || s.Findings[0].Masked != want {
			t.Errorf("%q: %+v", text, s.Findings)
		}
	}
}

// A list with its line ends written as escapes is a list.
func TestEscapedLists(t *testing.T) {
	var b strings.Builder
	if err := synthetic.CSV(&b, synthetic.New(9).People(300), "zh"); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"query":      "https://example.com/upload?data=" + url.QueryEscape(b.String()),
		"path":       url.PathEscape(b.String()),
		"JSON":       `{"text":"` + writings["JSON"](b.String()) + `"}`,
		"JSON lines": writings["JSON, Han only"](strings.ReplaceAll(b.String(), "\n", "\x00")),
	} {
		text = strings.ReplaceAll(text, `\x00`, "\n")
		s := scanWith(NewPack(testKey), bufferSize, []byte(text))
		if s.People < 290 || s.People > 300 {
			t.Errorf("%s: %d people, %+v", name, s.People, s.Classes)
		}
	}
}

// TestNarrowingGrowsWithTheText has plain text beside numerals. Each of its
// bytes may be looked at a few times, not once for every byte before it: that
// would take hours.
func TestNarrowingGrowsWithTheText(t *testing.T) {
	plain := bytes.Repeat([]byte("plain text of letters, "), 200_000)
	text := append(plain, "一三九八七六五四三二一"...)
	done := make(chan []byte)
	go func() {
		out, _ := narrow(text, traitsOf(text), nil, nil)
		done <- out
	}()
	select {
	case out := <-done:
		if !bytes.HasSuffix(out, []byte("13987654321")) {
			t.Errorf("%d bytes, and no number at their end", len(out))
		}
	case <-time.After(time.Minute):
		t.Fatalf("%d bytes take more than a minute", len(text))
	}
}
