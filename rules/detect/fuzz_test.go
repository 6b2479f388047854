package detect

import (
	"reflect"
	"testing"
	"unicode/utf8"
)

// Whatever comes in: no panic, findings inside the text, and the same found
// however the text is cut.
func FuzzScanner(f *testing.F) {
	f.Add(document(1)[:2000], uint16(100))
	for _, c := range classCases {
		for _, text := range append(c.hits, c.misses...) {
			f.Add([]byte(text), uint16(3))
		}
	}
	f.Add([]byte("证件 110105194\n> 91231002X 手机：1381234\r\n5678"), uint16(20))
	for _, write := range writings {
		f.Add([]byte("电话：13812345678\n"+write("张伟 13812345678\n李娜,13912345678")), uint16(40))
	}
	p := NewPack(testKey)
	f.Fuzz(func(t *testing.T, text []byte, cut uint16) {
		want := scanWith(p, bufferSize, text)
		for _, x := range want.Findings {
			if x.Offset < 0 || x.Length <= 0 || x.Offset+int64(x.Length) > int64(len(text)) || x.Line < 1 || len(x.Masked) > 64 || x.Confidence < 0.5 || x.Confidence > 1 || len(x.Reasons) == 0 {
				t.Fatalf("impossible finding %+v", x)
			}
			if utf8.Valid(text) && !utf8.ValidString(x.Masked) {
				t.Fatalf("mask is no text: %q", x.Masked)
			}
		}
		i := min(int(cut), len(text))
		if got := scanWith(p, 3*longestRow, text[:i], text[i:]); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: %+v, want %+v", i, got, want)
		}
	})
}

func FuzzRow(f *testing.F) {
	f.Add([]byte("姓名"), []byte("张伟"), []byte("13912345678"))
	f.Add([]byte("11010519491231002X"), []byte("\xff\xfe"), []byte("a@b.cn\n\t"))
	p := NewPack(testKey)
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		s := NewScanner(p, Limits{})
		s.Begin("S")
		s.Row(1, []Cell{{0, a}, {2, b}})
		s.Row(2, []Cell{{0, b}, {1, c}, {900, a}})
		s.Row(3, nil)
		for _, x := range s.Close().Findings {
			if x.Line < 1 || x.Line > 2 || x.Location == "S" {
				t.Fatalf("impossible finding %+v", x)
			}
		}
	})
}
