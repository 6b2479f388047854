package redact

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

// boxRows are rows of a form or a table in which numbers stand a character in
// each cell, some cells wider than others.
func boxRows(t *rapid.T) (rows [][]string) {
	people := synthetic.New(rapid.Uint64().Draw(t, "seed")).People(rapid.IntRange(1, 8).Draw(t, "people"))
	boxes := func(number string) []string { return strings.Split(number, "") }
	if rapid.Bool().Draw(t, "table") {
		heads := []string{"姓名", "手机号"}
		if rapid.Bool().Draw(t, "spread") {
			heads = append(heads, make([]string, 10)...)
		}
		rows = append(rows, append(heads, "邮箱", "备注"))
		for _, p := range people {
			rows = append(rows, append(append([]string{p.Name}, boxes(p.Mobile)...), p.Email, "老客户, VIP"))
		}
		return rows
	}
	rows = append(rows, []string{"登记表", "", ""})
	for _, p := range people {
		wide := rapid.IntRange(0, 2).Draw(t, "empty cells between boxes")
		id := []string{"身份证号"}
		for _, c := range boxes(p.ResidentID) {
			id = append(append(id, c), make([]string, wide)...)
		}
		rows = append(rows, append(append([]string{"姓名", p.Name, "手机"}, boxes(p.Mobile)...), "备注"), id,
			append([]string{"第几题"}, boxes("7777")...))
	}
	return rows
}

// TestBoxesOfAnyShape masks numbers in the boxes of delimited text: every row
// keeps its cells, what is no value stays, and nothing is found any more.
func TestBoxesOfAnyShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := boxRows(t)
		comma := rapid.SampledFrom([]rune{',', '\t', ';', '|'}).Draw(t, "comma")
		content := delimited(rows, comma, rapid.Bool().Draw(t, "quotes"))
		out, report, err := tryMask("form.csv", []byte(content))
		if err != nil {
			t.Fatalf("%v\n%s", err, content)
		}
		after, err := engine.Scan(t.Context(), "", bytes.NewReader(out), int64(len(out)))
		if err != nil || len(after.Summary.Classes) > 0 || after.Reason != "" {
			t.Fatalf("found again: %+v %s %v\n%s", after.Summary.Classes, after.Reason, err, out)
		}
		counts := map[detect.Class]int{}
		for _, c := range report.Masked {
			counts[c.Class] = c.Count
		}
		for _, c := range report.Before.Classes {
			if counts[c.Class] != c.Count {
				t.Fatalf("%s: %d masked, %d found\n%s\n%s", c.Class, counts[c.Class], c.Count, content, out)
			}
		}
		r := csv.NewReader(bytes.NewReader(out))
		r.Comma, r.FieldsPerRecord = comma, -1
		copied, err := r.ReadAll()
		if err != nil || len(copied) != len(rows) {
			t.Fatalf("%d rows of %d: %v\n%s", len(copied), len(rows), err, out)
		}
		for i, row := range rows {
			if len(copied[i]) != len(row) {
				t.Fatalf("row %d has %d cells of %d: %s", i, len(copied[i]), len(row), out)
			}
			checkBoxes(t, row, copied[i])
		}
	})
}

// checkBoxes compares a row with its copy: a number in boxes is asterisks now.
func checkBoxes(t *rapid.T, row, copied []string) {
	boxes := 0
	for _, v := range row {
		if utf8.RuneCountInString(v) == 1 {
			boxes++
		}
	}
	for i, v := range row {
		switch one := utf8.RuneCountInString(v) == 1; {
		case one && boxes >= leastBoxes && copied[i] != "*":
			t.Fatalf("box %d of %q is %q", i, row, copied[i])
		case (one && boxes < leastBoxes || v == "备注" || v == "姓名" || v == "") && copied[i] != v:
			t.Fatalf("cell %d of %q became %q", i, row, copied[i])
		}
	}
}

// delimited writes rows, all of their cells in quotes or only those that must be.
func delimited(rows [][]string, comma rune, quotes bool) string {
	var b strings.Builder
	for _, row := range rows {
		for i, v := range row {
			if i > 0 {
				b.WriteRune(comma)
			}
			if quotes || strings.ContainsRune(v, comma) {
				v = `"` + v + `"`
			}
			b.WriteString(v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
