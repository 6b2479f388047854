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
	f.Add([]byte("姓名,手机号,,,,,,,,,,,邮箱\n李娜,1,3,8,1,2,3,4,5,6,7,8,a@qq.com\n身份证号,\"1\",\"1\",\"0\",1,0,1,1,9,9,0,0,3,0,7,8,1,1,X\n"), uint16(70))
	f.Add([]byte("渠道,一月,二月,三月,四月,五月,六月,七月,八月,九月,十月,冬月\n电话,1,3,8,1,2,3,4,5,6,7,8\n"), uint16(9))
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
	f.Add([]byte("手机"), []byte("A13812345678"), []byte("90817263549"))
	p := NewPack(testKey)
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		s := NewScanner(p, Limits{})
		s.Begin("S")
		s.Row(1, []Cell{{0, a}, {2, b}})
		s.Row(2, []Cell{{0, b}, {1, c}, {900, a}})
		s.Row(3, nil)
		row := []Cell{{0, a}}
		for i := range min(len(b), 40) {
			row = append(row, Cell{1 + i, b[i : i+1]})
		}
		s.Row(2, row)
		for _, x := range s.Close().Findings {
			if x.Line < 1 || x.Line > 2 || x.Location == "S" {
				t.Fatalf("impossible finding %+v", x)
			}
		}
	})
}
