package extract

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// documentText answers the text of a part of running text.
func documentText(part string) string {
	var out transcript
	limits := Limits{}.withDefaults()
	w := &walker{limits: limits, sink: &out, deadline: time.Now().Add(time.Minute), expanded: limits.Expanded, members: limits.Members}
	newDocument(w, "").read(newMarkup(strings.NewReader(part)))
	return out.text.String()
}

// Space is text where it stands in a run or within a line, and none where it
// only sets elements apart.
func TestSpaceBetweenRuns(t *testing.T) {
	run := func(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }
	for part, want := range map[string]string{
		"<w:p>" + run("13812345678") + run(" ") + run("13987654321") + "</w:p>":                                             "\n[]\n13812345678 13987654321\n",
		"<w:p>\n  " + run("138") + "\n  " + run("12345678") + "\n</w:p>\n":                                                  "\n[]\n13812345678\n",
		"<w:p>" + run(" ") + "</w:p>":                                                                                       "\n[]\n",
		"<w:p>" + run("李娜") + run("　") + run("客户") + "</w:p>":                                                               "\n[]\n李娜　客户\n",
		"<text:p><text:span>李娜</text:span> <text:span>13987654321</text:span></text:p>\n<text:p>\n<text:span>x</text:span>": "\n[]\n李娜 13987654321\nx\n",
	} {
		if got := documentText(part); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What fields of a form and content controls may be filled in with, and are by
// default, stands behind the paragraph, or the table, a line each.
func TestFieldsOfForms(t *testing.T) {
	const drop = `<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:helpText w:type="text" w:val="只填一人"/><w:ddList><w:result w:val="1"/><w:listEntry w:val="李娜 13987654321"/><w:listEntry w:val="王建国 &amp; 15012340987"/></w:ddList></w:ffData></w:fldChar></w:r>`
	const input = `<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:textInput><w:default w:val="欧阳明轩 13812345678"/></w:textInput></w:ffData></w:fldChar></w:r>`
	const control = `<w:sdt><w:sdtPr><w:alias w:val="客户"/><w:comboBox><w:listItem w:displayText="李娜" w:value="13987654321"/></w:comboBox></w:sdtPr><w:sdtContent><w:r><w:t>请选择</w:t></w:r></w:sdtContent></w:sdt>`
	for part, want := range map[string]string{
		`<w:p><w:r><w:t>客户：</w:t></w:r>` + drop + `<w:r><w:t>无</w:t></w:r></w:p>`: "\n[]\n客户：无\n只填一人\n李娜 13987654321\n王建国 & 15012340987\n",
		`<w:p>` + input + `</w:p>`:   "\n[]\n欧阳明轩 13812345678\n",
		`<w:p>` + control + `</w:p>`: "\n[]\n请选择\n客户\n李娜\n13987654321\n",
		`<w:tbl><w:tr><w:tc><w:p>` + input + `<w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/>`: "\n[]\n\n[table 1]\n1: A=x\n\n[]\n欧阳明轩 13812345678\n",
		`<mc:Fallback>` + input + `</mc:Fallback>`:                                                       "\n[]\n欧阳明轩 13812345678\n",
	} {
		if got := documentText(part); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A table within a cell has rows of its own; the row around it goes on behind it.
func TestNothingIsLeftOutOfLongForms(t *testing.T) {
	entry := `<w:listEntry w:val="` + strings.Repeat("a ", widest/8) + `"/>`
	part := "<w:tbl><w:tr><w:tc>" + strings.Repeat(entry, 5) + `<w:listEntry w:val="13987654321"/></w:tc></w:tr></w:tbl>`
	if got := documentText(part); !strings.HasSuffix(got, "\n13987654321\n") {
		t.Errorf("the last of %d bytes is missing", len(got))
	}
}

// Word 2003 has changes and comments in one element: what was inserted is part
// of the line, a comment is not.
func TestChangesOfWord2003(t *testing.T) {
	const head = `<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:p><w:r><w:t>1398765</w:t></w:r>`
	const inner = `<aml:content><w:r><w:t>4321</w:t></w:r></aml:content></aml:annotation><w:r><w:t> x</w:t></w:r></w:p></w:wordDocument>`
	expect(t, "inserted", []byte(head+`<aml:annotation w:type="Word.Insertion">`+inner), "", "13987654321 x\n")
	expect(t, "comment", []byte(head+`<aml:annotation w:type="Word.Comment">`+inner), "", "1398765 x\n4321\n")
}

func TestTableInACell(t *testing.T) {
	row := func(cells ...string) string { return "<w:tr>" + strings.Join(cells, "") + "</w:tr>" }
	cell := func(inner string) string { return "<w:tc>" + inner + "</w:tc>" }
	line := func(text string) string { return "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>" }
	inner := "<w:tbl>" + row(cell(line("姓名")), cell(line("手机"))) + row(cell(line("李娜")), cell(line("13987654321"))) + "</w:tbl>"
	got := documentText("<w:tbl>" + row(cell(line("a")), cell(line("b")+inner+line("c")), cell(line("d"))) + row(cell(line("e"))) + "</w:tbl>" + line("f"))
	want := "\n[]\n\n[table 1]\n1: A=a B=b\n\n[table 2]\n1: A=姓名 B=手机\n2: A=李娜 B=13987654321\n\n[table 1]\nc\n1: C=d\n2: A=e\n\n[]\nf\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A note is no part of the cell or paragraph that it hangs on.
func TestNotesOfOpenDocument(t *testing.T) {
	note := func(text string) string {
		return "<office:annotation><dc:creator>a</dc:creator><text:p>" + text + "</text:p></office:annotation>"
	}
	got := documentText(`<table:table table:name="n"><table:table-row><table:table-cell>` + note("李娜 13987654321") + `<text:p>x</text:p></table:table-cell></table:table-row></table:table><text:p>b` + note("c") + `d</text:p>`)
	if want := "\n[]\n\n[n]\n1: A=x\n\n[]\nbd\na\n李娜 13987654321\na\nc\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What input checks allow and what names stand for is read.
func TestChecksAndNamesOfOpenDocument(t *testing.T) {
	got := documentText(`<table:content-validation table:condition="of:cell-content-is-in-list(&quot;李娜 13987654321&quot;)"/><table:table table:name="n"/><table:named-expression table:name="a" table:expression="&quot;王建国&quot;"/>`)
	if want := "李娜 13987654321"; !strings.Contains(got, want) || !strings.Contains(got, "王建国") {
		t.Errorf("%q", got)
	}
}

// What Word calls "Word XML Document" is a file of XML with all parts in it.
func TestDocumentInOneFile(t *testing.T) {
	content := real(t, "python-docx.docx")
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var flat bytes.Buffer
	flat.WriteString(`<?xml version="1.0" standalone="yes"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">`)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, body, ok := bytes.Cut(part, []byte("?>")); ok && bytes.HasPrefix(part, []byte("<?xml")) {
			fmt.Fprintf(&flat, `<pkg:part pkg:name="/%s"><pkg:xmlData>%s</pkg:xmlData></pkg:part>`, f.Name, body)
		} else {
			fmt.Fprintf(&flat, `<pkg:part pkg:name="/%s"><pkg:binaryData>%s</pkg:binaryData></pkg:part>`, f.Name, base64.StdEncoding.EncodeToString(part))
		}
	}
	flat.WriteString(`</pkg:package>`)
	expect(t, "flat.xml", flat.Bytes(), "", "[table 1]\n1: A=姓名 B=手机号 C=身份证号 D=电子邮箱\n2: A=欧阳明轩 B=13812345678", "客户欧阳明轩，电话13812345678。\n", "页眉 13600001111\n")
}

// From version 2 on the names of UOF have numbers.
func TestSecondUOF(t *testing.T) {
	expect(t, "second", []byte(`<?xml version="1.0"?><uof:文字处理_5A39 xmlns:uof="http://schemas.uof.org/cn/2009/uof" xmlns:字="http://schemas.uof.org/cn/2009/wordproc"><字:文字表_416C><字:行_41CD><字:单元格_41BE><字:段落_416B><字:句_419D><字:文本串_415B>李娜</字:文本串_415B></字:句_419D></字:段落_416B></字:单元格_41BE><字:单元格_41BE><字:段落_416B><字:句_419D><字:文本串_415B>13987654321</字:文本串_415B></字:句_419D></字:段落_416B></字:单元格_41BE></字:行_41CD></字:文字表_416C></uof:文字处理_5A39>`),
		"", "[table 1]\n1: A=李娜 B=13987654321\n")
}
