package redact

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// small bounds what a fuzzed input may cost.
var small = Limits{Size: 4 << 20, Expanded: 32 << 20, Strings: 1 << 20, Time: 10 * time.Second}

// harmlessOrRefused checks the one promise: a copy in which nothing is found,
// or a refusal and no copy.
func harmlessOrRefused(t *testing.T, content []byte) {
	var out bytes.Buffer
	_, err := New(engine, pack, small).File(context.Background(), bytes.NewReader(content), int64(len(content)), "", &out)
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		if out.Len() > 0 {
			t.Fatal("a refused copy was written")
		}
		if refusal.Text("en") == "" || refusal.Text("zh") == "" {
			t.Fatal("a refusal without words")
		}
	case err != nil:
		t.Fatalf("neither copy nor refusal: %v", err)
	default:
		after, err := engine.Scan(context.Background(), "", bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil || after.Reason != "" || len(after.Summary.Classes) > 0 {
			t.Fatalf("the copy is not harmless: %+v %v", after, err)
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, name := range []string{"openpyxl.xlsx", "openpyxl-stream.xlsx", "calc.xlsx", "python-docx.docx", "writer.docx", "utf8.csv", "gb18030.csv", "utf16le.csv", "big5.txt"} {
		content, err := os.ReadFile(filepath.Join(realFiles, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) { harmlessOrRefused(t, content) })
}

// FuzzPart fuzzes the parts of a document, which hardly any change to the file
// as a whole would reach through the compression.
func FuzzPart(f *testing.F) {
	f.Add(true, para(run("电话：1358"), run("1726394"))+`<w:tbl><w:tr><w:tc>`+para(run("姓名"))+`</w:tc><w:tc>`+para(run("手机号"))+`</w:tc></w:tr><w:tr><w:tc>`+para(run("张伟明"))+`</w:tc><w:tc>`+para(run("13581726394"))+`</w:tc></w:tr></w:tbl>`, "手机：13581726394")
	f.Add(true, `<mc:Fallback><w:p><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl></w:p></mc:Fallback><![CDATA[邮箱lina@163.com]]><!-- 13581726394 -->`, "")
	f.Add(true, `<w:tbl><w:tr><w:tc>`+para(run("手机号"))+`</w:tc></w:tr><w:tr> w:tc>`+para(run("13581726394"))+`</w:tc></w:tr></w:tbl>`, "手机：13581726394") // text between the cells of a table
	f.Add(false, `<sheetData>`+cells(1, 0, ` t="inlineStr"><is><t>手机号</t></is>`)+cells(2, 1, `><f t="shared" ref="B2:B3" si="0">A1</f><v>1.3581726394E10</v>`)+cells(3, 1, `><f t="shared" si="0"/><v>13581726394</v>`)+`</sheetData><headerFooter><oddHeader>手机：13581726394</oddHeader></headerFooter>`, "姓名")
	f.Add(false, `<sheetData><row><c t="s"><v>0</v></c><c t="s"><v>9</v></c><c t="str"><f>"手机：13581726394"</f><v>手机：13581726394</v></c></row></sheetData>`, `<r><t>张伟</t></r><rPh><t>x</t></rPh><r><t>明 13581726394</t></r>`)
	f.Fuzz(func(t *testing.T, word bool, body, more string) {
		in := bookParts(body, more)
		if word {
			in = wordParts(body)
			in["customXml/item1.xml"] = xmlHead + "<a>" + more + "</a>"
		}
		harmlessOrRefused(t, zipped(t, in))
	})
}
