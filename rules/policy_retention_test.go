package rules

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

const housekeeping = `version: "1"
classes:
  - id: customer-list
    name: {en: Customer list, zh: 客户名单}
    any: [{records: {at-least: 20}}]
  - id: cards
    any: [{count: {class: bank-card, at-least: 1}}]
retention:
  - {class: customer-list, days: 365}
  - {class: [customer-list, cards], days: 30, since: created}
minimum:
  - list: [person-name, cn-mobile]
    without: [cn-resident-id, bank-card]
rules:
  - {id: r, when: {channel: at-rest}, action: report}
`

func TestFilesPastTheirTime(t *testing.T) {
	p, err := ParsePolicy("test", []byte(housekeeping))
	if err != nil || len(p.Warnings()) > 0 {
		t.Fatal(err, p.Warnings())
	}
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	for _, c := range []struct {
		name             string
		classes          []string
		changed, created time.Time
		over, next       string
	}{
		{"of no class", nil, ago(4000), ago(4000), "", ""},
		{"fresh", []string{"customer-list"}, ago(1), ago(1), "", "29"},
		{"changed since", []string{"customer-list"}, ago(1), ago(31), "customer-list 30 31 created", "364"},
		{"on the day", []string{"customer-list"}, ago(365), ago(365), "customer-list 365 365 changed, customer-list 30 365 created", ""},
		{"a day before", []string{"customer-list"}, ago(364), time.Time{}, "customer-list 30 364 created", "1"},
		{"cards alone", []string{"cards"}, ago(500), ago(10), "", "20"},
		{"from the future", []string{"customer-list"}, ago(-10), ago(-10), "", "40"},
	} {
		over, next := p.Overdue(c.classes, c.changed, c.created, now)
		var told []string
		for _, o := range over {
			told = append(told, fmt.Sprintf("%s %d %d %s", o.Class, o.Days, o.Age, o.Since))
		}
		in := ""
		if !next.IsZero() {
			in = fmt.Sprint(int(next.Sub(now).Hours() / 24))
		}
		if strings.Join(told, ", ") != c.over || in != c.next {
			t.Errorf("%s: %q, next in %q days", c.name, told, in)
		}
	}
}

func TestWhatAPolicySaysOfFilesAtRestIsChecked(t *testing.T) {
	for from, to := range map[string]string{
		"days: 365":             "days: 0",
		"days: 30":              "days: 99999",
		"since: created":        "since: opened",
		"class: customer-list,": "class: customer-lists,",
		"[cn-resident-id, bank": "[person-name, bank",
		"list: [person-name":    "list: [persons",
		"    without: [cn-resident-id, bank-card]\n": "",
	} {
		if _, err := ParsePolicy("test", []byte(strings.Replace(housekeeping, from, to, 1))); err == nil {
			t.Errorf("%s is taken", to)
		}
	}
}

// A list of names and mobile numbers has no business to hold identity numbers
// and cards: the columns are told, in whatever file they stand.
func TestColumnsThatAListDoesWithout(t *testing.T) {
	p, err := ParsePolicy("test", []byte(housekeeping))
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine(detect.NewPack(detect.Key{1}), Limits{})
	people := synthetic.New(3).People(60)
	rows := func(delimiter string, heads []string, of func(synthetic.Person) []string) []byte {
		var b bytes.Buffer
		if heads != nil {
			b.WriteString(strings.Join(heads, delimiter) + "\r\n")
		}
		for _, p := range people {
			b.WriteString(strings.Join(of(p), delimiter) + "\r\n")
		}
		return b.Bytes()
	}
	all := func(p synthetic.Person) []string { return []string{p.Name, p.Mobile, p.ResidentID, p.BankCard} }
	var sheet, csv bytes.Buffer
	if err := synthetic.XLSX(&sheet, people, "zh"); err != nil {
		t.Fatal(err)
	}
	if err := synthetic.CSV(&csv, people, "en"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"commas", rows(",", []string{"姓名", "手机", "证件", "备注"}, all), "C 证件 cn-resident-id, D 备注 bank-card"},
		{"tabs", rows("\t", []string{"name", "mobile", "ID number", "card"}, all), "C ID number cn-resident-id, D card bank-card"},
		{"no headings", rows(";", nil, all), "C  cn-resident-id, D  bank-card"},
		{"quotes", rows(",", []string{`"姓名"`, `"手机"`, `"身份证号, 18 位"`, `"卡号"`}, func(p synthetic.Person) []string {
			return []string{`"` + p.Name + `"`, p.Mobile, `"` + p.ResidentID + `"`, p.BankCard}
		}), "C 身份证号, 18 位 cn-resident-id, D 卡号 bank-card"},
		{"no more than needed", rows(",", []string{"姓名", "手机", "城市"}, func(p synthetic.Person) []string { return []string{p.Name, p.Mobile, "上海"} }), ""},
		{"another list", rows(",", []string{"身份证号", "卡号"}, func(p synthetic.Person) []string { return []string{p.ResidentID, p.BankCard} }), ""},
		{"a number in the heading", rows(",", []string{"姓名", "手机", "张三13812345678", "备注"}, all), ""},
	} {
		content, err := e.Scan(t.Context(), "list.csv", bytes.NewReader(c.content), int64(len(c.content)))
		if err != nil {
			t.Fatal(err)
		}
		columns, err := e.Columns(t.Context(), bytes.NewReader(c.content), int64(len(c.content)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range p.Excess(content, columns) {
			got = append(got, fmt.Sprintf("%s %s %s", x.Letter, x.Heading, x.Kind))
			if strings.Contains(x.Heading, "13812345678") {
				t.Errorf("%s: the heading is told as it stands", c.name)
			}
		}
		if s := strings.Join(got, ", "); s != c.want && c.name != "a number in the heading" {
			t.Errorf("%s: %q, want %q (%+v)", c.name, s, c.want, columns)
		}
		if len(got) > 0 && !p.MayExceed(content) {
			t.Errorf("%s: not even looked for", c.name)
		}
	}
	for name, content := range map[string][]byte{"xlsx": sheet.Bytes(), "csv": csv.Bytes()} {
		columns, err := e.Columns(t.Context(), bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[detect.Class]bool{}
		for _, c := range columns {
			kinds[c.Kind] = c.Heading != ""
		}
		for _, k := range []detect.Class{detect.PersonName, detect.CNMobile, detect.CNResidentID} {
			if !kinds[k] {
				t.Errorf("%s: no column of %s with a heading: %+v", name, k, columns)
			}
		}
	}
}

func FuzzColumns(f *testing.F) {
	e := NewEngine(detect.NewPack(detect.Key{1}), Limits{})
	f.Add([]byte("姓名,手机\n\"张,三\",13812345678\n"))
	f.Add([]byte("a|b\n\n|||\n\"\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		columns, err := e.Columns(t.Context(), bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			if c.Kind == "" || c.Letter == "" {
				t.Errorf("%+v", c)
			}
		}
	})
}
