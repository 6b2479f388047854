package web

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/trustline/trustline/message"
)

// TestEveryTextExists: every id that a page or the code names is in the
// catalogues, in both languages.
func TestEveryTextExists(t *testing.T) {
	catalog, err := message.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	named := regexp.MustCompile(`\.Text "([a-z.-]+)"`)
	pages, err := fs.Glob(files, "templates/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatal("no templates", err)
	}
	for _, page := range pages {
		raw, err := fs.ReadFile(files, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(raw), -1) {
			ids = append(ids, m[1])
		}
	}
	for prefix, names := range map[string][]string{"severity.": severities, "action.": actions, "channel.": channels, "state.": {silent, late, unguarded, warned, healthy}} {
		for _, n := range names {
			ids = append(ids, prefix+n)
		}
	}
	for _, p := range phrases() {
		ids = append(ids, p.id)
	}
	if len(ids) < 100 {
		t.Fatalf("only %d ids found", len(ids))
	}
	for _, lang := range []string{"en", "zh"} {
		p := catalog.Printer(lang)
		for _, id := range ids {
			if !p.Has(id) {
				t.Errorf("%s has no text %q", lang, id)
			}
		}
	}
}

func TestReasonsInChinese(t *testing.T) {
	catalog, err := message.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	zh, en := catalog.Printer("zh"), catalog.Printer("en")
	sent := []string{"11 digits", "label 手机 3 characters before", "region 上海市 (310000)", "not known yet"}
	if got, want := reasons()(zh, sent), "11 位数字；前 3 个字符处有“手机”字样；区划 上海市（310000）；not known yet"; got != want {
		t.Errorf("got %s", got)
	}
	if got := reasons()(en, sent); got != strings.Join(sent, "; ") {
		t.Errorf("English changed what was sent: %s", got)
	}
	for sent, want := range map[string]string{"line 3": "第 3 行", "a.csv in b.zip, line 12": "a.csv in b.zip，第 12 行", "Sheet1!B7": "Sheet1!B7"} {
		if got := location()(zh, sent); got != want {
			t.Errorf("%s: %s", sent, got)
		}
	}
}
