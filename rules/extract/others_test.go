package extract

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz/lzma"
)

// TestFilesOfOthers reads what more than thirty programs and libraries made of
// one list of people; testdata/make_others.py had them make it.
func TestFilesOfOthers(t *testing.T) {
	lina := people[1]
	// Where one person stands; the values of the others are looked for anywhere.
	row := "3: A=" + lina[0] + " B=" + lina[1] + " C=" + lina[2] + " D="
	card := "FN:" + lina[0] + "\n"
	usual := map[string]string{".html": row, ".xlsb": "[客户]\n1: A=姓名 B=手机号 C=身份证号 D=电子邮箱\n", ".vcf": card, ".msg": "[]\nFrom: 王建国\nFrom: jianguo@example.com\nTo: 李娜\n"}
	places := map[string]string{
		"sheets.xlsb":       "[表7]\n1: A=姓名",
		"far.xlsb":          "[客户]\n2000: X=姓名",
		"abook.html":        "3: A=李娜 B=href=mailto:lina@example.com\tlina@example.com C=13987654321",
		"cmark.html":        "李娜, 13987654321, ",
		"groff.html":        "李 娜 , 13987654321,",
		"vim.html":          "李娜,13987654321,",
		"vcf-2.1.vcf":       card + "TEL;CELL:13987654321\n",
		"gammu.vcf":         "N:李娜\nTEL;PREF;CELL:13987654321\n",
		"abook.vcf":         card + "N:李娜;李娜\nTEL;CELL:13987654321\n",
		"html.msg":          "\n[]\n1: A=姓名 B=手机号 C=身份证号 D=电子邮箱\n",
		"people.msg":        "Cc: 欧阳明轩\nBcc: 13700002222\nSubject: 客户名单 13600001111\n姓名,",
		"headers.msg":       "X-Note: 13700002222",
		"csv.msg":           "[客户名单.csv]\n姓名,",
		"two.msg":           "[a.txt]\n13700002222\n[]\nb.csv\n\n[b.csv]\n姓名,",
		"book.msg":          "[list.xlsb › 客户]\n1: A=姓名",
		"message.msg":       "[inner.msg › 客户名单.csv]\n姓名,",
		"vcard-creator.vcf": card + "TEL;TYPE=CELL:13987654321\n",
	}
	leftOut := map[string]int{"abook.html": 2, "groff.html": 0} // no notes; spaces between the characters
	kinds := map[string]int{}
	for name, content := range unpacked(t, real(t, "../others.tar.xz")) {
		kinds[path.Ext(name)]++
		want := []string{cmp.Or(places[name], usual[path.Ext(name)])}
		for _, p := range people {
			for i, value := range p {
				if out, ok := leftOut[name]; !ok || out != i {
					want = append(want, value)
				}
			}
		}
		expect(t, name, content, "", want...)
	}
	for _, kind := range []string{".html", ".vcf", ".xlsb", ".msg"} {
		if kinds[kind] < leastVariants {
			t.Errorf("%d files of %s", kinds[kind], kind)
		}
	}
}

// TestWorkbooksOfExcel reads binary workbooks that Excel itself wrote, from
// the tests of Apache POI.
func TestWorkbooksOfExcel(t *testing.T) {
	files := unpacked(t, real(t, "../poi-xlsb.tar.xz"))
	wanted := map[string][]string{
		"51519.xlsb":              {"[Sheet1]\n1: A=RecordSpec B=Name C=CompanyName D=Comment\n2: A=1 B=豊田 C=豊田車会社 D=豊田製品"},
		"62815.xlsb":              {"[RkNumber]\n1: A=10000000\n2: A=1200455\n3: A=0.01\n4: A=12004.55\n5: A=-10000000\n", "\n70: A=273214017909"},
		"Simple.xlsb":             {"1: A=This is an example spreadsheet created with Microsoft Excel 2007 Beta 2.\n"},
		"WithTextBox.xlsb":        {"[drawing1]\n", " Line 1\nLine 2\nLine 3\n"},
		"comments.xlsb":           {"[Sheet1]\n1: B=row1\n3: A=row3 B=row3\n4: B=row4\n", "comment"},
		"date.xlsb":               {"[Sheet1]\n1: A=41286\n"},
		"hyperlink.xlsb":          {"[Sheet1]\n1: A=http://tika.apache.org\n"},
		"protected_passtika.xlsb": nil,
		"sample.xlsb":             {"[Sheet1]\n1: A=Lorem B=111\n2: A=ipsum B=222\n"},
		"testVarious.xlsb":        {"1: A=String B=This is a string\n2: A=integer B=13\n", "7: A=long int B=123456789012345\n"},
	}
	for name, want := range wanted {
		reason := Reason("")
		if want == nil {
			reason = Encrypted
		}
		expect(t, name, files[name], reason, want...)
	}
	if len(wanted) < leastVariants || len(files) != len(wanted) {
		t.Errorf("%d of %d files", len(wanted), len(files))
	}
}

// TestArchivesOfWinRAR reads archives that RAR 3 to 5 wrote, from the tests of
// libarchive.
func TestArchivesOfWinRAR(t *testing.T) {
	const one = "[test.txt]\ntest text document"
	wanted := map[string]struct {
		reason Reason
		want   []string
	}{
		"rar.rar":                       {"", []string{one, "[testdir/test.txt]\ntest text document"}},
		"rar-noeof.rar":                 {"", []string{one}},
		"rar-subblock.rar":              {"", []string{one}},
		"rar-unicode.rar":               {"", []string{"[表だよ/漢字長いファイル名long-filename-in-漢字.txt]\nkanji", "[abcdefghijklmnopqrsテスト.txt]\naaaaaaaaaaaaaaa", "新規テキスト ドキュメント"}},
		"rar-windows.rar":               {"", []string{"[testdir/test.txt]\ntest text file", "[testshortcut.lnk]\n", `C:\Documents and Settings\owner\Desktop\test.txt`}},
		"rar-compress-normal.rar":       {"", []string{"[LibarchiveAddingTest.html]\n", "CONTENT=LibreOffice 3.3"}},
		"rar-compress-best.rar":         {"", []string{"[LibarchiveAddingTest.html]\n", "CONTENT=LibreOffice 3.3"}},
		"rar5-stored.rar":               {"", []string{"[helloworld.txt]\nhello libarchive test suite!"}},
		"rar5-stored-manyfiles.rar":     {"", []string{"[make_uue.tcl]\n#!/usr/bin/env tclsh8.6"}},
		"rar5-multiple-files-solid.rar": {"", []string{"[test1.bin]", "[test4.bin]"}},
		"rar5-fileattr.rar":             {"", []string{"[readonly.txt]\n12345678", "[hidden.txt]\n23456789"}},
		"rar5-hardlink.rar":             {"", []string{"[file.txt]\n1234", "\nhardlink\n"}},
		"rar5-symlink.rar":              {"", []string{"[file.txt]\n1234", "\nsymlink\n", "\ndirlink\n"}},
		"rar5-owner.rar":                {"", []string{"[root.txt]\n1234", "[numeric.txt]\n9999"}},
		"rar5-extra-field-version.rar":  {"", []string{"[bin/2to3]\n#!/usr/bin/python3.7"}},

		"rar-encryption-data.rar":      {Encrypted, []string{"foo", "bar"}},
		"rar-encryption-header.rar":    {Encrypted, nil},
		"rar-encryption-partially.rar": {Encrypted, []string{"[bar.txt]\ndata of bar.txt"}},
		"rar-invalid1.rar":             {Truncated, nil},
		"rar5-truncated-huff.rar":      {Corrupt, nil},
		"volume-1.rar":                 {Truncated, []string{"[LibarchiveAddingTest.html]\n", "CONTENT=LibreOffice 3.3"}},
		"volume-2.rar":                 {Corrupt, nil},
		"uncompressed-01.rar":          {Truncated, []string{"[testdir/LibarchiveAddingTest2.html]\n"}},
		"uncompressed-02.rar":          {Corrupt, []string{"changing a piece of code and make sure your test fails"}},
	}
	files := unpacked(t, real(t, "../libarchive-rar.tar.xz"))
	for name, tt := range wanted {
		expect(t, name, files[name], tt.reason, tt.want...)
	}
	if len(files) != len(wanted) {
		t.Errorf("%d of %d files", len(wanted), len(files))
	}
}

// TestSelfExtracting opens archives behind a program that unpacks them, at
// once and while they arrive, and takes no program that only knows the formats
// for one.
func TestSelfExtracting(t *testing.T) {
	const member = "[客户.csv]\n姓名,手机号,身份证号,电子邮箱\n"
	rars := unpacked(t, real(t, "../libarchive-rar.tar.xz"))
	stub := append([]byte("MZ Rar!\x1A\x07\x00 Rar!\x1A\x07\x01\x00 7z\xBC\xAF\x27\x1C"), make([]byte, 5000)...)
	for name, tt := range map[string]struct {
		content []byte
		want    string
	}{
		"7z":    {selfExtracting7z(t), member},
		"rar 3": {append(bytes.Clone(stub), rars["rar.rar"]...), "[test.txt]\ntest text document"},
		"rar 5": {append(bytes.Clone(stub), rars["rar5-stored.rar"]...), "[helloworld.txt]\nhello libarchive"},
		"none":  {stub, "MZ Rar!"},
	} {
		expect(t, name, tt.content, "", tt.want)
		for _, size := range []int{1, 7, 100_000} {
			o := NewOpener(&transcript{}, Limits{})
			for at := 0; at < len(tt.content); at += size {
				o.Write(tt.content[at:min(len(tt.content), at+size)])
			}
			if _, all := o.Close(int64(len(tt.content))); all && name != "none" {
				t.Errorf("%s, %d bytes at a time: taken for read", name, size)
			}
		}
	}
}

// What unpacks itself is taken apart by the one who may be ended for it, and
// wherever it lies.
func TestProgramsAreNotSimple(t *testing.T) {
	program := selfExtracting7z(t)
	if Simple(bytes.NewReader(program), int64(len(program)), Limits{}) {
		t.Error("a program with an archive behind it is simple")
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("setup.exe")
	if err == nil {
		_, err = w.Write(program)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	_, row, _ := strings.Cut(string(real(t, "utf8.csv")), "\n")
	row, _, _ = strings.Cut(row, ",")
	expect(t, "a program in an archive", b.Bytes(), "", strings.TrimSpace(row))
}

func TestWhatFollowsLZMAIsRead(t *testing.T) {
	var b bytes.Buffer
	w, err := lzma.NewWriter(&b)
	if err == nil {
		_, err = w.Write([]byte("what was packed"))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	expect(t, "lzma alone", b.Bytes(), "", "what was packed")
	expect(t, "text behind lzma", append(b.Bytes(), "\nwhat follows it\n"...), Corrupt, "what was packed", "what follows it")
}

func selfExtracting7z(t *testing.T) []byte {
	t.Helper()
	program, err := exec.LookPath("7z")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "客户.csv"), real(t, "utf8.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	pack := exec.Command(program, "a", "-bd", "-sfx", "list.exe", "客户.csv")
	pack.Dir = dir
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	content, err := os.ReadFile(filepath.Join(dir, "list.exe"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// expect reads content and looks for what it must say.
func expect(t *testing.T, name string, content []byte, reason Reason, want ...string) {
	t.Helper()
	if len(content) == 0 {
		t.Fatalf("%s is not there", name)
	}
	text, result := extracted(t, content)
	if result.Reason != reason {
		t.Errorf("%s: reason %q, want %q", name, result.Reason, reason)
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s: %q is missing in %.3000s", name, w, text)
		}
	}
}
