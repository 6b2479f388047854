package synthetic

import (
	"archive/zip"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Headings answers the columns of a list in a language ("zh" or "en").
func Headings(lang string) []string {
	if lang == "zh" {
		return []string{"姓名", "手机号码", "固定电话", "身份证号", "银行卡号", "电子邮箱", "地址"}
	}
	return []string{"Name", "Mobile", "Landline", "ID number", "Bank card", "E-mail", "Address"}
}

func (p Person) row() []string {
	return []string{p.Name, p.Mobile, p.Landline, p.ResidentID, p.BankCard, p.Email, p.Address}
}

// CSV writes a customer list in UTF-8 with headings.
func CSV(w io.Writer, people []Person, lang string) error {
	c := csv.NewWriter(w)
	c.Write(Headings(lang))
	for _, p := range people {
		c.Write(p.row())
	}
	c.Flush()
	return c.Error()
}

// XLSX writes a customer list as a workbook of one sheet with headings, all
// cells as shared strings, the way spreadsheet programs do.
func XLSX(w io.Writer, people []Person, lang string) error {
	rows := [][]string{Headings(lang)}
	for _, p := range people {
		rows = append(rows, p.row())
	}
	var sheet, shared strings.Builder
	cells := 0
	for r, row := range rows {
		fmt.Fprintf(&sheet, `<row r="%d">`, r+1)
		for c, text := range row {
			fmt.Fprintf(&sheet, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+c, r+1, cells)
			shared.WriteString("<si><t>")
			if err := xml.EscapeText(&shared, []byte(text)); err != nil {
				return err
			}
			shared.WriteString("</t></si>")
			cells++
		}
		sheet.WriteString("</row>")
	}
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	parts := []struct{ name, text string }{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + ns + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet ` + ns + `><sheetData>` + sheet.String() + `</sheetData></worksheet>`},
		{"xl/sharedStrings.xml", fmt.Sprintf(`<sst %s count="%d" uniqueCount="%d">`, ns, cells, cells) + shared.String() + `</sst>`},
	}
	z := zip.NewWriter(w)
	for _, p := range parts {
		f, err := z.Create(p.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, head+p.text); err != nil {
			return err
		}
	}
	return z.Close()
}
