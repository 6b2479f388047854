package redact

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

type benchmarkFile struct {
	name    string
	content []byte
}

// benchmarkFiles are lists of many people in every format, and text without.
func benchmarkFiles(b *testing.B) []benchmarkFile {
	list := people(50_000)
	var csv, book bytes.Buffer
	if err := synthetic.CSV(&csv, list, "zh"); err != nil {
		b.Fatal(err)
	}
	if err := synthetic.XLSX(&book, list, "zh"); err != nil {
		b.Fatal(err)
	}
	var body strings.Builder
	body.WriteString("<w:tbl>")
	for _, row := range append([][]string{synthetic.Headings("zh")}, rowsOf(list[:10_000])...) {
		body.WriteString("<w:tr>")
		for _, v := range row {
			body.WriteString("<w:tc>" + para(run(v)) + "</w:tc>")
		}
		body.WriteString("</w:tr>")
	}
	prose := strings.Repeat("The quick brown fox jumps over the lazy dog. 会议改到下午三点，请带上上周的报告。\n", 200_000)
	return []benchmarkFile{
		{"dense.csv", csv.Bytes()},
		{"dense-gb18030.csv", encoded(b, gb18030, csv.String())},
		{"prose.txt", []byte(prose)},
		{"dense.xlsx", book.Bytes()},
		{"dense.docx", zipped(b, wordParts(body.String()+"</w:tbl>"))},
	}
}

func rowsOf(list []synthetic.Person) (rows [][]string) {
	for _, p := range list {
		rows = append(rows, []string{p.Name, p.Mobile, p.Landline, p.ResidentID, p.BankCard, p.Email, p.Address})
	}
	return rows
}

// BenchmarkFile measures whole copies: read, rewritten and read again.
func BenchmarkFile(b *testing.B) {
	for _, file := range benchmarkFiles(b) {
		b.Run(file.name, func(b *testing.B) {
			b.SetBytes(int64(len(file.content)))
			for b.Loop() {
				if _, err := New(engine, pack, Limits{}).File(b.Context(), bytes.NewReader(file.content), int64(len(file.content)), file.name, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
