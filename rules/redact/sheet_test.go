package redact

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules"
)

// cells answers a row of cells, each as it stands between the tags or, for a
// number n, the shared string n.
func cells(row int, list ...any) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, row)
	for i, c := range list {
		ref := fmt.Sprintf("%c%d", 'A'+i, row)
		switch c := c.(type) {
		case int:
			fmt.Fprintf(&b, `<c r="%s" s="2" t="s"><v>%d</v></c>`, ref, c)
		case string:
			fmt.Fprintf(&b, `<c r="%s"%s</c>`, ref, c)
		}
	}
	return b.String() + `</row>`
}

func TestCellsOfEveryKind(t *testing.T) {
	in := bookParts(`<sheetData>`+
		cells(1, 0, 1, 2)+
		cells(2, 3, ` s="5"><v>13581726394</v>`, 4)+
		cells(3, 5, `><v>1.3986547218E10</v>`, ` t="inlineStr"><is><r><rPr><b/></rPr><t>电话1501</t></r><r><t>2340987</t></r></is>`)+
		cells(4, 3, ` t="str"><f>B2&amp;""</f><v>13581726394</v>`, ` t="n"><v>42.5</v>`)+
		cells(5, 3, `><f t="shared" ref="B5:B6" si="0">B2+0</f><v>13581726394</v>`, 6)+
		cells(6, 3, `><f t="shared" si="0"/><v>12</v>`, ` t="str"><f>IF(B2="13581726394","手机：13581726394","")</f><v>x</v>`)+
		`</sheetData><headerFooter><oddHeader>&amp;C手机：13581726394</oddHeader></headerFooter>`+
		`<dataValidations><dataValidation sqref="D1" prompt="手机：13581726394"><formula1>"手机：13581726394,b"</formula1></dataValidation></dataValidations>`,
		"姓名", "手机号", "备注", "张伟明", `<r><t>致电 1358</t></r><r><rPr><i/></rPr><t>1726394 张伟明</t></r><rPh><t>zhang</t></rPh>`, "李娜", "喜欢茶 &amp; 咖啡", "手机：13700002222")
	in["xl/calcChain.xml"] = xmlHead + `<calcChain ` + cellSpace + `><c r="B4"/></calcChain>`
	in["xl/_rels/workbook.xml.rels"] = relations("rId1", "worksheet", "worksheets/sheet1.xml", "rId2", "sharedStrings", "sharedStrings.xml", "rId3", "calcChain", "calcChain.xml")
	in["[Content_Types].xml"] = strings.Replace(in["[Content_Types].xml"], "</Types>", `<Override PartName="/xl/calcChain.xml" ContentType="a"/></Types>`, 1)
	in["xl/comments1.xml"] = xmlHead + `<comments ` + cellSpace + `><commentList><comment ref="A1"><text><r><t>手机：13581726394</t></r></text></comment></commentList></comments>`
	is := maskedParts(t, in)
	lacks(t, is, "13581726394", "13986547218", "1.3986547218E10", "2340987", "张伟明", "李娜", "13700002222", "calcChain", "zhang", `si="0"`, "B2&amp;")
	contains(t, is, "xl/worksheets/sheet1.xml",
		`<c r="B2" s="5" t="inlineStr"><is><t xml:space="preserve">135****6394</t></is></c>`,
		`<c r="B3" t="inlineStr"><is><t xml:space="preserve">139****7218</t></is></c>`,
		`<r><rPr><b/></rPr><t>电话150*</t></r><r><t>***0987</t></r>`,
		`<v>42.5</v>`, `<c r="B6"><v>12</v>`, `&amp;C手机：135****6394`, `prompt="手机：135****6394"`, `"手机：135****6394,b"`,
		`<c r="C6" t="str"><v>x</v>`, `<c r="A2" s="2" t="s"><v>3</v></c>`)
	contains(t, is, "xl/sharedStrings.xml", "<si><t>张**</t></si>", "<t>致电 135*</t>", "<t>***6394 张**</t>", "喜欢茶 &amp; 咖啡", "手机：137****2222")
	contains(t, is, "xl/comments1.xml", "手机：135****6394")
}

func TestRepeatedInDiagrams(t *testing.T) {
	in := bookParts(`<sheetData>`+cells(1, 0, 1)+cells(2, 2, `><v>13581726394</v>`)+`</sheetData>`, "姓名", "手机号", "张伟明")
	in["xl/charts/chart1.xml"] = xmlHead + `<c:chartSpace xmlns:c="c"><c:ser><c:cat><c:strRef><c:f>Sheet1!$A$2</c:f><c:strCache><c:pt idx="0"><c:v>张伟明</c:v></c:pt></c:strCache></c:strRef></c:cat>` +
		`<c:val><c:numRef><c:f>Sheet1!$B$2</c:f><c:numCache><c:pt idx="0"><c:v>13581726394</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:chartSpace>`
	is := maskedParts(t, in)
	lacks(t, is, "张伟明", "13581726394")
	contains(t, is, "xl/charts/chart1.xml", "<c:v>张**</c:v>", "<c:numCache><c:pt idx=\"0\"><c:v>0</c:v>", "Sheet1!$B$2")
}

func TestRefusedWorkbooks(t *testing.T) {
	rows := `<sheetData>` + cells(1, 0, 1) + cells(2, 2, `><v>13581726394</v>`) + `</sheetData>`
	with := func(name, content string) []byte {
		p := bookParts(rows, "姓名", "手机号", "张伟明")
		p[name] = xmlHead + content
		return zipped(t, p)
	}
	refused(t, "pivot", with("xl/pivotCache/pivotCacheRecords1.xml", `<pivotCacheRecords `+cellSpace+`><r><s v="张伟明"/></r></pivotCacheRecords>`), PivotCache)
	refused(t, "link", with("xl/externalLinks/externalLink1.xml", `<externalLink `+cellSpace+`><cell r="A1" t="str"><v>张伟明</v></cell></externalLink>`), LinkedCache)
	refused(t, "table", with("xl/tables/table1.xml", `<table `+cellSpace+`><tableColumns><tableColumn id="1" name="张伟明"/></tableColumns></table>`), SheetName)
	for place, book := range map[string]string{
		"sheet":   `<sheets><sheet name="手机13581726394" sheetId="1" r:id="rId1"/></sheets>`,
		"defined": `<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets><definedNames><definedName name="a">"手机：13581726394"</definedName></definedNames>`,
	} {
		refused(t, place, with("xl/workbook.xml", `<workbook `+cellSpace+`>`+book+`</workbook>`), SheetName)
	}
	refused(t, "rule", with("xl/worksheets/sheet1.xml", `<worksheet `+cellSpace+`>`+rows+`<conditionalFormatting><cfRule><formula>手机=13581726394</formula></cfRule></conditionalFormatting></worksheet>`), Part)
	refused(t, "data model", with("xl/model/item.data", "x"), Part)
	refused(t, "binary", with("xl/worksheets/sheet2.bin", "x"), Format)
	refused(t, "macro sheet", with("xl/macrosheets/sheet1.xml", `<macrosheet/>`), Macros)
}

// A long list goes through in batches, with what stands at its top.
func TestLongSheet(t *testing.T) {
	var rows strings.Builder
	rows.WriteString(`<sheetData>` + cells(1, 0, 1))
	list := people(30_000)
	shared := []string{"姓名", "手机号"}
	for i, p := range list {
		shared = append(shared, p.Name)
		rows.WriteString(cells(i+2, i+2, `><v>`+p.Mobile+`</v>`))
	}
	out, report := masked(t, "long.xlsx", zipped(t, bookParts(rows.String()+`</sheetData>`, shared...)))
	is := parts(t, out)
	for i, c := range report.Masked {
		if before := report.Before.Classes[i]; c.Class != before.Class || c.Count < before.Count-before.Count/1000 {
			t.Errorf("%s: %d of %d", c.Class, c.Count, before.Count)
		}
	}
	for _, p := range list[len(list)-100:] {
		if strings.Contains(is["xl/worksheets/sheet1.xml"], p.Mobile) {
			t.Error("a number is still there")
		}
	}
	if n := strings.Count(is["xl/worksheets/sheet1.xml"], "<row "); n != len(list)+1 {
		t.Errorf("%d rows", n)
	}
}

// TestNumbersInBoxes masks every box of a form whose boxes hold a number, and
// no box of another.
func TestNumbersInBoxes(t *testing.T) {
	inBoxes := func(label, number string) []any {
		boxes := []any{` t="inlineStr"><is><t>` + label + `</t></is>`}
		for _, c := range number {
			boxes = append(boxes, ` t="str"><v>`+string(c)+`</v>`)
		}
		return boxes
	}
	in := bookParts(`<sheetData>` + cells(1, inBoxes("身份证号码", "11010119900307811X")...) + cells(2, inBoxes("手机", "13812345678")...) +
		cells(3, inBoxes("第几题", "7777")...) + `</sheetData>`)
	out, report := masked(t, "document", zipped(t, in))
	is := parts(t, out)
	sheet := is["xl/worksheets/sheet1.xml"]
	if got := strings.Count(sheet, "*"); got != 18+11 {
		t.Errorf("%d boxes are masked: %s", got, sheet)
	}
	for _, c := range report.Masked {
		if c.Count != 1 {
			t.Errorf("%s: %d values, want one", c.Class, c.Count)
		}
	}
	contains(t, is, "xl/worksheets/sheet1.xml", `<c r="B3" t="str"><v>7</v>`, `<c r="E3" t="str"><v>7</v>`, "身份证号码")
}

// TestBoxesOfTextAndOfPolicies masks numbers in boxes that only a policy's
// detectors know, and leaves rows of delimited text their fields.
func TestBoxesOfTextAndOfPolicies(t *testing.T) {
	out, report := masked(t, "form.csv", []byte("姓名,手机号,,,,,,,,,,,邮箱,备注\n李娜,1,３,8,1,2,3,4,5,6,7,8,a@qq.com,\"x,y\"\n第几题,7,7,7,7\n"))
	if got := string(out); got != "姓名,手机号,,,,,,,,,,,邮箱,备注\n李*,*,*,*,*,*,*,*,*,*,*,*,a***@qq.com,\"x,y\"\n第几题,7,7,7,7\n" || len(report.Masked) != 3 {
		t.Errorf("masked to %q, %v", got, report.Masked)
	}
	policy, err := rules.ParsePolicy("test.yaml", []byte("version: '1'\ndetectors: [{id: contract, name: {en: x, zh: x}, pattern: '88\\d{14}', anchor: '88'}]\n"+
		"classes: [{id: c, any: [{count: {class: contract, at-least: 1}}]}]\nrules: [{id: r, title: {en: x, zh: x}, when: {class: c}, action: block}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	var boxes []any
	for _, c := range "8812345678901234" {
		boxes = append(boxes, ` t="str"><v>`+string(c)+`</v>`)
	}
	in := zipped(t, bookParts(`<sheetData>`+cells(1, append([]any{` t="inlineStr"><is><t>卡号</t></is>`}, boxes...)...)+`</sheetData>`))
	var copied bytes.Buffer
	if _, err := New(engine.For(policy), pack, Limits{}).File(context.Background(), bytes.NewReader(in), int64(len(in)), "form.xlsx", &copied); err != nil {
		t.Fatal(err)
	}
	if sheet := parts(t, copied.Bytes())["xl/worksheets/sheet1.xml"]; strings.Count(sheet, ">*") != len(boxes) {
		t.Errorf("masked to %s", sheet)
	}
}
