package detect

import (
	"bytes"
	"reflect"
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
