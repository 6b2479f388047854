package encoded_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/trustline/trustline/rules/encoded"
)

// texts gathers what a Decoder finds.
type texts struct {
	found []string
	open  bool
}

func (s *texts) Begin(encoding string, line int, file bool) {
	if file {
		encoding += " file"
	}
	s.found = append(s.found, fmt.Sprintf("%d %s ", line, encoding))
	s.open = true
}

func (s *texts) Write(p []byte) {
	if !s.open {
		panic("a text that was not begun")
	}
	s.found[len(s.found)-1] += string(p)
}

func (s *texts) End() { s.open = false }

func decode(parts ...[]byte) []string {
	s := &texts{}
	lines := 0
	d := encoded.NewDecoder(s, func() int { return lines })
	d.Begin()
	for _, p := range parts {
		d.Write(p)
		lines += bytes.Count(p, []byte("\n"))
	}
	d.Close()
	if s.open {
		panic("a text was not ended")
	}
	return s.found
}

const secret = "姓名,手机号码,电子邮箱地址\n林小雨,13812345678,lin@example.cn\n王芳,13912345678,wang@example.cn\n"

func wrap(text string, width int, end string) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + end)
		text = text[width:]
	}
	return b.String() + text
}

func TestDecodes(t *testing.T) {
	std := base64.StdEncoding.EncodeToString([]byte(secret))
	raw := base64.RawURLEncoding.EncodeToString([]byte(secret))
	long := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(secret, 400)))
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(secret)
	if err != nil {
		t.Fatal(err)
	}
	var wide []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + secret)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	base := func(encoding string) []string { return []string{"1 " + encoding + " " + secret} }
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"standard":            {std, base("base64")},
		"in a sentence":       {"look: \"" + std + "\", nothing else", base("base64")},
		"third line":          {"a\nb\nkey: " + std + "\n", []string{"3 base64 " + secret}},
		"many lines":          {strings.Repeat("\n", 999) + std, []string{"1000 base64 " + secret}},
		"URL alphabet":        {"https://example.com/?d=" + raw + "&x=1", base("base64")},
		"path before":         {"data/v1/x/" + std, []string{"1 base64 " + secret}},
		"data URI":            {`<a href="data:text/csv;base64,` + std + `">`, base("base64")},
		"wrapped at 76":       {wrap(std, 76, "\r\n") + "\r\n", base("base64")},
		"wrapped at 64":       {"-----BEGIN-----\n" + wrap(std, 64, "\n") + "\n-----END-----\n", []string{"2 base64 " + secret}},
		"quoted":              {"> " + wrap(std, 76, "\n> ") + "\n", base("base64")},
		"long and wrapped":    {wrap(long, 76, "\n"), []string{"1 base64 " + strings.Repeat(secret, 400)}},
		"each line":           {lines(), base("base64")},
		"GB 18030":            {base64.StdEncoding.EncodeToString([]byte(gb)), []string{"1 base64 " + gb}},
		"UTF-16":              {base64.StdEncoding.EncodeToString(wide), []string{"1 base64 " + string(wide)}},
		"base32":              {base32.StdEncoding.EncodeToString([]byte(secret)), base("base32")},
		"base32, wrapped":     {wrap(base32.StdEncoding.EncodeToString([]byte(secret)), 76, "\n") + "\n", base("base32")},
		"capitals and digits": {"KZXW6YTBOIQFG5DJNRWDERBAMNQXG5BAORXSA4DSN53GS" + strings.Repeat("QJ7Z", 20), nil},
		"hexadecimal":         {hex.EncodeToString([]byte(secret)), base("hex")},
		"capitals":            {strings.ToUpper(hex.EncodeToString([]byte(secret))), base("hex")},
		"0x before":           {"0x" + hex.EncodeToString([]byte(secret)), base("hex")},
		"xxd -p":              {wrap(hex.EncodeToString([]byte(secret)), 60, "\n"), base("hex")},
		"twice":               {std + strings.Repeat(" nothing", 40) + " " + hex.EncodeToString([]byte(secret)), []string{"1 base64 " + secret, "1 hex " + secret}},
		"a picture":           {"data:image/png;base64," + base64.StdEncoding.EncodeToString(noise(500)), nil},
		"digests":             {strings.Repeat(hex.EncodeToString(noise(32))+"  file\n", 50), nil},
		"ruled lines":         {strings.Repeat("-", 80) + "\n" + strings.Repeat("=", 80) + "\n" + strings.Repeat("/", 80), nil},
		"prose":               {strings.Repeat("The quick brown fox jumps over the lazy dog. ", 200), nil},
		"a path":              {"/usr/share/doc/some-program-with-a-name/examples/configuration/default", nil},
		"an identifier":       {"AbstractSingletonProxyFactoryBeanInterceptorConfigurationAdapterProvider", nil},
		"digits":              {strings.Repeat("3141592653589793238462643383279502884197", 3), nil},
		"too short for this":  {base64.StdEncoding.EncodeToString([]byte("hello there, you")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := decode([]byte(tt.text))
			for i := range got {
				got[i] = strings.TrimRight(got[i], "\n") + "\n"
			}
			if name == "GB 18030" || name == "UTF-16" {
				got = decode([]byte(tt.text))
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%q\nwant %q", got, tt.want)
			}
		})
	}
}

// lines encodes each line of the secret by itself.
func lines() string {
	var b strings.Builder
	for line := range strings.Lines(secret) {
		b.WriteString(base64.StdEncoding.EncodeToString([]byte(strings.TrimSuffix(line, "\n"))) + "\n")
	}
	return b.String()
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// document is text of every sort, at an offset.
func document(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 3))
	var b bytes.Buffer
	for range 12 {
		for range r.IntN(200) {
			b.WriteString([]string{"word ", "林小雨", "\n", "identifierOfSomeLength", "0123456789abcdef", "  "}[r.IntN(6)])
		}
		text := []byte(secret[:len(secret)-r.IntN(60)])
		switch r.IntN(4) {
		case 0:
			b.WriteString(base64.StdEncoding.EncodeToString(text))
		case 1:
			b.WriteString("\n" + wrap(base64.StdEncoding.EncodeToString(bytes.Repeat(text, 9)), 76, "\r\n> "))
		case 2:
			b.WriteString(hex.EncodeToString(text))
		case 3:
			b.WriteString(base64.RawURLEncoding.EncodeToString(noise(r.IntN(300))))
		}
	}
	return b.Bytes()
}

func TestEveryCutDecodesTheSame(t *testing.T) {
	doc := document(1)
	want := decode(doc)
	if len(want) < 5 {
		t.Fatalf("only %d texts", len(want))
	}
	for i := range doc {
		if got := decode(doc[:i], doc[i:]); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: %q\nwant %q", i, got, want)
		}
	}
	for seed := range uint64(300) {
		doc := document(seed)
		want := decode(doc)
		r := rand.New(rand.NewPCG(seed, 4))
		var parts [][]byte
		for rest := doc; len(rest) > 0; {
			n := min(1+r.IntN(1+r.IntN(300)), len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		if got := decode(parts...); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %q\nwant %q", seed, got, want)
		}
	}
}

// Wherever a run stands, it is found.
func TestEveryPlaceIsFound(t *testing.T) {
	short := base64.StdEncoding.EncodeToString([]byte(secret[:30]))
	if len(short) != encoded.Least {
		t.Fatal(len(short))
	}
	for i := range 200 {
		text := strings.Repeat(".", i) + short + " end"
		if got := decode([]byte(text)); len(got) != 1 || got[0] != "1 base64 "+secret[:30] {
			t.Fatalf("at %d: %q", i, got)
		}
	}
}

// What is settled was given, or holds nothing.
func TestSettled(t *testing.T) {
	coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(secret, 50)))
	lead := strings.Repeat("nothing at all here\n", 100)
	doc := lead + coded + strings.Repeat("\nnothing again", 100)
	s := &texts{}
	d := encoded.NewDecoder(s, func() int { return 0 })
	d.Begin()
	for i := range len(doc) {
		d.Write([]byte(doc[i : i+1]))
		settled := int(d.Settled())
		if settled > i+1 {
			t.Fatalf("%d settled of %d", settled, i+1)
		}
		if i < len(lead)+len(coded) && settled > len(lead) {
			t.Fatalf("%d settled at %d, the run begins at %d", settled, i, len(lead))
		}
		if i < len(lead) && settled < i-7*encoded.Least {
			t.Fatalf("only %d settled of %d", settled, i)
		}
	}
	if settled := int(d.Settled()); settled < len(doc)-7*encoded.Least || len(s.found) != 1 || s.open {
		t.Errorf("%d of %d settled, %d texts", settled, len(doc), len(s.found))
	}
	if at := d.Since(); at != int64(len(lead)) {
		t.Errorf("began at %d, want %d", at, len(lead))
	}
}

// Files are given whole, whatever lines and escapes they are written with and
// wherever they are cut.
func TestFiles(t *testing.T) {
	content := "PK\x03\x04" + strings.Repeat("\xFF\xFE\x00\x01 nothing that is text \x80\x81\xFB", 20)
	std := base64.StdEncoding.EncodeToString([]byte(content))
	for name, text := range map[string]string{
		"alone":       std,
		"72":          wrap(std, 72, "\n"),
		"100":         wrap(std, 100, "\r\n"),
		"quoted":      "> " + wrap(std, 64, "\n> "),
		"JSON":        `{"a":"` + wrap(std, 76, `\n`) + `"}`,
		"JSON, both":  `{"a":"` + wrap(std, 76, `\r\n`) + `"}`,
		"JSON, slash": `{"a":"` + strings.ReplaceAll(std, "/", `\/`) + `"}`,
		"data URI":    "data:application/zip;base64," + std + ")",
		"URLs":        "a-" + base64.RawURLEncoding.EncodeToString([]byte(content)),
		"base32":      "base32:" + wrap(base32.StdEncoding.EncodeToString([]byte(content)), 76, "\n"),
		"text behind": std + "\n" + base64.StdEncoding.EncodeToString([]byte(secret)),
	} {
		want := []string{"1 base64 file " + content}
		if name == "base32" {
			want = []string{"1 base32 file " + content}
		}
		if name == "text behind" {
			want = append(want, "2 base64 "+secret)
		}
		for cut := range len(text) {
			if got := decode([]byte(text[:cut]), []byte(text[cut:])); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, cut at %d: %q", name, cut, got)
			}
		}
	}
	if got := decode([]byte("1 hex: " + hex.EncodeToString([]byte(content)))); len(got) != 1 || got[0] != "1 hex file "+content {
		t.Errorf("hexadecimal: %q", got)
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte(`"`+wrap(base64.StdEncoding.EncodeToString([]byte("PK\x03\x04"+strings.Repeat("\xFF\x00", 90))), 76, `\n`)+`"`), uint16(77))
	f.Add([]byte(base64.StdEncoding.EncodeToString([]byte(secret))), uint16(17))
	f.Add([]byte(wrap(base64.StdEncoding.EncodeToString([]byte(secret)), 76, "\r\n> ")), uint16(80))
	f.Add([]byte("x "+hex.EncodeToString([]byte(secret))), uint16(3))
	f.Add(document(5)[:2000], uint16(700))
	f.Add([]byte("begin 644 a\n"+uu([]byte(secret))+"`\nend\n"), uint16(70))
	f.Add([]byte("<~"+a85([]byte(secret+secret))+"~>"), uint16(9))
	f.Add(mixture(3)[:2000], uint16(900))
	f.Add([]byte(wrap(b85([]byte(secret+secret)), 76, "\n")), uint16(78))
	f.Fuzz(func(t *testing.T, text []byte, cut uint16) {
		want := decode(text)
		i := min(int(cut), len(text))
		if got := decode(text[:i], text[i:]); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: %q, want %q", i, got, want)
		}
		total := 0
		for _, found := range want {
			total += len(found)
		}
		if total > 4*len(text)+64*len(want) { // z is four bytes in ascii85
			t.Fatalf("%d bytes out of %d", total, len(text))
		}
	})
}

func BenchmarkProse(b *testing.B) {
	text := []byte(strings.Repeat("The quick brown fox jumps over the lazy dog; func (w *winnower) begin() { w.parts, w.n = 0, 0 }\n// 敏捷的狐狸跳过懒狗。documentation/interpretation\n", 2000))
	d := encoded.NewDecoder(&texts{}, nil)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		d.Write(text)
	}
}
