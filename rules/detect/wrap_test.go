package detect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// broken breaks a number after n digits.
func broken(number string, n int, end string) string { return number[:n] + end + number[n:] }

func TestNumbersOverTwoLines(t *testing.T) {
	pack := NewPack(testKey)
	g := synthetic.New(12)
	for range 30 {
		p := g.Person()
		for name, tt := range map[string]struct {
			text, number string
			class        Class
		}{
			"resident ID":         {"他的证件是" + broken(p.ResidentID, 9, "\n") + "，请核对。\n", p.ResidentID, CNResidentID},
			"a column":            {broken(p.ResidentID, 6, "\r\n") + "\r\n", p.ResidentID, CNResidentID},
			"quoted mail":         {"> he wrote: " + broken(p.ResidentID, 14, "\n> ") + " and so on\n", p.ResidentID, CNResidentID},
			"quoted-printable":    {"ID: " + broken(p.ResidentID, 10, "=\n") + " and so on\n", p.ResidentID, CNResidentID},
			"card in text":        {"卡号是 " + broken(p.BankCard, 7, "\n") + " 请查收\n", p.BankCard, BankCard},
			"mobile behind label": {"手机：" + broken(p.Mobile, 7, "\n") + "。\n", p.Mobile, CNMobile},
			"card, a column":      {"银行卡号：" + broken(p.BankCard, 8, "\n") + "\n", p.BankCard, BankCard},
		} {
			for _, lead := range []string{"", "一行\n"} {
				text := lead + tt.text
				s := scanWith(pack, bufferSize, []byte(text))
				if len(s.Findings) != 1 || s.Findings[0].Class != tt.class {
					t.Errorf("%s: %+v in %q", name, s.Findings, text)
					continue
				}
				f := s.Findings[0]
				got := text[f.Offset : f.Offset+int64(f.Length)]
				if got[:1] != tt.number[:1] || strings.Trim(got, tt.number+"\r\n> =") != "" || !strings.Contains(got, "\n") || f.Masked != Mask(tt.class, tt.number) {
					t.Errorf("%s: found at %q as %s", name, got, f.Masked)
				}
			}
		}
	}
}

func TestNotOverTwoLines(t *testing.T) {
	pack := NewPack(testKey)
	g := synthetic.New(13)
	var column strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&column, "%d\n", 62220000+i*7919%9999)
	}
	for _, text := range []string{
		column.String(),
		"1380013\n8123 4\n",
		"合计 1391234\n5678 件\n",
		"order 622200001\n0000005 pieces",
		"身份证 " + broken(g.Person().ResidentID, 9, "\n\n"),
		"2024-01-02\n13:00:01",
	} {
		if s := scanWith(pack, bufferSize, []byte(text)); len(s.Findings) > 0 {
			t.Errorf("%.60q: %+v", text, s.Findings)
		}
	}
}

// A list of which each number is broken is found to its end.
func TestBrokenList(t *testing.T) {
	pack := NewPack(testKey)
	var b strings.Builder
	g := synthetic.New(14)
	for range 200 {
		p := g.Person()
		fmt.Fprintf(&b, "%s，证件 %s，手机\n", p.Name, broken(p.ResidentID, 8, "\n"))
	}
	if s := scanWith(pack, bufferSize, []byte(b.String())); len(s.Classes) == 0 || s.Classes[0].Distinct != 200 {
		t.Errorf("%d people, %+v", s.People, s.Classes)
	}
}

// What may be the beginning of a number is not clean before the next line came.
func TestBrokenNumbersAreHeld(t *testing.T) {
	pack := NewPack(testKey)
	id := synthetic.New(15).Person().ResidentID
	s := NewScanner(pack, Limits{})
	s.buffer = make([]byte, 3*longestRow)
	lead := strings.Repeat("x", longestRow*2) + "\n"
	for _, text := range []string{"他的证件是" + id[:9] + "\n" + id[9:] + "。\n" + strings.Repeat("没有数据\n", 20_000)} {
		s.Reset()
		whole := text
		at := strings.Index(whole, id[:9])
		for i := range min(len(whole), 100_000) {
			s.Write([]byte{whole[i]})
			if c := s.Clean(); c > int64(at) {
				t.Fatalf("%d bytes clean, the number stands at %d", c, at)
			}
		}
	}
	s.Reset()
	s.Write([]byte("he: 123456789\n" + lead + lead + lead))
	if c := s.Clean(); c < int64(len(lead)) {
		t.Errorf("only %d bytes clean", c)
	}
}
