package extract

import (
	"strings"
	"testing"
)

// Which of a choice and its fallback is shown is up to the program: both are
// read, and what is said twice once.
func TestFallbacksAreRead(t *testing.T) {
	para := func(text string) string { return `<w:p><w:r><w:t>` + text + `</w:t></w:r></w:p>` }
	alternate := func(choice, fallback string) string {
		return `<mc:AlternateContent><mc:Choice Requires="x">` + choice + `</mc:Choice><mc:Fallback>` + fallback + `</mc:Fallback></mc:AlternateContent>`
	}
	box := func(content string) string { return `<w:txbxContent>` + content + `</w:txbxContent>` }
	row := `<w:tr><w:tc>` + para("李娜") + `</w:tc><w:tc>` + para("13987654321") + `</w:tc></w:tr>`
	for part, want := range map[string]string{
		`<w:p>` + alternate(box(para("甲")+para("乙  丙")), box(para("甲")+para("乙 丙"))) + `</w:p>`:                                   "甲\n乙  丙\n",
		`<w:p>` + alternate(box(para("见附表")), box(para("李娜 13987654321"))) + `</w:p>`:                                             "见附表\n李娜 13987654321\n",
		`<w:p><w:r><w:t>前</w:t></w:r>` + alternate("", box(para("李娜 13987654321"))) + `<w:r><w:t>后</w:t></w:r></w:p>`:             "前后\n李娜 13987654321\n",
		alternate(para("表"), `<w:tbl>`+row+row+`</w:tbl>`) + para("完"):                                                            "表\n完\n李娜\t13987654321\n李娜\t13987654321\n",
		`<w:p>` + alternate(box(para("甲")+`<w:p>`+alternate(para("乙"), para("丙"))+`</w:p>`), box(para("甲")+para("乙"))) + `</w:p>`: "甲\n乙\n丙\n",
		`<w:p>` + alternate(box(para("甲")), alternate(box(para("乙")), box(para("丙")))) + `</w:p>`:                                 "甲\n乙\n丙\n",
		`<w:p>` + alternate(box(para("1")+para("3")), box(para("13"))) + `</w:p>`:                                                 "1\n3\n13\n",
		`<w:p>` + alternate(`<w:tbl>`+row+`</w:tbl>`, `<w:tbl>`+row+`</w:tbl>`) + `</w:p>`:                                        "\n[table 1]\n1: A=李娜 B=13987654321\n\n[]\n",
		`<w:p>` + alternate(`<w:r><w:t>1</w:t><w:noBreakHyphen/></w:r>`, `<w:r><w:t>1</w:t><w:noBreakHyphen/></w:r>`) + `</w:p>`:  "1-\n",
		alternate("", `<wp:docPr descr="李娜 13987654321"/>`) + para("甲"):                                                           "甲\n李娜 13987654321\n",
		para("甲") + `<mc:AlternateContent><mc:Fallback>` + para("李娜 13987654321"):                                                 "甲\n李娜 13987654321\n",
		`</mc:Fallback></mc:AlternateContent>` + para("甲"):                                                                        "甲\n",
	} {
		if got := strings.TrimPrefix(documentText(part), "\n[]\n"); got != want {
			t.Errorf("%q, want %q of %s", got, want, part)
		}
	}
	long := strings.Repeat(para("李娜 13987654321"), 10_000)
	if got := documentText(alternate(para("甲"), long)); strings.Count(got, "李娜 13987654321\n") != 10_000 {
		t.Errorf("of a long fallback %d lines are read", strings.Count(got, "李娜"))
	}
	if got := documentText(alternate(long, long)); strings.Count(got, "李娜") < 10_000 {
		t.Errorf("of what is long and said twice %d lines are read", strings.Count(got, "李娜"))
	}
	// A small file must not make much work of many fallbacks behind one long choice.
	many := `<mc:AlternateContent><mc:Choice Requires="x">` + para(strings.Repeat("a ", 400_000)) + `</mc:Choice>` + strings.Repeat(`<mc:Fallback><w:t>b</w:t></mc:Fallback>`, 2000) + `</mc:AlternateContent>`
	if n := testing.AllocsPerRun(1, func() { documentText(many) }); n > 20_000 {
		t.Errorf("%.0f allocations", n)
	}
}
