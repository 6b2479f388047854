package message

import (
	"testing"
	"testing/fstest"
)

func catalogue(en, zh string) fstest.MapFS {
	return fstest.MapFS{
		"messages/en.yaml": {Data: []byte(en)},
		"messages/zh.yaml": {Data: []byte(zh)},
	}
}

func TestTextInBothLanguages(t *testing.T) {
	c, err := Load(catalogue("stopped: '{{.File}} was stopped'", "stopped: '已阻止 {{.File}}'"))
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{
		"zh-CN":                   "已阻止 a.csv",
		"zh-TW,zh;q=0.9,en;q=0.8": "已阻止 a.csv",
		"en-GB":                   "a.csv was stopped",
		"fr":                      "a.csv was stopped",
		"":                        "a.csv was stopped",
	} {
		if got := c.Printer(lang).Text("stopped", Args{"File": "a.csv"}); got != want {
			t.Errorf("language %q: got %q, want %q", lang, got, want)
		}
	}
	if got := c.Printer("en").Text("unknown"); got != "unknown" {
		t.Errorf("unknown id answered %q", got)
	}
}

func TestLoadRefusesTextMissingInOneLanguage(t *testing.T) {
	for _, fsys := range []fstest.MapFS{catalogue("a: A\nb: B", "a: 甲"), catalogue("a: A", "a: 甲\nb: 乙")} {
		if _, err := Load(fsys); err == nil {
			t.Error("a catalogue with a missing translation was accepted")
		}
	}
}

func TestFromEnvironment(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"LANG", "zh_CN.UTF-8", "zh"}, {"LC_ALL", "zh_TW", "zh"}, {"LANG", "C.UTF-8", "en"}, {"LANG", "de_DE.UTF-8", "en"},
	} {
		got := FromEnvironment(func(n string) string {
			if n == c.name {
				return c.value
			}
			return ""
		})
		if got != c.want {
			t.Errorf("%s=%s: got %s, want %s", c.name, c.value, got, c.want)
		}
	}
}
