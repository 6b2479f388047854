package rules_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

// counting answers an engine for a policy that counts classes.
func counting(t *testing.T, classes ...detect.Class) *rules.Engine {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: \"1\"\nname: test\nmode: enforce\nclasses:\n  - id: list\n    name: {en: l, zh: l}\n    any:\n      - records: {at-least: 20}\n")
	for _, c := range classes {
		fmt.Fprintf(&b, "      - count: {class: %s, at-least: 1}\n", c)
	}
	b.WriteString("rules:\n  - id: r\n    title: {en: t, zh: t}\n    when: {class: [list], channel: removable-media}\n    action: block\n")
	p, err := rules.ParsePolicy("test", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return newEngine().For(p)
}

func peopleOf(t *testing.T, e *rules.Engine, name, text string) int {
	t.Helper()
	c, err := e.Scan(context.Background(), name, strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return c.Summary.People
}

// besideNames are kinds that only a policy asks for, with their headings and a
// value for the i-th person.
var besideNames = []struct {
	class   detect.Class
	heading string
	value   func(i int) string
}{
	{custom.SSN, "SSN", func(i int) string { return fmt.Sprintf("4%02d-%02d-%04d", 10+i, 11+i, 1201+37*i) }},
	{custom.NINO, "NI number", func(i int) string { return fmt.Sprintf("AB%06dC", 123401+731*i) }},
	{custom.BirthDate, "birth date", func(i int) string { return fmt.Sprintf("19%02d-0%d-1%d", 60+i, 1+i%9, i%9) }},
	{custom.Plate, "车牌号", func(i int) string { return fmt.Sprintf("京A%05d", 12345+577*i) }},
	{custom.WeChat, "微信号", func(i int) string { return fmt.Sprintf("wx_friend%03d", i) }},
	{custom.QQ, "QQ号", func(i int) string { return fmt.Sprint(812345678 + 7919*i) }},
	{custom.IntlPhone, "Tel", func(i int) string { return fmt.Sprintf("+852 9%03d %04d", 100+i, 2345+i) }},
	{custom.Health, "诊断", func(i int) string { return []string{"高血压", "糖尿病", "冠心病"}[i%3] }},
}

// A list of people is found with a name and any kind that a policy counts, as
// text, in a sheet's rows and in forms; without the policy it is none.
func TestCountedKindsMakeRecords(t *testing.T) {
	people := synthetic.New(71).People(25)
	for _, kind := range besideNames {
		e := counting(t, kind.class)
		forms := map[string]func(i int, p synthetic.Person) string{
			"text": func(i int, p synthetic.Person) string { return p.Name + "," + kind.value(i) + "\n" },
			"form": func(i int, p synthetic.Person) string {
				return "姓名：" + p.Name + "\n" + kind.heading + "：" + kind.value(i) + "\n\n"
			},
		}
		for name, write := range forms {
			text := map[string]string{"text": "姓名," + kind.heading + "\n", "form": "\n"}[name]
			for i, p := range people {
				text += write(i, p)
			}
			if kind.class == custom.Health && name == "form" {
				text = strings.ReplaceAll(text, "姓名", "患者姓名")
			}
			if got := peopleOf(t, e, "a.txt", text); got < 24 || got > 25 {
				t.Errorf("%s, %s: %d people of 25", kind.class, name, got)
			}
			if got := peopleOf(t, newEngine(), "a.txt", text); got != 0 {
				t.Errorf("%s, %s: %d people where no policy asks", kind.class, name, got)
			}
		}
	}
}

// The figures are those of a list however it arrives, and of one person one.
func TestCountedRecordsHoldTogether(t *testing.T) {
	e := counting(t, custom.SSN, custom.BirthDate, custom.IntlPhone)
	people := synthetic.New(72).People(25)
	for name, c := range map[string]struct {
		row  func(i int, p synthetic.Person) string
		want int
	}{
		"the same one often": {func(int, synthetic.Person) string { return people[0].Name + ",SSN 473-08-6166\n" }, 1},
		"complete already":   {func(i int, p synthetic.Person) string { return p.Name + "," + p.Mobile + ",SSN 473-08-6166\n" }, 25},
		"two kinds and no name": {func(i int, p synthetic.Person) string {
			return fmt.Sprintf("SSN %s, date of birth 1980-01-%02d\n", besideNames[0].value(i), i+1)
		}, 25},
		"dates alone":   {func(i int, p synthetic.Person) string { return fmt.Sprintf("date of birth: 1980-01-%02d\n", i+1) }, 0},
		"numbers alone": {func(i int, p synthetic.Person) string { return "SSN " + besideNames[0].value(i) + "\n" }, 0},
		"a name far from numbers": {func(i int, p synthetic.Person) string {
			return strings.Repeat("\n", 9) + "姓名：" + p.Name + strings.Repeat("\n", 9) + "SSN: " + besideNames[0].value(i)
		}, 0},
		"shops": {func(i int, p synthetic.Person) string {
			return "全季酒店旗舰店，地址：" + p.Address + "，电话：" + besideNames[6].value(i) + "\n"
		}, 0},
	} {
		text := ""
		for i, p := range people {
			text += c.row(i, p)
		}
		if got := peopleOf(t, e, "a.txt", text); got > c.want || got < c.want-1 {
			t.Errorf("%s: %d people of %d", name, got, c.want)
		}
	}
}

// A long list is counted on the way, within bounds and in time.
func TestCountedRecordsOfLongTexts(t *testing.T) {
	e := counting(t, custom.SSN)
	var list, line, names bytes.Buffer
	list.WriteString("name,ssn\n")
	for i := range 9000 {
		fmt.Fprintf(&list, "Anna Novak,%03d-%02d-%04d\n", 100+i%500, 1+i/500, 1000+i)
	}
	for i := range 200_000 {
		fmt.Fprintf(&line, "SSN %03d-%02d-%04d ", 100+i%500, 1+i%90, 1000+i%8999)
	}
	for range 50_000 {
		names.WriteString("姓名：王小明\n\n\n\n\n\n")
	}
	start := time.Now()
	if got := peopleOf(t, e, "a.csv", list.String()); got != 9000 {
		t.Errorf("%d people of 9000", got)
	}
	peopleOf(t, e, "a.txt", line.String())
	peopleOf(t, e, "a.txt", names.String())
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}

// Where a policy's kinds stand, names are looked for though nothing else is
// there to be found, wherever in the text and however it arrives.
func TestNamesAreLookedForBesideCountedKinds(t *testing.T) {
	e := counting(t, custom.SSN, custom.Health, custom.CreditRecord, custom.IntlPhone)
	first, last := strings.Fields("Jennifer Robert Maria Daniel Susan"), strings.Fields("Whitfield Okafor Lindqvist Marchetti Novak")
	filler := strings.Repeat("nothing is said of anybody on this line\n", 2000)
	for name, write := range map[string]func(i int, name string, p synthetic.Person) string{
		"English forms": func(i int, n string, _ synthetic.Person) string {
			return "Name: " + n + "\nSSN: " + besideNames[0].value(i) + "\n\n"
		},
		"dialled at home": func(i int, n string, _ synthetic.Person) string {
			return fmt.Sprintf("Customer: %s\nPhone: (212) 736-%04d\n\n", n, 5000+i)
		},
		"borrowers": func(i int, n string, _ synthetic.Person) string {
			return fmt.Sprintf("Borrower: %s, credit score %d, days past due: %d\n", n, 500+i, i)
		},
		"patients": func(i int, _ string, p synthetic.Person) string {
			return "患者" + p.Name + "，诊断：2型糖尿病，用药：二甲双胍。\n"
		},
		"far between lines": func(i int, n string, _ synthetic.Person) string {
			return filler[:4000] + "Name: " + n + "\nSSN: " + besideNames[0].value(i) + "\n"
		},
	} {
		text := filler
		for i, p := range synthetic.New(73).People(25) {
			text += write(i, first[i%5]+" "+last[i/5], p)
		}
		text += filler
		if got := peopleOf(t, e, "a.txt", text); got != 25 {
			t.Errorf("%s: %d people of 25", name, got)
		}
		for _, size := range []int{100, 7001, 50_000} {
			s := e.Stream("a.txt")
			for rest := text; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				s.Write([]byte(rest[:min(size, len(rest))]))
			}
			c, err := s.Finish(context.Background(), strings.NewReader(text), int64(len(text)))
			if err != nil || c.Summary.People != 25 {
				t.Errorf("%s in pieces of %d: %d people of 25, %v", name, size, c.Summary.People, err)
			}
		}
	}
}

// A name and a number in a line each are no record without two more like them,
// and still say of whom it is what a policy counts beside them.
func TestCountedKindsBesideRecordsWithoutLabels(t *testing.T) {
	e := counting(t, custom.SSN)
	p, ssn := synthetic.New(74).Person(), "SSN: "+besideNames[0].value(1)+"\n"
	for name, text := range map[string]string{
		"a name above":     p.Name + "\n" + p.Mobile + "\n" + ssn,
		"between":          p.Name + "\n" + ssn + p.Mobile + "\n",
		"an address below": p.Mobile + "\n" + p.Address + "\n" + ssn,
		"another begins":   p.Name + "\n" + p.Mobile + "\n" + ssn + strings.Repeat("\n一行文字", 20) + "\n" + p.Email + "\n" + p.Address + "\n",
	} {
		if got := peopleOf(t, e, "a.txt", text); got != 1 {
			t.Errorf("%s: %d people of 1", name, got)
		}
	}
}
