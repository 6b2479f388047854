package extract

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// BenchmarkExtract measures how fast text comes out, in bytes of the file's
// own content (unpacked where it is packed).
func BenchmarkExtract(b *testing.B) {
	long := strings.Repeat(prose, 60_000) // 12 MB
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(long))
	if err != nil {
		b.Fatal(err)
	}
	var rows, paragraphs strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&rows, `<row r="%d" spans="1:4"><c r="A%d" s="1" t="s"><v>%d</v></c><c r="B%d"><v>%d</v></c><c r="C%d" t="inlineStr"><is><t>110101199003078%03d</t></is></c></row>`, i+1, i+1, i%1000, i+1, 13800000000+i, i+1, i%1000)
		fmt.Fprintf(&paragraphs, `<w:p w:rsidR="00A77B3E"><w:pPr><w:jc w:val="both"/></w:pPr><w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr><w:t>客户李娜的电话是%d。</w:t></w:r></w:p>`, 13800000000+i)
	}
	var shared strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&shared, "<si><t>客户%d</t></si>", i)
	}
	sheet := `<worksheet><sheetData>` + rows.String() + `</sheetData></worksheet>`
	document := `<w:document><w:body>` + paragraphs.String() + `</w:body></w:document>`
	types := file{"[Content_Types].xml", `<Types xmlns="x"/>`}
	binary := bytes.Repeat([]byte("\x00\x93\x02Abc\xfe\x7fclient list\x00\x00\x01\xd5\xc5\x99\x07"), 500_000)
	for _, bm := range []struct {
		name    string
		content []byte
		size    int
	}{
		{"utf-8", []byte(long), len(long)},
		{"gb18030", gb, len(gb)},
		{"utf-16", wide(long, false), 2 * len([]rune(long))},
		{"binary", binary, len(binary)},
		{"html", []byte("<html><p>" + strings.ReplaceAll(long, "\n", "</p><p>") + "</p></html>"), len(long)},
		{"xlsx", zipOf(b, types, file{"xl/sharedStrings.xml", "<sst>" + shared.String() + "</sst>"}, file{"xl/worksheets/sheet1.xml", sheet}), len(sheet)},
		{"docx", zipOf(b, types, file{"word/document.xml", document}), len(document)},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(bm.size))
			for b.Loop() {
				if _, err := Extract(context.Background(), bytes.NewReader(bm.content), int64(len(bm.content)), Limits{}, &silent{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
