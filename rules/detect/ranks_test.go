package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// luhnCard answers a number of 19 digits with its check digit.
func luhnCard(r *rand.Rand) string {
	d := []byte("6222" + digitsOf(r, 15))
	for !luhn(d) {
		d[18] = '0' + (d[18]-'0'+1)%10
	}
	return string(d)
}

func digitsOf(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(r.IntN(10))
	}
	return string(b)
}

// mobileOf answers the number of a subscriber, as many companies give them out.
func mobileOf(r *rand.Rand) string {
	return []string{"138", "139", "150", "177", "186", "199"}[r.IntN(6)] + digitsOf(r, 7) + "1"
}

func several(n int, f func(*rand.Rand) string) []string {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	all := make([]string, n)
	for i := range all {
		all[i] = f(r)
	}
	return all
}

// inRows writes values per to a line.
func inRows(values []string, per int, delimiter string) string {
	var b strings.Builder
	for i := 0; i < len(values); i += per {
		b.WriteString(strings.Join(values[i:min(len(values), i+per)], delimiter) + "\n")
	}
	return b.String()
}

// column writes a table whose second column holds values.
func inTable(heading string, values []string) string {
	b := strings.Builder{}
	if heading != "" {
		b.WriteString(heading + "\n")
	}
	for i, v := range values {
		fmt.Fprintf(&b, "%d,%s,%d.50\n", i, v, 30*i+7)
	}
	return b.String()
}

// Numbers in lists and in columns say what they are by those beside them.
func TestListsAndColumnsOfBareNumbers(t *testing.T) {
	mobiles, cards := several(150, mobileOf), several(60, luhnCard)
	all := func(c Class, n int, text string) (Class, int, string) { return c, n, text }
	test := func(name string, c Class, n int, text string) {
		t.Run(name, func(t *testing.T) {
			got := 0
			for _, k := range scan([]byte(text)).Classes {
				if k.Class == c {
					got = k.Distinct
				}
			}
			if got != n {
				t.Errorf("%d of %d found", got, n)
			}
		})
	}
	for _, d := range []string{",", ";", "，", "；", "|", "\t", ", ", "、", " "} {
		c, n, text := all(CNMobile, 150, strings.Join(mobiles, d))
		test("a line of mobiles parted by "+d, c, n, text)
		test("labelled, parted by "+d, CNMobile, 5, "手机号："+strings.Join(mobiles[:5], d))
		for _, per := range []int{2, 3, 5, 10} {
			test(fmt.Sprintf("mobiles, %d a line, parted by %s", per, d), CNMobile, 150, inRows(mobiles, per, d))
			test(fmt.Sprintf("cards, %d a line, parted by %s", per, d), BankCard, 60, inRows(cards, per, d))
		}
	}
	test("a line of many", CNMobile, 3000, strings.Join(several(3000, mobileOf), ","))
	test("an array", CNMobile, 150, "["+strings.Join(mobiles, ", ")+"]")
	test("a column of mobiles", CNMobile, 150, inTable("", mobiles))
	test("a column of cards", BankCard, 60, inTable("", cards))
	test("a column of mobiles under another heading", CNMobile, 150, inTable("序号,内容,备注", mobiles))
	test("a column of cards called something else", BankCard, 60, inTable("no,编号,amount", cards))
	test("English headings", CNMobile, 150, inTable("no,msisdn,balance", mobiles))
}

// Columns that pass by accident, and what headings and labels call otherwise,
// hold nobody's numbers.
func TestColumnsOfOtherNumbers(t *testing.T) {
	mobiles := several(200, mobileOf)
	eleven := several(1200, func(r *rand.Rand) string { return digitsOf(r, 11) })
	for name, text := range map[string]string{
		"random numbers of eleven digits": inRows(eleven, 6, ","),
		"random numbers parted by spaces": inRows(eleven, 6, "  "),
		"a column of them":                inTable("", eleven),
		"numbers as long as cards":        inTable("", several(900, func(r *rand.Rand) string { return "62" + digitsOf(r, 17) })),
		"the same, one a line":            inRows(several(900, func(r *rand.Rand) string { return "62" + digitsOf(r, 17) }), 1, ""),
		"the same under a heading":        "id,value\n" + inRows(several(900, func(r *rand.Rand) string { return "62" + digitsOf(r, 17) + ",5" }), 1, ""),
		"turnover":                        "股票代码,股票名称,收盘价,成交额(元)\n" + inRows(several(300, func(r *rand.Rand) string { return "600" + digitsOf(r, 3) + ",中国平安,45.12," + mobileOf(r) }), 1, ""),
		"what a heading calls otherwise":  inTable("设备编号,里程,电量", nil) + inRows(several(300, func(r *rand.Rand) string { return mobileOf(r) + ",66293,53" }), 1, ""),
		"keys of a database":              "id\tparent_id\tcreated\n" + inRows(several(200, func(r *rand.Rand) string { return mobileOf(r) + "\t" + mobileOf(r) + "\t1700000000" }), 1, ""),
		"a sequence": inTable("", several(200, func() func(r *rand.Rand) string {
			i := 13512345678
			return func(*rand.Rand) string { i += 3; return fmt.Sprint(i) }
		}())),
		"a sequence in one line": strings.Join(several(200, func() func(r *rand.Rand) string {
			i := 13512345678
			return func(*rand.Rand) string { i++; return fmt.Sprint(i) }
		}()), ","),
		"orders with their label":                   "订单号：" + strings.Join(mobiles[:20], ","),
		"orders with their label, a long line":      "订单号：" + strings.Join(several(900, mobileOf), ","),
		"orders, the first of which are no mobiles": "流水号：19459335578，17957974905，" + strings.Join(mobiles[:20], "，"),
		"the same number again and again":           strings.Repeat("7,13912345678,ok\n", 40),
		"too few to tell":                           inTable("", mobiles[:8]),
	} {
		got := scan([]byte(text))
		for _, k := range got.Classes {
			if k.Class == CNMobile && k.Count > 1 || k.Class == BankCard && k.Count > 2 {
				t.Errorf("%s: %d of %s", name, k.Count, k.Class)
			}
		}
		if got.People > 0 {
			t.Errorf("%s: %d people", name, got.People)
		}
	}
}

// Text that holds back numbers until their column is known is not clean before.
func TestNumbersHeldBackAreNotClean(t *testing.T) {
	s := NewScanner(NewPack(Key{}), Limits{})
	text := inTable("", several(8, mobileOf))
	s.Write([]byte(text))
	s.Write([]byte("x,y,z\n"))
	if s.Clean() > 2 {
		t.Errorf("%d of %d bytes clean", s.Clean(), len(text))
	}
	s.Write([]byte(strings.Repeat("nothing here\n", 20_000)))
	if s.Clean() < int64(len(text)) {
		t.Errorf("%d bytes clean where nothing may come of them any more", s.Clean())
	}
}
