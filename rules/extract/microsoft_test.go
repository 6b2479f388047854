package extract

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"testing"
	"unicode/utf16"
)

// TestFilesOfMicrosoft reads documents, workbooks and presentations that
// Office wrote, from Word 6 to Office 2013, out of the tests of Apache POI. What
// they hold, LibreOffice says as well; null stands for those with a password.
func TestFilesOfMicrosoft(t *testing.T) {
	files := unpacked(t, real(t, "../poi-office.tar.xz"))
	var manifest map[string][]string
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(manifest)) {
		reason := Reason("")
		if manifest[name] == nil {
			reason = Encrypted
		}
		expect(t, name, files[name], reason, manifest[name]...)
		kinds[path.Ext(name)]++
	}
	for _, kind := range []string{".doc", ".xls", ".ppt", ".docx", ".xlsx", ".pptx"} {
		if kinds[kind] < leastVariants {
			t.Errorf("%d files of %s", kinds[kind], kind)
		}
	}
}

// TestFilesOfWPS reads what WPS Office wrote, from 9.1 to 11.2. Its own wps, et
// and dps are the same containers under another name, and no name is looked at.
func TestFilesOfWPS(t *testing.T) {
	files := unpacked(t, real(t, "../wps.tar.xz"))
	expect(t, "doc", files["tdf116194.doc"], "", "Dark Red rgb(192,0,0)\n", "CornFlowerBlue Accent 1 rgb(189,214,238)\n", "SteelBlue Accent 5 rgb(180,198,231)\n")
	expect(t, "ppt", files["tdf136911.ppt"], "", "AAA\nhttp://google.com\nBBB\nwps.txt\n")
	expect(t, "docx", files["tdf131594.docx"], "", "test\ntest\ntest\ntest\n")
	expect(t, "docx with a chart", files["tdf132174.docx"], "", "Concursuri (online/ offline) \n", "Saloane de inventică \n", "0%0.63 \n")
	expect(t, "xlsx", files["wpsBlankLineTest.xlsx"], "", "[Sheet1]\n1: A=编号\n3: A=编号\n5: C=编号\n")
}

// renamed renames an entry of the directory of a compound file.
func renamed(t *testing.T, content []byte, from, to string) []byte {
	t.Helper()
	at := entryOf(content, from)
	if at < 0 {
		t.Fatalf("no stream %s", from)
	}
	changed := bytes.Clone(content)
	nameEntry(changed[at:], to)
	return changed
}

func entryOf(content []byte, name string) int {
	want := make([]byte, 66)
	nameEntry(want, name)
	return bytes.Index(content, want)
}

func nameEntry(entry []byte, name string) {
	clear(entry[:64])
	units := utf16.Encode([]rune(name))
	for i, u := range units {
		binary.LittleEndian.PutUint16(entry[2*i:], u)
	}
	binary.LittleEndian.PutUint16(entry[64:], uint16(2*len(units)+2))
}

// Names of streams are the same in capitals, as some programs write them.
func TestStreamsInCapitals(t *testing.T) {
	expect(t, "WORKBOOK", renamed(t, real(t, "sheetjs.xls"), "Workbook", "WORKBOOK"), "", "[客户]\n1: A=姓名 B=手机号")
	expect(t, "WORDDOCUMENT", renamed(t, real(t, "writer.doc"), "WordDocument", "WORDDOCUMENT"), "", "1: A=姓名 B=手机号")
}

// Zeros among the records of a workbook are no end of it.
func TestWorkbookWithZeros(t *testing.T) {
	const style = "\x93\x02\x04\x00"
	content := bytes.Clone(real(t, "calc.xls"))
	at := bytes.Index(content, []byte(style))
	if at < 0 {
		t.Fatal("no record to blank")
	}
	clear(content[at : at+8])
	expect(t, "zeros", content, "", "[客户]\n1: A=姓名 B=手机号")
}

// What PowerPoint 95 reads is not, and said not to be; what later ones read
// beside it is.
func TestPresentationsOf95(t *testing.T) {
	files := unpacked(t, real(t, "../poi-office.tar.xz"))
	content := files["bullets.ppt"]
	expect(t, "95", renamed(t, content, "Current User", "Header"), Unsupported)

	// All that is in the file goes into a storage of its own.
	content = bytes.Clone(files["54332a.ppt"]) // whose directory is in one piece
	const child, size = 76, 128
	root, unused := entryOf(content, "Root Entry"), -1
	for at := root; unused < 0; at += size {
		if content[at+66] == 0 {
			unused = at
		}
	}
	nameEntry(content[unused:], "PP97_DUALSTORAGE")
	copy(content[unused+66:], []byte{1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})
	copy(content[unused+child:], content[root+child:root+child+4])
	binary.LittleEndian.PutUint32(content[root+child:], uint32((unused-root)/size))
	expect(t, "both", content, "", "[]\n", "[PP97_DUALSTORAGE")
	if text, result := extracted(t, content); result.Type != "application/vnd.ms-powerpoint" {
		t.Errorf("%s: %.300s", result.Type, text)
	}
}
