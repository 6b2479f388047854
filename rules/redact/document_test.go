package redact

import (
	"bytes"
	"strings"
	"testing"
)

// run answers a run of text.
func run(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }

func para(runs ...string) string { return `<w:p>` + strings.Join(runs, "") + `</w:p>` }

func TestNumbersSplitOverRuns(t *testing.T) {
	is := maskedParts(t, wordParts(
		para(run("电话：13"), `<w:r><w:rPr><w:b/></w:rPr><w:t>5817</w:t></w:r>`, `<w:proofErr w:type="spellStart"/>`, run("26394。"))+
			para(run("邮箱："), run("lina"), run("@"), run("163.com")+run(" 结束"))+
			para(run("身份证号：110101199"), `<w:r><w:t><![CDATA[0030]]></w:t></w:r>`, run("&#55;&#x38;03X &amp; &lt;ok&gt;"))))
	lacks(t, is, "5817", "26394", "lina", "7803X", "&#55;")
	contains(t, is, "word/document.xml",
		run("电话：13"), `<w:r><w:rPr><w:b/></w:rPr><w:t>5***</w:t></w:r>`, run("*6394。"),
		run("l***")+run("@")+run("163.com"), run(" 结束"), run("身份证号：110101***"), run("*803X &amp; &lt;ok&gt;"))
}

func TestTablesOfDocuments(t *testing.T) {
	cell := func(text string) string { return `<w:tc><w:tcPr/>` + para(run(text)) + `</w:tc>` }
	row := func(cells ...string) string { return `<w:tr>` + strings.Join(cells, "") + `</w:tr>` }
	is := maskedParts(t, wordParts(`<w:tbl>`+
		row(cell("姓名"), cell("手机号"), cell("备注"))+
		row(cell("张伟明"), cell("13581726394"), cell("老客户"))+
		row(cell(" 李娜 "), cell("139 8654 7218"), cell("联系李娜"))+
		`</w:tbl>`+para(run("其他"))))
	lacks(t, is, "张伟明", "13581726394", "139 8654 7218")
	contains(t, is, "word/document.xml", cell("姓名"), cell("张**"), cell("135****6394"), cell(" 李* "), cell("139****7218"), cell("老客户"), cell("联系李*"), "其他")
}

// So are those in a cell of another table.
func TestTablesInTables(t *testing.T) {
	cell := func(inner string) string { return `<w:tc><w:tcPr/>` + inner + `</w:tc>` }
	row := func(cells ...string) string { return `<w:tr>` + strings.Join(cells, "") + `</w:tr>` }
	inner := `<w:tbl>` + row(cell(para(run("姓名"))), cell(para(run("手机号")))) +
		row(cell(para(run("张伟明"))), cell(para(run("13581726394")))) + row(cell(para(run("李娜"))), cell(para(run("13986547218")))) + `</w:tbl>`
	is := maskedParts(t, wordParts(`<w:tbl>`+row(cell(para(run("名单"))+inner+para(run("共二人"))), cell(para(run("电话：13812341234"))))+`</w:tbl>`+para(run("其他"))))
	lacks(t, is, "张伟明", "13581726394", "李娜", "13986547218", "13812341234")
	contains(t, is, "word/document.xml", row(cell(para(run("张**"))), cell(para(run("135****6394")))), para(run("共二人")), para(run("电话：138****1234")))
}

func TestEveryPlaceOfADocument(t *testing.T) {
	const phone = "13581726394"
	in := wordParts(
		para(`<w:del w:author="x"><w:r><w:delText>电话：`+phone+`</w:delText></w:r></w:del>`) +
			para(`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "mailto:lina@163.com"</w:instrText></w:r>`) +
			para(`<w:fldSimple w:instr="HYPERLINK &quot;mailto:lina@163.com&quot;">`+run("写信")+`</w:fldSimple>`) +
			para(`<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:docPr xmlns:wp="u" id="1" name="n" descr="电话：`+phone+`"/><w:txbxContent>`+para(run("手机："+phone))+`</w:txbxContent></w:drawing></mc:Choice>`+
				`<mc:Fallback><w:pict><w:txbxContent>`+para(run("手机："+phone))+`</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>`))
	for _, p := range []struct{ name, root string }{
		{"header1", "hdr"}, {"footer1", "ftr"}, {"comments", "comments"}, {"footnotes", "footnotes"}, {"endnotes", "endnotes"},
	} {
		in["word/"+p.name+".xml"] = xmlHead + `<w:` + p.root + ` ` + wordSpace + `>` + para(run("手机："+phone)) + `</w:` + p.root + `>`
	}
	in["word/_rels/document.xml.rels"] = relations("rId7", "hyperlink", "mailto:lina@163.com")
	in["docProps/core.xml"] = xmlHead + `<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>手机：` + phone + `</dc:title><cp:keywords>a&amp;b</cp:keywords></cp:coreProperties>`
	in["docProps/thumbnail.jpeg"] = "a picture of the first page"
	in["_rels/.rels"] = relations("rId1", "officeDocument", "word/document.xml", "rId2", "metadata/thumbnail", "docProps/thumbnail.jpeg")
	in["customXml/item1.xml"] = xmlHead + `<data><phone>` + phone + `</phone><mail>lina@163.com</mail></data>`
	is := maskedParts(t, in)
	lacks(t, is, phone, "lina@", "thumbnail")
	contains(t, is, "docProps/core.xml", "手机：135****6394", "a&amp;b")
	contains(t, is, "word/_rels/document.xml.rels", `Target="mailto:l***@163.com"`)
	contains(t, is, "word/document.xml", "写信")
}

// Space in a run of its own parts what stands before and behind it.
func TestSpaceInARun(t *testing.T) {
	is := maskedParts(t, wordParts(para(run("电话："), run("13581726394"), run(" "), run("13986547218"))))
	contains(t, is, "word/document.xml", run("135****6394")+run(" ")+run("139****7218"))
}

// What fields of a form and content controls offer is masked as well.
func TestFieldsOfForms(t *testing.T) {
	offer := func(inner string) string {
		return `<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/>` + inner + `</w:ddList></w:ffData></w:fldChar></w:r>`
	}
	is := maskedParts(t, wordParts(
		para(run("登记表"), offer(`<w:listEntry w:val="姓名：张伟明，手机：13581726394"/><w:listEntry w:val="a &amp; b"/>`))+
			para(`<w:sdt><w:sdtPr><w:alias w:val="手机：13986547218"/><w:comboBox><w:listItem w:displayText="手机：13812341234" w:value="lina@163.com"/></w:comboBox></w:sdtPr></w:sdt>`)+
			`<w:tbl><w:tr><w:tc>`+para(`<w:r><w:fldChar><w:ffData><w:textInput><w:default w:val="手机：15012341987"/></w:textInput></w:ffData></w:fldChar></w:r>`, run("x"))+`</w:tc></w:tr></w:tbl>`+para(run("其他"))))
	lacks(t, is, "13581726394", "13986547218", "13812341234", "15012341987", "张伟明", "lina@")
	contains(t, is, "word/document.xml", `<w:listEntry w:val="姓名：张**，手机：135****6394"/><w:listEntry w:val="a &amp; b"/>`, `<w:alias w:val="手机：139****7218"/>`, `w:displayText="手机：138****1234"`, `<w:default w:val="手机：150****1987"/>`)
}

// What a document shows may be filled in from its data when it is opened.
func TestBoundDataGoesWithTheText(t *testing.T) {
	in := wordParts(para(run("姓名：张伟明，电话：13581726394")))
	in["customXml/item1.xml"] = xmlHead + `<data><a>张伟明</a><b v="张伟明"/></data>`
	is := maskedParts(t, in)
	lacks(t, is, "张伟明")
	contains(t, is, "customXml/item1.xml", `<a>张**</a><b v="张**"/>`)
}

// What was masked once is masked wherever it stands by itself: older programs
// show the fallback of a drawing, in which no heading speaks for a name.
func TestRepeatedValuesOfADocument(t *testing.T) {
	is := maskedParts(t, wordParts(
		para(run("姓名：张伟明，电话：13581726394"))+para(run("签名："), run("张伟明"))+
			para(`<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:t>x</w:t></mc:Choice><mc:Fallback><w:txbxContent>`+para(run("张伟明"))+`</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>`)))
	lacks(t, is, "张伟明")
}

// A program that does not know what the choice needs shows the fallback: a list
// that stands only there is masked as any other.
func TestListInAFallback(t *testing.T) {
	list := rowsOf(people(25))
	var rows, lines strings.Builder
	for _, r := range list {
		rows.WriteString(`<w:tr>`)
		for _, value := range []string{r[0], r[1], r[3]} {
			rows.WriteString(`<w:tc>` + para(run(value)) + `</w:tc>`)
		}
		rows.WriteString(`</w:tr>`)
		lines.WriteString(para(run(r[0] + " " + r[1])))
	}
	for _, fallback := range []string{`<w:tbl>` + rows.String() + `</w:tbl>`, `<w:pict><w:txbxContent>` + lines.String() + `</w:txbxContent></w:pict>`} {
		in := wordParts(para(`<w:r><mc:AlternateContent><mc:Choice Requires="none"><w:t>x</w:t></mc:Choice><mc:Fallback>` + fallback + `</mc:Fallback></mc:AlternateContent></w:r>`))
		document := zipped(t, in)
		before, err := engine.Scan(t.Context(), "", bytes.NewReader(document), int64(len(document)))
		if err != nil || before.Summary.People != len(list) {
			t.Errorf("%d people, %v; want %d", before.Summary.People, err, len(list))
		}
		is := maskedParts(t, in)
		for _, r := range list {
			lacks(t, is, r[1], r[3])
		}
	}
}

// The workbook behind a diagram is masked like any other.
func TestWorkbookInsideADocument(t *testing.T) {
	in := wordParts(para(run("手机：13581726394")))
	in["word/embeddings/sheet1.xlsx"] = string(zipped(t, bookParts(`<sheetData>`+cells(1, 0)+cells(2, ` t="n"><v>13986547218</v>`)+`</sheetData>`, "手机号")))
	is := maskedParts(t, in)
	inner := partsOf([]byte(is["word/embeddings/sheet1.xlsx"]))
	lacks(t, inner, "13986547218")
	contains(t, inner, "xl/worksheets/sheet1.xml", "139****7218")
	in["word/embeddings/sheet1.xlsx"] = "no workbook"
	refused(t, "broken", zipped(t, in), Embedded)
}

func TestRefusedDocuments(t *testing.T) {
	body := para(run("手机：13581726394"))
	with := func(name, content string) []byte {
		p := wordParts(body)
		p[name] = content
		return zipped(t, p)
	}
	refused(t, "macro", with("word/vbaProject.bin", "x"), Macros)
	refused(t, "signature", with("_xmlsignatures/sig1.xml", xmlHead+`<Signature/>`), Signed)
	refused(t, "object", with("word/embeddings/oleObject1.bin", "x"), Embedded)
	refused(t, "control", with("word/activeX/activeX1.xml", xmlHead+`<ocx/>`), Embedded)
	refused(t, "add-in", with("word/webextensions/x.xml", xmlHead+`<x><a>手机：13581726394</a></x>`), Part)
	if r := refused(t, "picture", with("word/media/image1.wmf", "GIF89a....手机：13581726394...."), Part); r.Place != "image1.wmf" {
		t.Errorf("place %q", r.Place)
	}
	refused(t, "type", with("word/document.xml", `<!DOCTYPE a [<!ENTITY b "c">]><w:document `+wordSpace+`><w:body>`+body+`</w:body></w:document>`), Damaged)
	refused(t, "not closed", with("word/header1.xml", `<w:hdr `+wordSpace+`><w:p`), Damaged)
	refused(t, "other charset", with("word/header1.xml", `<?xml version="1.0" encoding="GB18030"?><w:hdr `+wordSpace+`/>`), Charset)
	content := with("a", "b")
	refused(t, "cut off", content[:len(content)-40], Damaged)
	refused(t, "bomb", with("word/header1.xml", xmlHead+`<w:hdr `+wordSpace+`>`+strings.Repeat(" ", 64<<20)+`</w:hdr>`), TooLarge)
}
