package extract

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"path"
	"slices"
	"testing"
	"time"
	"unicode/utf8"
)

// strict is a Sink that fails the test on what no Sink may be given.
type strict struct {
	t     *testing.T
	begun bool
}

func (s *strict) Begin(string)   { s.begun = true }
func (s *strict) Write(p []byte) { s.check(p) }
func (s *strict) Row(number int, cells []Cell) {
	if number < 1 || len(cells) == 0 {
		s.t.Errorf("row %d of %d cells", number, len(cells))
	}
	column := -1
	for _, c := range cells {
		if c.Column < column || len(c.Text) == 0 {
			s.t.Errorf("cell in column %d after %d, %d bytes", c.Column, column, len(c.Text))
		}
		column = c.Column
		s.check(c.Text)
	}
}

func (s *strict) check(p []byte) {
	if !s.begun {
		s.t.Error("text without a fragment")
	}
}

// largestSeed keeps seeds small enough to be changed many times a second.
const largestSeed = 64 << 10

// seed begins with the files of an archive in testdata.
func seed(f *testing.F, archive, kind string) {
	for name, content := range unpacked(f, real(f, "../"+archive)) {
		if path.Ext(name) == kind && len(content) < largestSeed {
			f.Add(content)
		}
	}
}

func fuzzOthers(f *testing.F, archive, kind string, names ...string) {
	seed(f, archive, kind)
	fuzzExtract(f, names...)
}

// fuzzMicrosoft begins with what Office wrote as well.
func fuzzMicrosoft(f *testing.F, kind string, names ...string) {
	seed(f, "poi-office.tar.xz", kind)
	fuzzOthers(f, "office.tar.xz", kind, names...)
}

// fuzzExtract runs content through everything: it must end in time with one of
// the reasons.
func fuzzExtract(f *testing.F, names ...string) {
	for _, name := range names {
		f.Add(real(f, name))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		limits := Limits{Expanded: 8 << 20, Memory: 1 << 20, Depth: 4, Members: 200, Time: 5 * time.Second, Codes: true}
		result, err := extractor.Extract(context.Background(), bytes.NewReader(content), int64(len(content)), limits, &strict{t: t})
		if err != nil {
			t.Fatal(err)
		}
		if result.Reason != "" && !slices.Contains(ranked, result.Reason) {
			t.Errorf("reason %q", result.Reason)
		}
	})
}

func FuzzText(f *testing.F) {
	fuzzExtract(f, "gb18030.csv", "utf16le.csv", "utf16-bom.csv", "big5.txt")
}

// FuzzXML begins with markup of every vocabulary that is read in a way of its own.
func FuzzXML(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0" encoding="GB18030"?><customers><customer id="1"><name>a</name><phone>13812345678</phone></customer><customer/></customers>`))
	f.Add([]byte(`<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:binData>UEsDBA==</w:binData></w:wordDocument>`))
	f.Add([]byte(`<uof:UOF xmlns:uof="http://schemas.uof.org/cn/2003/uof"><表:工作表 表:名称="a"><表:行 表:行号="2"><表:单元格 表:列号="3"><表:数据 表:数据类型="number" 表:数据数值="1"><字:文本串>1</字:文本串></表:数据></表:单元格></表:行></表:工作表></uof:UOF>`))
	fuzzExtract(f, "calc.fods", "calc.uos", "writer-2003.xml")
}

// FuzzJSON and FuzzCSV feed text as programs export it.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`[{"name":"\u674e\u5a1c","phones":["13987654321",null],"n":1.3e10,"face":"\ud83d\ude00"},{}]`))
	f.Add([]byte("{\"a\":\"b\"}\n{\"a\":\"UEsDBAoAAAAAAA==\"}\n"))
	fuzzExtract(f)
}
func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,\"b\nc\",\"d\"\"e\"\r\n1;2;3\n\"open"))
	f.Add(wider("姓名,手机号\n李娜,13987654321\n", binary.LittleEndian))
	fuzzExtract(f, "utf8.csv", "utf8-bom.csv", "utf16be.csv")
}

// FuzzEPUB feeds a book: pages in an archive.
func FuzzEPUB(f *testing.F) {
	var book bytes.Buffer
	z := zip.NewWriter(&book)
	for _, part := range [][2]string{
		{"mimetype", "application/epub+zip"},
		{"META-INF/container.xml", `<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>`},
		{"a.opf", `<package><metadata><dc:title>a</dc:title></metadata><manifest><item href="1.xhtml"/></manifest></package>`},
		{"1.xhtml", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><table><tr><td>a</td><td>b</td></tr></table><p>c</p></body></html>`},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = w.Write([]byte(part[1]))
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(book.Bytes())
	fuzzExtract(f)
}
func FuzzHTML(f *testing.F) { fuzzOthers(f, "others.tar.xz", ".html", "calc.html", "writer.html") }
func FuzzRTF(f *testing.F)  { fuzzOthers(f, "office.tar.xz", ".rtf", "writer.rtf") }
func FuzzMail(f *testing.F) { fuzzExtract(f, "python.eml", "python.mbox") }
func FuzzVCard(f *testing.F) {
	fuzzOthers(f, "others.tar.xz", ".vcf", "phone-2.1.vcf", "desktop-3.0.vcf", "invitation.ics")
}
func FuzzSQLite(f *testing.F) { fuzzExtract(f, "sqlite.db", "sqlite-utf16.db") }

func FuzzPicture(f *testing.F) { fuzzExtract(f, pictures...) }

func FuzzXLSX(f *testing.F) {
	fuzzMicrosoft(f, ".xlsx", "openpyxl.xlsx", "openpyxl-stream.xlsx")
}
func FuzzXLSB(f *testing.F) { fuzzOthers(f, "poi-xlsb.tar.xz", ".xlsb", "sheetjs.xlsb") }
func FuzzDOCX(f *testing.F) { fuzzMicrosoft(f, ".docx", "writer.docx") }
func FuzzPPTX(f *testing.F) { fuzzMicrosoft(f, ".pptx") }
func FuzzODF(f *testing.F) {
	fuzzExtract(f, "calc.ods", "calc.fods", "writer.odt", "impress.odp", "calc-password.ods")
}
func FuzzXLS(f *testing.F) { fuzzMicrosoft(f, ".xls", "calc.xls", "sheetjs.xls") }
func FuzzDOC(f *testing.F) { fuzzMicrosoft(f, ".doc", "writer.doc") }
func FuzzPPT(f *testing.F) { fuzzMicrosoft(f, ".ppt") }
func FuzzMSG(f *testing.F) { fuzzOthers(f, "others.tar.xz", ".msg") }
func FuzzCompound(f *testing.F) {
	fuzzExtract(f, "calc-password.xlsx", "writer-password.docx")
}

func FuzzZip(f *testing.F) {
	fuzzExtract(f, "zip.zip", "zip-piped.zip", "zip-password.zip", "7z-aes.zip", "7z-bzip2.zip", "zip-gbk-names.zip")
}
func FuzzSevenZip(f *testing.F) {
	fuzzExtract(f, "7z.7z", "7z-password.7z", "7z-password-names.7z")
}
func FuzzRar(f *testing.F) { fuzzOthers(f, "libarchive-rar.tar.xz", ".rar") }
func FuzzTar(f *testing.F) { fuzzExtract(f, "tar.tar", "tar.tar.gz") }
func FuzzCompressed(f *testing.F) {
	fuzzExtract(f, "csv.gz", "csv.bz2", "csv.xz", "csv.zst", "csv.lzma", "csv.lz4")
}

func FuzzPDF(f *testing.F) {
	if err := extractor.Prepare(); err != nil { // it takes longer than one run may
		f.Fatal(err)
	}
	fuzzExtract(f, "reportlab-form.pdf", "reportlab-table.pdf", "reportlab-rotated.pdf", "ghostscript-scan.pdf", "reportlab-password.pdf")
}

// FuzzPackedRTF feeds the rich text of messages without the file around.
func FuzzPackedRTF(f *testing.F) {
	f.Add([]byte(packedHello))
	f.Fuzz(func(t *testing.T, packed []byte) {
		if text, err := unpackRTF(packed); len(text) > 9*len(packed) || err == nil && len(packed) < 16 {
			t.Errorf("%d bytes of %d, %v", len(text), len(packed), err)
		}
	})
}

// FuzzBinaryParts feeds the parts of binary workbooks without the archive around.
func FuzzBinaryParts(f *testing.F) {
	f.Add([]byte("\x81\x01\x00\x00\x04\x02\x00\x00\x00\x06\x0e\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00a\x00\x02\x0c\x02\x00\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x00\x0d\x08\x00\x00\x00\x00\x0a\x00\x00\x00"))
	f.Add([]byte("\x9f\x01\x00\x13\x07\x00\x01\x00\x00\x00b\x00"))
	f.Fuzz(func(t *testing.T, part []byte) {
		limits := Limits{}.withDefaults()
		w := &walker{ctx: context.Background(), limits: limits, sink: &strict{t: t}, deadline: time.Now().Add(time.Minute), expanded: limits.Expanded, members: limits.Members}
		o := &office{archive: &archive{w: w}}
		o.binaryPart("", bytes.NewReader(part))
	})
}

// FuzzParts feeds the parts of office documents without the archive around.
func FuzzParts(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="3"><c r="B3" t="s"><v>0</v></c><c t="n"><v>1.38E10</v></c><c t="inlineStr"><is><t>x</t></is></c></row></sheetData><headerFooter><oddHeader>h</oddHeader></headerFooter></worksheet>`))
	f.Add([]byte(`<sst><si><t>a&amp;b</t><rPh><t>p</t></rPh></si><si/></sst>`))
	f.Add([]byte(`<w:document><w:body><w:p><w:r><w:t>x</w:t><w:tab/></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>y</w:t></w:r></w:p></w:tc></w:tr></w:tbl><mc:Fallback><w:t>z</w:t></mc:Fallback></w:body></w:document>`))
	f.Add([]byte(`<html><table><tr><td x:num="13812345678">1.38E+10<td>b</table><script>a<b</script><!-- c --><![CDATA[d]]></html>`))
	f.Add([]byte(`<office:document><table:table table:name="n"><table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="1.5E3"/></table:table-row></table:table></office:document>`))
	f.Fuzz(func(t *testing.T, part []byte) {
		limits := Limits{}.withDefaults()
		w := &walker{ctx: context.Background(), limits: limits, sink: &strict{t: t}, deadline: time.Now().Add(time.Minute), expanded: limits.Expanded, members: limits.Members}
		var shared sharedStrings
		shared.add([]byte("first"))
		m := func() *markup { return newMarkup(utf8Reader(bytes.NewReader(part))) }
		newSheet(w, "", &shared).read(m())
		newDocument(w, "").read(m())
		newTree(w, "", true).read(m())
		newTree(w, "", false).read(m())
		shared.read(w, m())
		shared.unused(w, "")
	})
}

func FuzzPlainNumber(f *testing.F) {
	for _, s := range []string{"1.3812345678E10", "13812345678.0", "-1e3", "1E99999", ".", "e", "1.5", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := plainNumber([]byte(s)); len(got) > len(s)+50 || utf8.ValidString(s) && !utf8.Valid(got) {
			t.Errorf("%d bytes of %d", len(got), len(s))
		}
	})
}

func TestPlainNumber(t *testing.T) {
	for in, want := range map[string]string{
		"1.3812345678E10": "13812345678", "1.3812345678E+10": "13812345678", "13812345678": "13812345678", "13812345678.0": "13812345678",
		"1.1010119900307e17": "110101199003070000", "6222020200112233445": "6222020200112233445", "0.5": "0.5", "1.5E-3": "1.5E-3", "1.25E1": "1.25E1", "TRUE": "TRUE", "": "",
	} {
		if got := string(plainNumber([]byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
