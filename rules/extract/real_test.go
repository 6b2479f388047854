package extract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The people in every file of testdata/real; testdata/make.py made them up.
var (
	heading = []string{"姓名", "手机号", "身份证号", "电子邮箱"}
	people  = [][]string{
		{"欧阳明轩", "13812345678", "11010119900307811X", "mingxuan@example.com"},
		{"李娜", "13987654321", "310104198512120024", "lina@example.com"},
		{"王建国", "15012340987", "440106197001014511", "jianguo@example.com"},
	}
)

// TestRealFiles reads files that other programs wrote and looks for every
// value that was put into them.
func TestRealFiles(t *testing.T) {
	asCSV := func() (want []string) {
		for _, p := range append([][]string{heading}, people...) {
			want = append(want, strings.Join(p, ","))
		}
		return want
	}()
	asRows := func(location string) (want []string) {
		want = append(want, "["+location+"]\n")
		for i, p := range append([][]string{heading}, people...) {
			want = append(want, string(rune('1'+i))+": A="+p[0]+" B="+p[1]+" C="+p[2]+" D="+p[3])
		}
		return want
	}
	with := func(list []string, more ...string) []string { return append(list[:len(list):len(list)], more...) }
	var spaced []string
	for _, p := range append([][]string{heading}, people...) {
		spaced = append(spaced, strings.Join(p, " "))
	}
	member := with(asCSV, "[名单/客户.csv]")
	tree := with(asCSV, "名单/客户.csv]\n姓名", "openpyxl.xlsx › 客户]\n1: A=姓名")

	tests := []struct {
		file   string
		reason Reason
		want   []string
	}{
		{"utf8.csv", "", asCSV},
		{"utf8-bom.csv", "", asCSV},
		{"gb18030.csv", "", asCSV},
		{"utf16le.csv", "", asCSV},
		{"utf16be.csv", "", asCSV},
		{"utf16-bom.csv", "", asCSV},
		{"big5.txt", "", []string{"客戶名單：歐陽明軒的電話是13812345678，請保密。"}},
		{"openpyxl.xlsx", "", with(asRows("客户"), "13600001111", "13700002222", "[hidden]\n5: C=赵敏 15112345678")},
		{"openpyxl-stream.xlsx", "", asRows("list")},
		{"calc.xlsx", "", with(asRows("客户"), "[second]\n5: C=赵敏 15112345678")},
		{"calc.ods", "", with(asRows("客户"), "[second]\n5: C=赵敏 15112345678")},
		{"calc.fods", "", with(asRows("客户"), "[second]\n5: C=赵敏 15112345678")},
		{"calc.html", "", asRows("")[1:]},
		{"python-docx.docx", "", with(asRows("table 1"), "[]\n客户欧阳明轩，电话13812345678。", "[header1]\n页眉 13600001111", "[footer1]\n页脚 13700002222")},
		{"writer.docx", "", with(asRows("table 1"), "客户欧阳明轩，电话13812345678。")},
		{"writer.odt", "", with(asRows("表1")[1:], "客户欧阳明轩，电话13812345678。")},
		{"writer-gaps.doc", "", []string{"1: A=姓名 C=手机号 E=身份证号 G=电子邮箱\n2: A=欧阳明轩 C=13812345678 E="}},
		{"writer-2003.xml", "", with(asRows("table 1"), "客户欧阳明轩，电话13812345678。\n", "页眉 13600001111\n页脚 13700002222\n")},
		{"writer.uot", "", with(asRows("table 1"), "客户欧阳明轩，电话13812345678。\n")},
		{"calc.uos", "", with(asRows("客户"), "[second]\n", ": C=赵敏 15112345678")}, // in a row that it numbers wrongly
		{"writer.html", "", with(asRows("")[1:], "客户欧阳明轩，电话 13812345678。")},
		{"impress.pptx", "", []string{strings.Join(people[0], " "), strings.Join(people[2], " "), "[slide1]", "备注 13600001111"}},
		{"impress.odp", "", []string{strings.Join(people[0], " "), strings.Join(people[2], " "), "备注 13600001111"}},
		{"zip.zip", "", tree},
		{"zip-stored.zip", "", tree},
		{"zip-piped.zip", "", tree},
		{"zip-nested.zip", "", with(asCSV, "[inner.zip › 名单/客户.csv]", "[inner.zip › openpyxl.xlsx › hidden]\n5: C=赵敏 15112345678")},
		{"zip-gbk-names.zip", "", with(asCSV, "[客户名单.csv]")},
		{"7z-deflate.zip", "", member},
		{"7z-bzip2.zip", "", member},
		{"7z-deflate64.zip", Unsupported, []string{"名单/客户\n"}},
		{"7z-lzma.zip", Unsupported, []string{"名单/客户\n"}},
		{"tar.tar", "", tree},
		{"tar.tar.gz", "", tree},
		{"tar.tar.bz2", "", tree},
		{"tar.tar.xz", "", tree},
		{"tar.tar.zst", "", tree},
		{"csv.gz", "", asCSV},
		{"csv.bz2", "", asCSV},
		{"csv.xz", "", asCSV},
		{"csv.zst", "", asCSV},
		{"csv.lzma", "", asCSV},
		{"csv.lz4", "", asCSV},

		{"zip-password.zip", Encrypted, []string{"名单/客户\n"}},
		{"7z-aes.zip", Encrypted, []string{"名单/客户\n"}},
		{"calc-password.xlsx", Encrypted, nil},
		{"calc-password.ods", Encrypted, nil},
		{"writer-password.docx", Encrypted, nil},

		{"calc.xls", "", with(asRows("客户"), "[second]\n5: C=赵敏 15112345678")},
		{"calc.pdf", "", []string{"[page 1]\n", "姓名 手机号 身份证号 电子邮箱", "李娜"}},
		{"writer.doc", "", with(asRows("")[1:], "客户欧阳明轩，电话13812345678。")},
		{"writer.rtf", "", with(asRows("")[1:], "客户欧阳明轩，电话13812345678。")},
		{"python.eml", "", with(asCSV, "王建国 <jianguo@example.com>", "客户名单.csv]\n姓名", "openpyxl.xlsx › hidden]\n5: C=赵敏 15112345678", "联系 13600001111")},
		{"python.mbox", "", []string{"[message 1]", "[message 2]", "13700002222", "13800003333"}},
		{"writer.pdf", "", []string{"[page 1]\n客户欧阳明轩，电话 13812345678。", "李娜 13987654321"}},
		{"writer-password.pdf", Encrypted, nil},
		{"cairo.pdf", "", []string{"[page 1]\n客户欧阳明轩", "李娜 13987654321 "}},
		{"ghostscript.pdf", "", []string{"[page 1]\n客户欧阳明轩", "李娜 13987654321 "}},
		{"ghostscript-scan.pdf", "", []string{"[page 1]\n"}},
		{"qpdf-attached.pdf", "", with(asCSV, "[list.csv]\n")},
		{"qpdf-linear.pdf", "", []string{"[page 1]\n客户欧阳明轩", "李娜 13987654321 "}},
		{"qpdf-owner.pdf", "", []string{"[page 1]\n客户欧阳明轩", "李娜 13987654321 "}},
		{"reportlab-form.pdf", "", []string{"[page 1]\n客户登记", "李娜 13987654321", "phone: 13812345678", "name client name: Mingxuan Ouyang", "city: Beijing", "[page 2]\npage two"}},
		{"reportlab-password.pdf", Encrypted, nil},
		{"reportlab-plain.pdf", "", spaced},
		{"reportlab-rotated.pdf", "", []string{"客戶名單 歐陽明軒 13812345678"}},
		{"reportlab-table.pdf", "", spaced},
		{"reportlab-wrapped.pdf", "", []string{"欧阳明轩\n1381234567\n8\n110101199003\n07811X\n"}},
		{"sqlite.db", "", []string{"[客户]\n1: A=id B=姓名 C=手机号 D=身份证号 E=电子邮箱 F=photo G=balance\n2: A=1 B=欧阳明轩 C=13812345678 D=11010119900307811X E=mingxuan@example.com G=0.5\n", "\n101: A=100 B=欧阳明轩 C=13812345777 ", "[客户 row 3 column 6 › 客户名单.csv]\n姓名,", "[notes]\n1: A=name B=text\n2: A=备注 B=长长", "长电话 13600001111", "[free pages]\n", "旧电话 13700002222。旧电话 "}},
		{"sqlite-utf16.db", "", []string{"[客户]\n1: A=id B=姓名 C=手机号", "\n4: A=3 B=王建国 C=15012340989 D=440106197001014511 ", "长电话 13600001111"}},
		{"phone-2.1.vcf", "", []string{"BEGIN:VCARD\nVERSION:2.1\nN:;欧阳明轩;;;\nFN:欧阳明轩\nTEL;CELL:13812345678\nEMAIL;HOME:mingxuan@example.com\nNOTE:身份证 11010119900307811X 住址很长 住址很长", "FN:王建国\n", "END:VCARD\n"}},
		{"desktop-3.0.vcf", "", with(asCSV, "FN:李娜\nitem1.TEL;TYPE=CELL:13987654321\nEMAIL:lina@example.com\nNOTE:身份证, 310104198512120024\n", "[photo › 客户名单.csv]")},
		{"invitation.ics", "", []string{"SUMMARY:回访客户李娜，电话13987654321，请提前联系", "请提前联系13600001111\n", "ATTENDEE;CN=王建国:mailto:jianguo@example.com\n"}},
		{"sheetjs.xlsb", "", with(asRows("客户"), "[hidden]\n5: C=赵敏 15112345678", "[comments1]\nnote\n备用电话 13600001111\n")},
		{"sheetjs-inline.xlsb", "", with(asRows("客户"), "[hidden]\n5: C=赵敏 15112345678", "备用电话 13600001111\n")},
		{"sheetjs.xls", "", with(asRows("客户"), "[hidden]\n5: C=赵敏 15112345678")},
		{"sheetjs.ods", "", with(asRows("客户"), "[hidden]\n5: C=赵敏 15112345678")},
		{"sheetjs.html", "", asRows("")[1:]},
		{"sheetjs-xml.xls", "", []string{"[客户]\n", "1: A=姓名 B=手机号 C=身份证号 D=电子邮箱\n", "2: A=欧阳明轩	 Author=note	备用电话 13600001111 B=13812345678 C=11010119900307811X D=mingxuan@example.com\n3: A=李娜 B=13987654321 ", "[hidden]\n", "\n5: C=赵敏 15112345678"}},
		{"impress.ppt", "", []string{strings.Join(people[0], " "), strings.Join(people[2], " "), "备注 13600001111"}},
		{"7z.7z", "", member},
		{"7z-password.7z", Encrypted, []string{"名单/客户\n"}},
		{"7z-password-stored.7z", Encrypted, []string{"名单/客户\n"}},
		{"7z-password-names.7z", Encrypted, nil},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("testdata/real", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			text, result := extracted(t, content)
			if result.Reason != tt.reason {
				t.Errorf("reason %q, want %q", result.Reason, tt.reason)
			}
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in:\n%.1500s", want, text)
				}
			}
			t.Logf("%s", result.Type)
		})
	}
}
