// Package message looks up what people read, in their language. Every package
// that speaks to people embeds a folder messages/ with one file per language
// (en.yaml, zh.yaml: id: text, with {{.Name}} for what is filled in) and loads
// it here. It never formats for a medium: no HTML, no terminal codes.
package message

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
)

// Languages are the languages every text exists in, the fallback first.
var languages = []language.Tag{language.English, language.Chinese}

// Args fills the placeholders of a text.
type Args map[string]any

// Catalog holds the texts of one package in every language.
type Catalog struct {
	bundle *i18n.Bundle
	ids    map[string][]string // language -> ids
}

// Load reads every *.yaml in the folder messages of fsys. A text that one
// language has and another lacks is an error: nothing is shipped half said.
func Load(fsys fs.FS) (*Catalog, error) {
	c := &Catalog{bundle: i18n.NewBundle(languages[0]), ids: map[string][]string{}}
	c.bundle.RegisterUnmarshalFunc("yaml", func(data []byte, v any) error { return yaml.Unmarshal(data, v) })
	files, err := fs.Glob(fsys, "messages/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list message catalogues: %w", err)
	}
	for _, name := range files {
		f, err := c.bundle.LoadMessageFileFS(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("load message catalogue %s: %w", name, err)
		}
		lang := strings.TrimSuffix(path.Base(name), ".yaml")
		for _, m := range f.Messages {
			c.ids[lang] = append(c.ids[lang], m.ID)
		}
	}
	return c, c.complete()
}

func (c *Catalog) complete() error {
	for _, have := range languages {
		for _, want := range languages {
			for _, id := range c.ids[want.String()] {
				if !slices.Contains(c.ids[have.String()], id) {
					return fmt.Errorf("message %q exists in %s but not in %s", id, want, have)
				}
			}
		}
	}
	return nil
}

// Printer answers the texts of the catalogue in the first of the preferred
// languages that it has. Preferences are BCP 47 tags or Accept-Language lists.
func (c *Catalog) Printer(preferred ...string) *Printer {
	return &Printer{localizer: i18n.NewLocalizer(c.bundle, preferred...), lang: Match(preferred...)}
}

// Printer gives texts in one language.
type Printer struct {
	localizer *i18n.Localizer
	lang      string
}

// Language is "en" or "zh".
func (p *Printer) Language() string { return p.lang }

// Text answers the text with its placeholders filled; an unknown id answers
// the id itself, so that a mistake is visible and nothing fails.
func (p *Printer) Text(id string, args ...Args) string {
	data := Args{}
	for _, a := range args {
		for k, v := range a {
			data[k] = v
		}
	}
	s, err := p.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: map[string]any(data)})
	if err != nil {
		return id
	}
	return s
}

// Has tells whether the catalogue has a text of this id.
func (p *Printer) Has(id string) bool {
	_, err := p.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: map[string]any{}})
	return err == nil
}

// Match answers "zh" or "en" for a list of preferences.
func Match(preferred ...string) string {
	tag, _ := language.MatchStrings(language.NewMatcher(languages), preferred...)
	base, _ := tag.Base()
	return base.String()
}

// FromEnvironment answers the language that LC_ALL, LC_MESSAGES or LANG ask
// for ("zh_CN.UTF-8" -> "zh"); where none does, the one the system's own
// windows have (Windows, macOS), and "en" where that is not known.
func FromEnvironment(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			tag, _, _ := strings.Cut(v, ".")
			return Match(strings.ReplaceAll(tag, "_", "-"))
		}
	}
	return Match(system()...)
}
