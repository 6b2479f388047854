package redact

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/synthetic"
)

// fields are what a list may hold of a person, in any order.
var fields = []struct {
	heading string
	value   func(synthetic.Person) string
}{
	{"姓名", func(p synthetic.Person) string { return p.Name }},
	{"手机号码", func(p synthetic.Person) string { return p.Mobile }},
	{"固定电话", func(p synthetic.Person) string { return p.Landline }},
	{"身份证号", func(p synthetic.Person) string { return p.ResidentID }},
	{"银行卡号", func(p synthetic.Person) string { return p.BankCard }},
	{"电子邮箱", func(p synthetic.Person) string { return p.Email }},
	{"地址", func(p synthetic.Person) string { return p.Address }},
	{"备注", func(synthetic.Person) string { return "老客户 <VIP> & 重要" }},
	{"订单号", func(synthetic.Person) string { return "SO-2026-000123" }},
}

// list is rows of people drawn for one test.
type list struct {
	people []synthetic.Person
	rows   [][]string
}

func drawList(t *rapid.T) list {
	l := list{people: synthetic.New(rapid.Uint64().Draw(t, "seed")).People(rapid.IntRange(1, 12).Draw(t, "people"))}
	order := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8}).Draw(t, "columns")[:rapid.IntRange(2, 9).Draw(t, "width")]
	rows := make([][]string, len(l.people)+1)
	for _, column := range order {
		rows[0] = append(rows[0], fields[column].heading)
		for i, p := range l.people {
			rows[i+1] = append(rows[i+1], fields[column].value(p))
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "headed") == 0 {
		rows = rows[1:]
	}
	l.rows = rows
	return l
}

// sentences are texts about people, as letters and notes hold them.
func (l list) sentences(t *rapid.T) []string {
	var s []string
	for _, p := range l.people {
		s = append(s, rapid.SampledFrom([]string{
			"客户" + p.Name + "，电话：" + p.Mobile + "，请尽快联系。",
			"身份证号：" + p.ResidentID + "，银行卡号：" + p.BankCard,
			"邮箱 " + p.Email + "；联系电话：" + p.Landline,
			"收货地址：" + p.Address + "，收件人：" + p.Name + "，手机：" + p.Mobile,
			"今天天气不错，会议改到下午三点。",
		}).Draw(t, "sentence"))
	}
	return s
}

// check masks a file; File itself fails when anything is found in the copy, so
// what is looked for here is what the detector found but a copy still holds.
func (l list) check(t *rapid.T, name string, content []byte, text func([]byte) string) {
	found, err := engine.Scan(t.Context(), "", bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	out, report, err := tryMask(name, content)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	after, err := engine.Scan(t.Context(), "", bytes.NewReader(out), int64(len(out)))
	if err != nil || len(after.Summary.Classes) > 0 || after.Reason != "" {
		t.Fatalf("%s: found again: %+v %s %v", name, after.Summary.Classes, after.Reason, err)
	}
	counts := map[string]int{}
	for _, c := range report.Masked {
		counts[string(c.Class)] = c.Count
	}
	l.checkOwn(t, name, content, text)
	shown := text(out)
	for _, c := range found.Summary.Classes {
		if counts[string(c.Class)] < c.Distinct {
			t.Fatalf("%s: %s: %d masked of %d", name, c.Class, counts[string(c.Class)], c.Distinct)
		}
	}
	for _, p := range l.people {
		for _, v := range []string{p.ResidentID, p.Email} { // found without anything around them
			if strings.Contains(shown, v) {
				t.Fatalf("%s: a value is still there", name)
			}
		}
	}
}

func TestTextsOfAnyShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawList(t)
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		var text string
		switch rapid.IntRange(0, 3).Draw(t, "shape") {
		case 0:
			var b bytes.Buffer
			w := csv.NewWriter(&b)
			w.Comma = rapid.SampledFrom([]rune{',', '\t', ';', '|'}).Draw(t, "comma")
			if err := w.WriteAll(l.rows); err != nil {
				t.Fatal(err)
			}
			text = strings.ReplaceAll(b.String(), "\n", end)
		case 1:
			text = strings.Join(l.sentences(t), end)
		case 2:
			for _, p := range l.people {
				text += fmt.Sprintf(`{"name": %q, "mobile": %q, "email": %q}`, p.Name, p.Mobile, p.Email) + end
			}
		case 3:
			for _, p := range l.people {
				text += "INSERT INTO customer (name, mobile, id_card) VALUES ('" + p.Name + "', '" + p.Mobile + "', '" + p.ResidentID + "');" + end
			}
		}
		c := rapid.SampledFrom([]struct {
			mark    string
			charset charset
		}{{"", unicode8}, {"\xEF\xBB\xBF", unicode8}, {"\xFF\xFE", wide(0, 1)}, {"\xFE\xFF", wide(1, 0)}, {"", gb18030}}).Draw(t, "charset")
		content := c.mark
		for _, r := range text {
			out, ok := c.charset.add(nil, r)
			if !ok {
				t.Skip("not in this charset")
			}
			content += string(out)
		}
		l.check(t, "list.txt", []byte(content), func(p []byte) string { return string(c.charset.decode(p[len(c.mark):], true).text) })
	})
}

func TestWorkbooksOfAnyShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawList(t)
		var shared []string
		var sheet strings.Builder
		number := func(v string) bool { return strings.Trim(v, "0123456789") == "" && len(v) <= 15 }
		for i, row := range l.rows {
			var list []any
			for _, v := range row {
				switch kind := rapid.IntRange(0, 3).Draw(t, "cell"); {
				case kind == 0 && number(v):
					list = append(list, `><v>`+v+`</v>`)
				case kind == 1:
					list = append(list, ` t="inlineStr"><is>`+splitRuns(t, v, "<t>", "</t>")+`</is>`)
				case kind == 2:
					list = append(list, ` t="str"><f>"x"&amp;A1</f><v>`+escape(v, elementText)+`</v>`)
				default:
					shared = append(shared, splitRuns(t, v, `<t xml:space="preserve">`, "</t>"))
					list = append(list, len(shared)-1)
				}
			}
			sheet.WriteString(cells(i+1, list...))
		}
		in := bookParts(`<sheetData>`+sheet.String()+`</sheetData>`, shared...)
		if rapid.Bool().Draw(t, "commented") {
			in["xl/comments1.xml"] = xmlHead + `<comments ` + cellSpace + `><commentList><comment ref="A1"><text><t>` + escape(strings.Join(l.sentences(t), " "), elementText) + `</t></text></comment></commentList></comments>`
		}
		l.check(t, "list.xlsx", zipped(t, in), joinedText)
	})
}

func TestDocumentsOfAnyShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawList(t)
		text := func(v string) string {
			return "<w:p>" + splitRuns(t, v, `<w:t xml:space="preserve">`, "</w:t>", "<w:r>", "</w:r>") + "</w:p>"
		}
		body := ""
		for _, s := range l.sentences(t) {
			body += text(s)
		}
		body += "<w:tbl>"
		for _, row := range l.rows {
			body += "<w:tr>"
			for _, v := range row {
				body += "<w:tc>" + text(v) + "</w:tc>"
			}
			body += "</w:tr>"
		}
		in := wordParts(body + "</w:tbl>")
		for i, s := range l.sentences(t) {
			switch i {
			case 0:
				in["word/header1.xml"] = xmlHead + `<w:hdr ` + wordSpace + `>` + text(s) + `</w:hdr>`
			case 1:
				in["word/comments.xml"] = xmlHead + `<w:comments ` + wordSpace + `><w:comment>` + text(s) + `</w:comment></w:comments>`
			}
		}
		l.check(t, "list.docx", zipped(t, in), joinedText)
	})
}

// splitRuns cuts a text into runs anywhere.
func splitRuns(t *rapid.T, v, open, end string, around ...string) string {
	outer := [2]string{"<r>", "</r>"}
	if len(around) == 2 {
		outer = [2]string{around[0], around[1]}
	}
	if !rapid.Bool().Draw(t, "split") && len(around) == 0 {
		return open + escape(v, elementText) + end
	}
	runes, out := []rune(v), ""
	for len(runes) > 0 {
		n := rapid.IntRange(1, len(runes)).Draw(t, "run")
		out += outer[0] + open + escape(string(runes[:n]), elementText) + end + outer[1]
		runes = runes[n:]
	}
	return out
}

// joinedText is the text of a document with all tags taken out, so that
// nothing is hidden by a tag within it.
func joinedText(content []byte) string {
	var all strings.Builder
	for _, part := range partsOf(content) {
		for rest := part; rest != ""; {
			text, after, _ := strings.Cut(rest, "<")
			all.WriteString(unescape([]byte(text)))
			tag, next, _ := strings.Cut(after, ">")
			if strings.HasPrefix(tag, "/w:p") || strings.HasPrefix(tag, "/c") || strings.HasPrefix(tag, "/si") {
				all.WriteByte('\n')
			}
			rest = next
		}
	}
	return all.String()
}
