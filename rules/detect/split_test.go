package detect

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
	"pgregory.net/rapid"
)

var testKey = Key{1, 2, 3}

// document is text of every sort the scanner treats in a way of its own.
func document(seed uint64) []byte {
	g := synthetic.New(seed)
	var b bytes.Buffer
	b.WriteString("会议纪要\r\n\r\n今天讨论了三个问题。\n")
	p := g.Person()
	b.WriteString("请联系" + p.Name + "，电话" + p.Mobile + "，或寄到" + p.Address + "。\n")
	b.WriteString(strings.Repeat("no data on this line, 2024-01-02 12:34:56 0x1234\n", 30))
	_ = synthetic.CSV(&b, g.People(6), "zh") // a buffer takes everything
	b.WriteString("\n\n\n\n一行没有数据的文字\n\n")
	p = g.Person()
	b.WriteString("客户姓名：" + p.Name + "\n身份证号：" + p.ResidentID + "\n银行卡号: " + p.BankCard[:4] + " " + p.BankCard[4:8] + " " + p.BankCard[8:12] + " " + p.BankCard[12:] + "\n")
	b.WriteString("统一社会信用代码：91110108MA01ABCD5T\nIBAN GB82 WEST 1234 5698 7654 32\n永久居留证 911156198808080015 居住证 810000199003071237 香港身份证：A123456(3)\n")
	b.WriteString("护照号：E12345678，往来港澳通行证：C12345678，台胞证号：12345678\n" + strings.Repeat("no data on this line\n", 6) + "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n")
	b.WriteString(strings.Repeat("x = 1; ", 700)) // longer than the window
	p = g.Person()
	b.WriteString(`{"name":"` + p.Name + `","phone":"` + p.Mobile + `","email":"` + p.Email + `"},`)
	b.WriteString(strings.Repeat(`{"a":"b"},`, 900))
	b.WriteString("\n" + g.Person().Name + "  " + g.Person().Mobile + "\n")
	p = g.Person()
	b.WriteString("手机１３８" + fullWidth(p.Mobile[3:]) + " " + p.Name + "\n")
	p = g.Person()
	b.WriteString("证件 " + p.ResidentID[:9] + "\n> " + p.ResidentID[9:] + " 手机：" + p.Mobile[:7] + "\n" + p.Mobile[7:] + "\n")
	b.WriteString(strings.Repeat("一行文字，没有数据。\n", 20) + "电话：" + writings["Han"](p.Mobile) + "\n" + strings.Repeat("没有数据。\n", 20))
	b.WriteString(`{"a":"` + writings["JSON"](p.Name) + `","b":"` + writings["percent, everything"](p.Mobile) + `"}` + "\n")
	b.WriteString(strings.Repeat("没有数据。\n", 20) + stacks(4, "zh", "%n", "%m") + strings.Repeat("没有数据。\n", 20))
	b.WriteString("姓名\n城市\n手机\n" + stacks(4, "zh", "%n", "北京", "%m") + strings.Repeat("没有数据。\n", 20))
	for _, row := range acrossRows(5, "姓名", "手机") {
		b.WriteString(strings.Join(row, ",") + "\n")
	}
	return b.Bytes()
}

func fullWidth(digits string) string {
	return strings.Map(func(r rune) rune { return r + 0xFEE0 }, digits)
}

func scan(parts ...[]byte) Summary {
	s := NewScanner(NewPack(testKey), Limits{})
	for _, p := range parts {
		s.Write(p)
	}
	return s.Close()
}

// scanWith gives the scanner a buffer of one size, so that its edge falls
// everywhere in a short document.
func scanWith(p *Pack, buffer int, parts ...[]byte) Summary {
	s := NewScanner(p, Limits{})
	s.buffer = make([]byte, buffer)
	for _, part := range parts {
		s.Write(part)
	}
	return s.Close()
}

// scanInPieces scans a text that comes in pieces of n bytes.
func scanInPieces(text string, n int) Summary {
	s := NewScanner(NewPack(testKey), Limits{})
	for piece := range slices.Chunk([]byte(text), n) {
		s.Write(piece)
	}
	return s.Close()
}

func TestEverySplitFindsTheSame(t *testing.T) {
	doc := document(1)
	p := NewPack(testKey)
	want := scanWith(p, bufferSize, doc)
	if want.People < 9 || len(want.Classes) != int(kinds) {
		t.Fatalf("the document holds more: %d people, %d classes", want.People, len(want.Classes))
	}
	s := NewScanner(p, Limits{})
	for i := range doc {
		s.Reset()
		s.Write(doc[:i])
		s.Write(doc[i:])
		if got := s.Close(); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: %+v, want %+v", i, got.Classes, want.Classes)
		}
	}
	// The buffer's own edge: shift the document through it.
	for pad := 0; pad < len(doc); pad += 61 {
		lead := bytes.Repeat([]byte("filler without data\n"), (bufferSize-len(doc)+pad)/20)
		got := scanWith(p, bufferSize, lead, doc)
		if got.People != want.People || !equalCounts(got.Classes, want.Classes) {
			t.Fatalf("moved by %d: %d people %+v, want %d %+v", pad, got.People, got.Classes, want.People, want.Classes)
		}
	}
}

// What is written is looked at in place: it is not changed, and nothing of it is
// needed afterwards.
func TestWrittenTextIsNotKept(t *testing.T) {
	var doc []byte
	for seed := range uint64(60) {
		doc = append(doc, document(seed)...)
	}
	p := NewPack(testKey)
	want := scanWith(p, bufferSize, doc)
	for _, size := range []int{inPlace - 1, inPlace, inPlace + 1, 50_000, 3 * bufferSize} {
		s, chunk := NewScanner(p, Limits{}), make([]byte, size)
		for rest := doc; len(rest) > 0; {
			n := copy(chunk, rest)
			s.Write(chunk[:n])
			if !bytes.Equal(chunk[:n], rest[:n]) {
				t.Fatalf("chunks of %d: the text was changed", size)
			}
			for i := range chunk {
				chunk[i] = "1 \n,\xE5"[i%5]
			}
			rest = rest[n:]
		}
		if got := s.Close(); !reflect.DeepEqual(got, want) {
			t.Fatalf("chunks of %d: %d people %+v, want %d %+v", size, got.People, got.Classes, want.People, want.Classes)
		}
	}
}

func equalCounts(a, b []ClassSummary) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Class != b[i].Class || a[i].Count != b[i].Count || a[i].Distinct != b[i].Distinct {
			return false
		}
	}
	return true
}

func TestAnyChunksFindTheSame(t *testing.T) {
	p := NewPack(testKey)
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		var doc []byte
		for i := range rapid.IntRange(1, 12).Draw(t, "documents") {
			doc = append(doc, document(seed+uint64(i))...)
		}
		want := scanWith(p, bufferSize*4, doc)
		var parts [][]byte
		for rest := doc; len(rest) > 0; {
			n := rapid.IntRange(1, 40_000).Draw(t, "chunk")
			n = min(n, len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		buffer := rapid.IntRange(3*longestRow, bufferSize).Draw(t, "buffer")
		if got := scanWith(p, buffer, parts...); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %d people %+v, want %d %+v", got.People, got.Classes, want.People, want.Classes)
		}
	})
}
