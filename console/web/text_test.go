package web

import (
	"io/fs"
	"regexp"
	"testing"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
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

// TestReasonsInBothLanguages: those of today, those that agents once sent in
// English, and those of agents to come.
func TestReasonsInBothLanguages(t *testing.T) {
	catalog, err := message.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	zh, en := catalog.Printer("zh"), catalog.Printer("en")
	codes := []string{"digits:11", "label:3:手机", "region:310000:上海市", "heading:手机: 本人", "not-known-yet:7"}
	old := []string{"11 digits", "label 手机 3 characters before", "region 上海市 (310000)", "column heading 手机: 本人", "not-known-yet:7"}
	for _, sent := range [][]string{codes, old} {
		if got, want := reasons()(zh, sent), "11 位数字；前 3 个字符处有“手机”字样；区划 上海市（310000）；列标题为“手机: 本人”；not-known-yet:7"; got != want {
			t.Errorf("got %s", got)
		}
		if got, want := reasons()(en, sent), "11 digits; label 手机 3 characters before; region 上海市 (310000); column heading 手机: 本人; not-known-yet:7"; got != want {
			t.Errorf("got %s", got)
		}
	}
	for _, p := range phrases() {
		for _, lang := range []string{"en", "zh"} {
			if text, known := rules.WhyText(p.code, lang); !known || text == p.code {
				t.Errorf("%s has no text for %q", lang, p.code)
			}
		}
	}
	for sent, want := range map[string]string{"line 3": "第 3 行", "a.csv in b.zip, line 12": "a.csv in b.zip，第 12 行", "Sheet1!B7": "Sheet1!B7"} {
		if got := location()(zh, sent); got != want {
			t.Errorf("%s: %s", sent, got)
		}
	}
}
