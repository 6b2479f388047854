package detect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// A row goes on where a quoted cell holds line ends, however the text is cut.
func TestRowsOverSeveralLines(t *testing.T) {
	people := synthetic.New(81).People(25)
	for name, format := range map[string]string{
		"address in the middle": "\"name\",\"address\",\"mobile\"\n\"%n\",\"%a\n门口\",\"%m\"\n",
		"note in the middle":    "姓名,备注,电话\n%n,\"第一行\n第二行\",%m\n",
		"identity":              "身份证,备注,电话\n%i,\"第一行\n\n第二行\",%m\n",
		"line ends of Windows":  "姓名,备注,电话\r\n%n,\"第一行\r\n第二行\r\n\",%m\r\n",
		"quotes within":         "姓名;备注;电话\n%n;\"他说 \"\"好\"\"\n; 谢谢\";%m\n",
		"tabs":                  "收件人\t留言\t地址\n%n\t\"请尽快\n谢谢\"\t%a\n",
		"first":                 "备注,姓名,电话\n\"一\n二\n三\",%n,%m\n",
	} {
		head, row, _ := strings.Cut(format, "\n")
		text := rowsOf(0, head+"\n", "")
		for _, p := range people {
			text += strings.NewReplacer("%n", p.Name, "%m", p.Mobile, "%i", p.ResidentID, "%a", p.Address).Replace(row)
		}
		for _, cut := range []int{1, 7, 100, len(text)} {
			got := scanInPieces(text, cut)
			if got.People < 24 || got.People > 25 {
				t.Errorf("%s, cut every %d: %d people of 25", name, cut, got.People)
			}
			for _, f := range got.Findings {
				if f.Class == CNMobile && (f.Length != 11 || text[f.Offset] != '1') {
					t.Fatalf("%s: a number is said to stand at %d: %q", name, f.Offset, text[f.Offset:f.Offset+int64(f.Length)])
				}
			}
		}
	}
}

// A quote astray costs its own row and no other.
func TestOneQuoteSwallowsNothing(t *testing.T) {
	people := synthetic.New(82).People(40)
	for name, astray := range map[string]string{
		"alone": "王小明,\"未完,\n", "twice": "王小明,\"未完,\n李小红,\"未完,\n", "inch": "王小明,5\" 管,\n", "text behind": "王小明,\"好\"的,\n", "at the end": "",
	} {
		var b strings.Builder
		b.WriteString("姓名,备注,电话\n")
		for i, p := range people {
			if i == 5 {
				b.WriteString(astray)
			}
			fmt.Fprintf(&b, "%s,\"普通\",%s\n", p.Name, p.Mobile)
		}
		if name == "at the end" {
			b.WriteString("王小明,\"")
		}
		if got := peopleIn(b.String()); got < 38 {
			t.Errorf("%s: %d people of 40", name, got)
		}
	}
	for name, unit := range map[string]string{"open": "王,\"a,b\n", "long": "王,\"" + strings.Repeat("x", 250) + ",b\n", "pairs": "\"\"\"\n", "quotes": "\""} {
		start := time.Now()
		s := NewScanner(NewPack(testKey), Limits{})
		s.Write([]byte("姓名,备注,电话\n王小明,好,13912345678\n" + strings.Repeat(unit, (2<<20)/len(unit))))
		s.Close()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
