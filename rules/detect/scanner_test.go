package detect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

func cells(values ...string) []Cell {
	row := make([]Cell, len(values))
	for i, v := range values {
		row[i] = Cell{i, []byte(v)}
	}
	return row
}

// A list of twenty people is found with any two columns, with headings and
// without, as text and as a spreadsheet.
func TestAnyTwoColumnsAreAList(t *testing.T) {
	people := synthetic.New(11).People(20)
	value := func(p synthetic.Person, i int) string {
		return []string{p.Name, p.Mobile, p.Landline, p.ResidentID, p.BankCard, p.Email, p.Address}[i]
	}
	pack := NewPack(testKey)
	for _, lang := range []string{"zh", "en"} {
		head := synthetic.Headings(lang)
		for a := range head {
			for b := range head {
				if a == b {
					continue
				}
				sheet, s := NewScanner(pack, Limits{}), NewScanner(pack, Limits{})
				sheet.Begin("Sheet1")
				sheet.Row(1, cells(head[a], head[b]))
				fmt.Fprintf(s, "%s,%s\n", head[a], head[b])
				for i, p := range people {
					sheet.Row(i+2, cells(value(p, a), value(p, b)))
					fmt.Fprintf(s, "%s,%s\n", value(p, a), value(p, b))
				}
				if got := sheet.Close().People; got != 20 {
					t.Errorf("sheet with %s and %s: %d people", head[a], head[b], got)
				}
				if got := s.Close().People; got != 20 {
					t.Errorf("text with %s and %s: %d people", head[a], head[b], got)
				}
			}
		}
	}
}

func TestRowsNameTheirCells(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	s.Begin("客户.xlsx › Sheet1")
	p := synthetic.New(12).Person()
	s.Row(3, []Cell{{1, []byte("姓名")}, {27, []byte("手机")}})
	s.Row(7, []Cell{{1, []byte(p.Name)}, {27, []byte(p.Mobile)}})
	for _, f := range s.Close().Findings {
		want := "客户.xlsx › Sheet1!AB7"
		if f.Class == PersonName {
			want = "客户.xlsx › Sheet1!B7"
		}
		if f.Location != want || f.Line != 7 || len(f.Reasons) == 0 {
			t.Errorf("%s: at %q line %d, reasons %v", f.Class, f.Location, f.Line, f.Reasons)
		}
	}
}

func TestFormsInSheets(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	people := synthetic.New(13).People(3)
	row := 0
	for _, p := range people {
		s.Row(row+1, cells("登记表"))
		s.Row(row+2, cells("姓名", p.Name, "手机号码", p.Mobile))
		s.Row(row+3, cells("地址", p.Address))
		s.Row(row+4, cells("邮箱", p.Email))
		row += 4
	}
	got := s.Close()
	if got.People != 3 || len(got.Classes) != 4 {
		t.Errorf("%d people, %+v", got.People, got.Classes)
	}
}

// One class alone names nobody, but is counted.
func TestAColumnOfNumbersIsNoPerson(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	for _, p := range synthetic.New(14).People(50) {
		fmt.Fprintln(s, p.Mobile)
	}
	got := s.Close()
	if got.People != 0 || len(got.Classes) != 1 || got.Classes[0].Distinct != 50 {
		t.Errorf("%d people, %+v", got.People, got.Classes)
	}
}

func TestTheSamePersonCountsOnce(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	for _, p := range append(synthetic.New(15).People(30), synthetic.New(15).People(30)...) {
		fmt.Fprintf(s, "%s\t+86 %s\n", p.Name, p.Mobile)
	}
	first := s.Close()
	if first.People != 30 || len(first.PeopleKeys) != 30 || s.People() != 30 {
		t.Errorf("%d people, %d keys", first.People, len(first.PeopleKeys))
	}
	again := NewScanner(NewPack(testKey), Limits{})
	for _, p := range synthetic.New(15).People(30) {
		fmt.Fprintf(again, "姓名：%s\n手机：%s\n\n", p.Name, p.Mobile)
	}
	if got := again.Close(); !slices.Equal(got.PeopleKeys, first.PeopleKeys) {
		t.Error("the same people in another file have other keys")
	}
	other := NewScanner(NewPack(Key{9}), Limits{})
	p := synthetic.New(15).Person()
	fmt.Fprintf(other, "%s\t%s\n", p.Name, p.Mobile)
	if got := other.Close(); len(got.PeopleKeys) != 1 || slices.Contains(first.PeopleKeys, got.PeopleKeys[0]) {
		t.Error("another key makes the same hash")
	}
}

func TestLimitsAreReachedAloud(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{Distinct: 100, Findings: 5})
	if err := synthetic.CSV(s, synthetic.New(16).People(1000), "zh"); err != nil {
		t.Fatal(err)
	}
	got := s.Close()
	if got.People != 100 || got.Incomplete == "" || len(got.Findings) != 5*7 {
		t.Errorf("%d people, %q, %d findings", got.People, got.Incomplete, len(got.Findings))
	}
	for _, c := range got.Classes {
		if c.Distinct != 100 || c.Count != 1000 {
			t.Errorf("%s: %d distinct of %d", c.Class, c.Distinct, c.Count)
		}
	}
	s.Reset()
	if got := s.Close(); got.People != 0 || got.Incomplete != "" || len(got.Classes) != 0 || len(got.Findings) != 0 || got.Bytes != 0 {
		t.Errorf("after Reset: %+v", got)
	}
}

func TestFindingsAreBestFirst(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{Findings: 4})
	for i, p := range synthetic.New(17).People(40) {
		if i%2 == 0 {
			fmt.Fprintf(s, "%s\n", p.Mobile)
		} else {
			fmt.Fprintf(s, "手机：%s\n", p.Mobile)
		}
	}
	found := s.Close().Findings
	if len(found) != 4 || found[3].Confidence < 0.9 || found[0].Line != 2 {
		t.Errorf("%+v", found)
	}
}

func TestClean(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	filler := bytes.Repeat([]byte("nothing to see here, 2024-01-02\n"), 20_000)
	s.Write(filler)
	if got := s.Clean(); got < int64(len(filler))-2*bufferSize || got > int64(len(filler)) {
		t.Errorf("%d of %d bytes are said to be clean", got, len(filler))
	}
	at := int64(len(filler))
	fmt.Fprintf(s, "手机：%s\n", synthetic.New(1).Person().Mobile)
	s.Write(filler)
	s.Close()
	if got := s.Clean(); got > at || got < at-bufferSize {
		t.Errorf("%d bytes are said to be clean; the first number stands at %d", got, at)
	}
}

func TestNothingIsAllocatedForCleanText(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	chunk := []byte(strings.Repeat("The quick brown fox; x = y[3] + 0x1f; 1.5 seconds, 12:34:56\n我们公司今天讨论：项目进展。\n", 2000))
	s.Write(chunk)
	if n := testing.AllocsPerRun(20, func() { s.Write(chunk) }); n > 0 {
		t.Errorf("%v allocations a chunk", n)
	}
}

// Text without line ends, and text of nothing but what stops the scan, must not
// take more than its length in time.
func TestHostileTextTakesLinearTime(t *testing.T) {
	pack := NewPack(testKey)
	for name, unit := range map[string]string{
		"digits": "1", "phones": "13912345678 ", "at": "@", "mail": "a@b.cn,", "colon": "姓名：", "hash": "号1", "quotes": "\"", "commas": ",", "spaces": " ", "heads": "姓名,手机\n", "numbers": "1234 5678 ", "han": "张", "tabs": "\t", "lines": "\n", "wide": "１", "addresses": "北京市朝阳区",
	} {
		t.Run(name, func(t *testing.T) {
			text := bytes.Repeat([]byte(unit), (1<<20)/len(unit))
			start := time.Now()
			s := NewScanner(pack, Limits{})
			s.Write(text)
			s.Close()
			took := time.Since(start)
			if took > 3*time.Second {
				t.Errorf("1 MiB took %v", took)
			}
		})
	}
}
