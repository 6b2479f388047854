package extract

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

const prose = "客户编号,姓名,手机号\r\n1001,欧阳明轩,13812345678\n1002,李娜,+86 139-8765-4321\n备注：请勿外传（内部资料）。E-mail: lina@example.com\n"

func wide(s string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func wider(s string, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, r := range s {
		out = order.AppendUint32(out, uint32(r))
	}
	return out
}

func decodeIn(content []byte, chunk func() int) (string, *Decoder) {
	var out bytes.Buffer
	d := NewDecoder(func(p []byte) { out.Write(p) })
	for len(content) > 0 {
		n := min(max(1, chunk()), len(content))
		d.Write(content[:n])
		content = content[n:]
	}
	d.Close()
	return out.String(), d
}

// TestDecoderCharsets decodes the same text from every charset in every
// chunking, from bytes to whole.
func TestDecoderCharsets(t *testing.T) {
	long := strings.Repeat(prose, 150)
	traditional := strings.Repeat("客戶姓名：歐陽明軒，電話：13812345678，請保密。\n", 200)
	must := func(p []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	gb := func(s string) []byte { return must(simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))) }
	tests := map[string]struct {
		in   []byte
		want string
	}{
		"utf-8":                  {[]byte(long), long},
		"utf-8 bom":              {[]byte("\xEF\xBB\xBF" + long), long},
		"utf-8 with rare":        {[]byte(long + "𠮷野家😀"), long + "𠮷野家😀"},
		"gb18030":                {gb(long), long},
		"gb18030 four bytes":     {gb(long + "𠮷野家，㐀" + long), long + "𠮷野家，㐀" + long},
		"gb18030 short":          {gb("张伟的电话"), "张伟的电话"},
		"gb18030 two characters": {gb("姓名"), "姓名"},
		"gb18030 after ascii":    {gb(strings.Repeat("plain text\n", 1000) + long), strings.Repeat("plain text\n", 1000) + long},
		"gb18030 after utf-8":    {append([]byte(long), gb(strings.Repeat("x", 70000)+"\n"+long)...), long + strings.Repeat("x", 70000) + "\n" + long},
		"big5":                   {must(traditionalchinese.Big5.NewEncoder().Bytes([]byte(traditional))), traditional},
		"utf-16le":               {wide(long, false), long},
		"utf-16be":               {wide(long, true), long},
		"utf-16le bom":           {wide("\uFEFF"+long, false), long},
		"utf-16be bom":           {wide("\uFEFF"+long, true), long},
		"utf-16le no nul":        {wide("姓名电话欧阳明轩王建国赵敏", false), "姓名电话欧阳明轩王建国赵敏"},
		"utf-16le surrogates":    {wide(strings.Repeat("𠮷野家客户名单\n", 1500), false), strings.Repeat("𠮷野家客户名单\n", 1500)},
		"utf-32le":               {wider(long, binary.LittleEndian), long},
		"utf-32be":               {wider(long, binary.BigEndian), long},
		"utf-32le bom":           {wider("\uFEFF"+long, binary.LittleEndian), long},
		"utf-32be bom":           {wider("\uFEFF"+long, binary.BigEndian), long},
		"utf-32le short":         {wider("姓名", binary.LittleEndian), "姓名"},
		"utf-32be ascii":         {wider("call 13812345678 now", binary.BigEndian), "call 13812345678 now"},
		"utf-32le beyond 16 bit": {wider(strings.Repeat("𠮷野家客户名单😀\n", 1500), binary.LittleEndian), strings.Repeat("𠮷野家客户名单😀\n", 1500)},
		"ascii":                  {[]byte("call 13812345678 now"), "call 13812345678 now"},
		"escaped":                {[]byte(strings.Repeat(`{"name":"\u674e\u5a1c","face":"\ud83d\ude00","path":"C:\\users\new"}`+"\n", 400)), strings.Repeat(`{"name":"李娜","face":"😀","path":"C:\\users\new"}`+"\n", 400)},
		"false bom":              {[]byte("\xFF\xFE" + strings.Repeat("name 13812345678\n", 20)), strings.Repeat("name 13812345678\n", 20)},
		"damaged utf-8":          {[]byte("客户名单：欧阳明轩\xE5，王建国\n"), "客户名单：欧阳明轩\uFFFD，王建国\n"},
		"western":                {[]byte("caf\xE9 cr\xE8me 13812345678\n"), "café crème 13812345678\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for chunking, chunk := range map[string]func() int{
				"whole":  func() int { return len(tt.in) },
				"bytes":  func() int { return 1 },
				"threes": func() int { return 3 },
				"pages":  func() int { return 4096 },
				"random": func() int { return rng.IntN(9000) },
			} {
				if got, d := decodeIn(tt.in, chunk); got != tt.want {
					i := 0
					for i < min(len(got), len(tt.want)) && got[i] == tt.want[i] {
						i++
					}
					t.Errorf("%s: charset %d differs at %d of %d: %.60q, want %.60q", chunking, d.charset, i, len(tt.want), got[i:], tt.want[i:])
				}
			}
		})
	}
}

// TestDecoderCharsetsInTurn decodes a text behind another one in each pair of
// charsets: little of the second is lost. UTF-32 is not tried behind others,
// whose length may leave it between its units.
func TestDecoderCharsetsInTurn(t *testing.T) {
	charsets := map[string]func(string) []byte{
		"utf-8":    func(s string) []byte { return []byte(s) },
		"gb18030":  func(s string) []byte { b, _ := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s)); return b },
		"utf-16le": func(s string) []byte { return wide(s, false) },
		"utf-16be": func(s string) []byte { return wide(s, true) },
		"utf-32le": func(s string) []byte { return wider(s, binary.LittleEndian) },
		"utf-32be": func(s string) []byte { return wider(s, binary.BigEndian) },
	}
	for one, first := range charsets {
		for two, second := range charsets {
			if strings.HasPrefix(two, "utf-32") {
				continue
			}
			for _, lines := range []int{3, 40, 300, 2000} {
				in := append(first(strings.Repeat("今天天气很好，我们去公园散步。The quick fox.\n", lines)), second(strings.Repeat(prose, 20))...)
				got, _ := decodeIn(in, func() int { return 4096 })
				if n := strings.Count(got, "欧阳明轩,13812345678\n1002,李娜"); n < 8 {
					t.Errorf("%s behind %d lines of %s: %d of 20 lists", two, lines, one, n)
				}
			}
		}
	}
}

// TestDecoderSource checks that no byte is called decoded before the text it
// stands for was given.
func TestDecoderSource(t *testing.T) {
	long := strings.Repeat(prose, 500)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(long))
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{"utf-8": []byte("\xEF\xBB\xBF" + long), "gb18030": gb, "utf-16": wide(long, false)} {
		t.Run(name, func(t *testing.T) {
			var given int64
			d := NewDecoder(func(p []byte) { given += int64(len(p)) })
			rng := rand.New(rand.NewPCG(3, 4))
			var written, before, text int64
			for rest := in; len(rest) > 0; {
				n := min(1+rng.IntN(5000), len(rest))
				d.Write(rest[:n])
				rest = rest[n:]
				written += int64(n)
				text = max(text, given-int64(rng.IntN(300)))
				source := d.Source(text)
				if source < before || source > written {
					t.Fatalf("source %d after %d of %d bytes, %d before", source, written, len(in), before)
				}
				before = source
				prefix, _ := decodeIn(in[:source], func() int { return 1 << 20 })
				if int64(len(prefix)) > text+3 { // a cut character decodes to U+FFFD
					t.Fatalf("%d source bytes stand for %d bytes of text, more than %d", source, len(prefix), text)
				}
			}
			d.Close()
			if got := d.Source(given); got != int64(len(in)) {
				t.Errorf("at the end %d of %d bytes", got, len(in))
			}
			if name == "utf-8" && before < written-10_000 {
				t.Errorf("only %d of %d bytes known to be decoded", before, written)
			}
		})
	}
}

// TestRunsInBinary finds text of every charset in bytes that are no text, at
// every alignment and across blocks. Amid noise it takes a number: words alone
// cannot be told from chance there.
func TestRunsInBinary(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte("客户欧阳明轩 15812345678"))
	if err != nil {
		t.Fatal(err)
	}
	noise := func(n int) []byte {
		p := make([]byte, n)
		for i := range p {
			p[i] = byte(rng.IntN(256))
		}
		return append(p, 0, 0, 0)
	}
	for _, size := range []int{100, 4090, 65530, 200_001} {
		in := noise(size)
		for i, text := range [][]byte{[]byte("tel 13812345678"), []byte("客户李娜 13987654321"), gb, wide("赵敏 15112345678", false), wide("周杰 15212345678", true), wide("王建国 15012340987", false)} {
			in = append(in, text...)
			in = append(in, 0, 0, 0)
			in = append(in, noise(size+i)...)
		}
		got, _ := decodeIn(in, func() int { return 1 + rng.IntN(70000) })
		for _, want := range []string{"tel 13812345678", "客户李娜 13987654321", "客户欧阳明轩 15812345678", "赵敏 15112345678", "周杰 15212345678", "王建国 15012340987"} {
			if !strings.Contains(got, want) {
				t.Errorf("noise of %d bytes: %q not found", size, want)
			}
		}
		if !utf8.ValidString(got) {
			t.Errorf("noise of %d bytes: text is not UTF-8", size)
		}
	}
}

// TestRunsAreNotMisread looks for Chinese that nobody wrote: pairs of letters
// of eight-bit text.
func TestRunsAreNotMisread(t *testing.T) {
	in := append([]byte("\x00\x01"), strings.Repeat("candidate name string index order\x00", 200)...)
	got, _ := decodeIn(in, func() int { return 4096 })
	if i := strings.IndexFunc(got, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
		t.Errorf("%.40q", got[i:])
	}
}

func FuzzDecoder(f *testing.F) {
	gb, _ := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(prose))
	for _, seed := range [][]byte{[]byte(prose), gb, wide(prose, false), wide("\uFEFF"+prose, true), []byte("\x00\x01\x02abc13812345678\xff"), []byte(`\ud83d\ude00 \u674`)} {
		f.Add(seed, uint16(7))
	}
	f.Fuzz(func(t *testing.T, in []byte, chunk uint16) {
		got, d := decodeIn(in, func() int { return int(chunk) })
		if !utf8.ValidString(got) {
			t.Errorf("text is not UTF-8")
		}
		if d.taken != int64(len(in)) {
			t.Errorf("took %d of %d bytes", d.taken, len(in))
		}
		if d.given != int64(len(got)) || d.Source(d.given) != d.taken {
			t.Errorf("places do not add up")
		}
	})
}

// FuzzGB18030 compares with the general decoder on everything it accepts.
func FuzzGB18030(f *testing.F) {
	gb, _ := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(prose + "𠮷㐀€"))
	f.Add(gb)
	f.Add([]byte("\x80\xff\x81\x30\x81\x30\xd5"))
	f.Fuzz(func(t *testing.T, p []byte) {
		want, err := simplifiedchinese.GB18030.NewDecoder().Bytes(p)
		got := appendGB18030(nil, p)
		if !utf8.Valid(got) {
			t.Error("text is not UTF-8")
		}
		// The general decoder takes more than the standard allows: what it
		// would write differently is not compared.
		back, _ := simplifiedchinese.GB18030.NewEncoder().Bytes(want)
		if err == nil && bytes.Equal(back, p) && string(got) != string(want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// Letters with accents may be Chinese characters as well; a page or a file of
// XML that says what it is is believed.
func TestDeclaredUTF8(t *testing.T) {
	for text, want := range map[string]string{
		`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><p>László für</p>`:      "",
		`<?xml version='1.0' encoding='utf-8'?><p>László für</p>`:                       "",
		`<!DOCTYPE html><html><head><meta charset="utf-8"></head><p>László für</p>`:     "",
		`<html><meta http-equiv="x" content="text/html; charset=UTF-8"><p>László f</p>`: "",
		`<?xml version="1.0" encoding="GBK"?><p>László für</p>`:                         `<?xml version="1.0" encoding="GBK"?><p>L谩szl贸 f眉r</p>`,
		"L\xE1szl\xF3 f\xFCr": "László für",
	} {
		if want == "" {
			want = text
		}
		for _, chunk := range []int{1, 50, len(text)} {
			if got, _ := decodeIn([]byte(text), func() int { return chunk }); got != want {
				t.Errorf("%s: %s", text, got)
			}
		}
	}
	bad := "<?xml version=\"1.0\" encoding=\"UTF-8\"?><p>\xD5\xC5\xC8\xFD</p>" // GB 18030, whatever it says
	if got, _ := decodeIn([]byte(bad), func() int { return len(bad) }); !strings.Contains(got, "张三") {
		t.Errorf("%s", got)
	}
}
