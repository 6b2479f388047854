package detect

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// The short way must come to the same as the long way.
func TestSteadyRowsCountTheSame(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		var b bytes.Buffer
		people := synthetic.New(4).People(2000)
		if err := synthetic.CSV(&b, append(people, people[:100]...), lang); err != nil {
			t.Fatal(err)
		}
		text := bytes.Replace(b.Bytes(), []byte("\n"), []byte(",备注,order\n"), 1)
		rows := bytes.Split(text, []byte("\n"))
		for i := range rows[1:] {
			switch row := &rows[i+1]; i % 9 {
			case 3:
				*row = append(*row, []byte(`,"a, b",13912345678`)...)
			case 4:
				*row = append(*row, []byte(",送到 13912345678,2024-01-02 12:00:00")...)
			case 5:
				*row = append(*row, []byte(",x@example.com,")...)
			default:
				*row = append(*row, []byte(",VIP,1234")...)
			}
		}
		text = bytes.Join(rows, []byte("\n"))
		p := NewPack(testKey)
		short := scanWith(p, bufferSize, text)
		s := NewScanner(p, Limits{})
		s.longWay = true
		s.Write(text)
		if long := s.Close(); !reflect.DeepEqual(short, long) || short.People != 2000 {
			t.Errorf("%s: the short way finds %d people %+v, the long way %d people %+v", lang, short.People, short.Classes, long.People, long.Classes)
		}
	}
}

// Rows that are counted by their form alone, once no more values are told apart,
// end where rows end, whatever stands in quotes.
func TestRowsByFormEndWhereRowsDo(t *testing.T) {
	var b bytes.Buffer
	if err := synthetic.CSV(&b, synthetic.New(5).People(3000), "zh"); err != nil {
		t.Fatal(err)
	}
	rows := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
	whole := append(bytes.Clone(rows[1]), ",VIP"...) // looks like a row, and is the second line of one
	rows[0] = append(rows[0], ",备注"...)
	for i := range rows[1:] {
		switch row := &rows[i+1]; i % 7 {
		case 2:
			*row = append(append(append(*row, ",\"\n"...), whole...), '"')
		case 3:
			*row = append(append(append(*row, ", \"一\n"...), whole...), '"')
		case 4:
			*row = append(bytes.Replace(*row, []byte(","), []byte(", "), 5), `,5"`...)
		case 5:
			*row = append(*row, `,19"`...)
		default:
			*row = append(*row, ",VIP"...)
		}
	}
	text := append(bytes.Join(rows, []byte("\n")), '\n')
	p := NewPack(testKey)
	scan := func(long bool) Summary {
		s := NewScanner(p, Limits{Distinct: 40})
		s.longWay = long
		s.Write(text)
		return s.Close()
	}
	short, long := scan(false), scan(true)
	if !reflect.DeepEqual(short.Classes, long.Classes) || short.People != 40 || short.Classes[0].Count < 2900 {
		t.Errorf("by form %d people %+v, the long way %d people %+v", short.People, short.Classes, long.People, long.Classes)
	}
}

// Which rows are proven, of those that are counted by form, depends on the text
// alone and not on how it comes.
func TestRowsByFormHoweverTheyCome(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := []byte("姓名,身份证号,备注\n")
	for i := range 3000 {
		check := 'X' // it proves the number; 0 does not
		if i > 80 && r.IntN(2) > 0 {
			check = '0'
		}
		text = fmt.Appendf(text, "王小明,11010519491231002%c,a\n", check)
		if i > 100 && i%5 == 0 {
			text = fmt.Appendf(text, "李丽娜,11010519491231002X,\"a\n%s\"\n", strings.Repeat("b c d ", r.IntN(100)))
		}
	}
	p := NewPack(testKey)
	scan := func(cut int) Summary {
		s := NewScanner(p, Limits{Distinct: 1})
		s.Write(text[:cut])
		s.Write(text[cut:])
		return s.Close()
	}
	want := scan(0)
	for range 50 {
		cut := r.IntN(len(text))
		if got := scan(cut); !reflect.DeepEqual(got.Classes, want.Classes) {
			t.Fatalf("cut at %d: %+v; whole %+v", cut, got.Classes, want.Classes)
		}
	}
}

func TestFormsOfCells(t *testing.T) {
	for text, want := range map[string][2]int{
		"010-65529988,":                {12, -1},
		"0571-8765432":                 {12, -1},
		"0571-87654321,x":              {13, -1},
		"010-655299881":                {-1, -1},
		"0571-876543x":                 {-1, -1},
		"0571x8765432":                 {-1, -1},
		"a@b.cn,":                      {-1, 6},
		"someone.long@example.org,@":   {-1, 24},
		"someone.long@example.org":     {-1, 24},
		"someone.long.example.org,a@b": {-1, -1},
		"@example.org,":                {-1, -1},
		"a@b,":                         {-1, -1},
		" a@b.cn,":                     {-1, -1},
		"\"a@b.cn,":                    {-1, -1},
		"1234567@,":                    {-1, -1},
		"12345678@b.c1,":               {-1, -1},
	} {
		s := NewScanner(NewPack(testKey), Limits{})
		_, _, phone := s.formCell([]byte(text), &column{form: landlineForm}, ',')
		_, _, mail := s.formCell([]byte(text), &column{form: emailForm}, ',')
		if got := [2]int{phone, mail}; got != want {
			t.Errorf("%q: landline %d, e-mail %d; want %v", text, phone, mail, want)
		}
	}
}

func TestAllDigits(t *testing.T) {
	for c := range 256 {
		for i := range 19 {
			p := []byte("1234567890123456789")
			p[i] = byte(c)
			if got, want := allDigits(p), c >= '0' && c <= '9'; got != want {
				t.Fatalf("byte %#x at %d: %v", c, i, got)
			}
		}
	}
}
