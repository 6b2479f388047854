package strictyaml

import (
	"slices"
	"strings"
	"testing"
)

type doc struct {
	Place Place
	Name  Scalar   `yaml:"name"`
	Words []Scalar `yaml:"words"`
	Text  text     `yaml:"text"`
	Items []item   `yaml:"items"`
}

type item struct {
	Place Place
	Count Scalar `yaml:"count"`
	Inner *item  `yaml:"inner"`
	extra
}

type extra struct {
	More Scalar `yaml:"more"`
}

type text struct {
	Place Place
	En    Scalar `yaml:"en"`
}

func (t *text) ReadScalar(s Scalar) { t.En = s }

func TestDecode(t *testing.T) {
	var d doc
	if err := Decode("f", []byte(`
name: "a: b"
words: one
text: short
items:
  - count: 5
    inner: {count: 7,
            more: x}
  - more: 'true'
`), &d).Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		got   Scalar
		text  string
		line  int
		field string
	}{
		{d.Name, "a: b", 2, "name"},
		{d.Words[0], "one", 3, "words[0]"},
		{d.Text.En, "short", 4, "text"},
		{d.Items[0].Count, "5", 6, "items[0].count"},
		{d.Items[0].Inner.More, "x", 8, "items[0].inner.more"},
		{d.Items[1].More, "true", 9, "items[1].more"},
	} {
		if c.got.Text != c.text || c.got.Place != (Place{c.line, c.field}) {
			t.Errorf("got %+v, want %q at %d, %s", c.got, c.text, c.line, c.field)
		}
	}
	if d.Items[1].Inner != nil || d.Items[1].Count.Given() || d.Items[0].Place != (Place{6, "items[0]"}) {
		t.Errorf("items %+v", d.Items)
	}
}

func TestFields(t *testing.T) {
	type flat struct {
		Place Place
		Name  Scalar `yaml:"name"`
		Items []text `yaml:"items"`
		extra
	}
	if got, want := Fields(&flat{}), []string{"name", "items", "items[].en", "more"}; !slices.Equal(got, want) {
		t.Errorf("fields %v, want %v", got, want)
	}
}

func TestProblemsComeInOrderAndBounded(t *testing.T) {
	var d doc
	err := Decode("f.yaml", []byte(strings.Repeat("nonsense: 1\n", 1000)), &d).Err()
	problems, ok := err.(Problems)
	if !ok || len(problems) != maxProblems+1 || !slices.IsSortedFunc(problems, func(a, b Problem) int { return a.Line - b.Line }) {
		t.Errorf("%d problems", len(problems))
	}
	if got := problems[0].Error(); got != `f.yaml:1: there is no field "nonsense" here; it can have: name, words, text, items` {
		t.Errorf("told %q", got)
	}
	if got := problems[0].In("zh"); got != `f.yaml:1: 此处没有字段 "nonsense"，可用字段：name, words, text, items` {
		t.Errorf("told %q", got)
	}
}

func TestNearest(t *testing.T) {
	options := []string{"block", "report", "allow", "removable-media", "person-name"}
	for text, want := range map[string]string{
		"blok": "block", "blcok": "block", "Block": "block", "reports": "report", "removeable-media": "removable-media",
		"removable_media": "removable-media", "personname": "person-name", "": "", "x": "", "deny": "", "quarantine": "",
		strings.Repeat("block", 20): "",
	} {
		if got := Nearest(text, options); got != want {
			t.Errorf("nearest to %q is %q, want %q", text, got, want)
		}
	}
}

func TestKnown(t *testing.T) {
	for text, want := range map[string]string{
		"blok": "blok", "list-2": "list-2", "2list": "…", "": "…", "王小明": "…", "13800138000": "…", "a13800138000": "…",
		"x-138-0013-8000": "…", "wang@example.com": "…", "two words": "…", "line\nbreak": "…", strings.Repeat("a", 65): "…",
	} {
		if got := Known(text); got != want {
			t.Errorf("Known(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestUnquoted(t *testing.T) {
	if got := unquoted("found 'secret' and \"other\" and `third` here"); strings.Contains(got, "secret") || strings.Contains(got, "other") || strings.Contains(got, "third") {
		t.Error(got)
	}
}
