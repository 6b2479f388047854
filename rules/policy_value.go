package rules

import (
	"embed"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/strictyaml"
)

//go:embed messages
var messages embed.FS

// texts is the package's catalogue, loaded when the first problem is told.
var texts = sync.OnceValues(func() (*message.Catalog, error) { return message.Load(messages) })

func say(id string, pairs ...any) strictyaml.Say { return strictyaml.FromCatalog(texts, id, pairs...) }

func (c *compiler) report(at place, id string, pairs ...any) { c.doc.Report(at, say(id, pairs...)) }

// require reports a field that is not there; one without a value is reported
// where the document is read.
func (c *compiler) require(s scalar, parent place, field string) {
	if !s.Given() && parent.Line > 0 {
		c.report(parent.In(field), "policy.missing")
	}
}

func (c *compiler) most(n, most int, at place) {
	if n > most {
		c.report(at, "policy.too-many", "Most", most)
	}
}

// list bounds a list and drops what has no value.
func (c *compiler) list(list []scalar) []scalar {
	if len(list) > maxList {
		c.report(list[0].Place, "policy.too-many", "Most", maxList)
		list = list[:maxList]
	}
	var given []scalar
	for _, s := range list {
		if s.Text != "" {
			given = append(given, s)
		}
	}
	return given
}

func (c *compiler) text(s scalar, most int) string {
	if len(s.Text) > most {
		c.report(s.Place, "policy.too-long", "Most", most)
		return ""
	}
	return s.Text
}

func (c *compiler) localized(t textSpec, most int) Localized {
	c.text(t.En, most)
	if t.Zh != t.En {
		c.text(t.Zh, most)
	}
	return t.localized()
}

func (c *compiler) id(s scalar, parent place) string {
	c.require(s, parent, "id")
	if s.Text != "" && !idPattern.MatchString(s.Text) {
		c.report(s.Place, "policy.id")
		return ""
	}
	return s.Text
}

// oneOf reads a word of an enumeration; other is for a field that is not there.
func oneOf[T ~string](c *compiler, s scalar, options []T, other T) T {
	if s.Text == "" {
		return other
	}
	for _, o := range options {
		if string(o) == s.Text {
			return o
		}
	}
	value := strictyaml.Quote(s.Text)
	if near := strictyaml.Nearest(s.Text, plain(options)); near != "" {
		c.report(s.Place, "policy.not-an-option-near", "Value", value, "Near", near, "Options", join(options))
	} else {
		c.report(s.Place, "policy.not-an-option", "Value", value, "Options", join(options))
	}
	return other
}

func words[T ~string](c *compiler, list []scalar, options []T) []string {
	var read []string
	for _, s := range c.list(list) {
		read = append(read, string(oneOf(c, s, options, "-")))
	}
	return read
}

func plain[T ~string](options []T) []string {
	texts := make([]string, len(options))
	for i, o := range options {
		texts[i] = string(o)
	}
	return texts
}

func join[T ~string](options []T) string { return strings.Join(plain(options), ", ") }

func (c *compiler) required(s scalar, parent place, field string) int {
	c.require(s, parent, field)
	return c.number(s)
}

// number reads a threshold: a whole number from 1. Zero would hold for
// everything, which nobody means.
func (c *compiler) number(s scalar) int {
	n, err := strconv.Atoi(s.Text)
	if s.Text != "" && (err != nil || n < 1 || n > maxPeople) {
		c.report(s.Place, "policy.number", "Most", maxPeople)
	}
	return max(n, 1)
}

func (c *compiler) fraction(s scalar) float64 {
	if s.Text == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s.Text, 64)
	if err != nil || !(f > 0 && f <= 1) {
		c.report(s.Place, "policy.fraction")
		return 0
	}
	return f
}

func (c *compiler) flag(s scalar, other bool) bool {
	switch s.Text {
	case "true":
		return true
	case "false":
		return false
	case "":
	default:
		c.report(s.Place, "policy.flag")
	}
	return other
}

// duration reads hours and minutes as Go writes them, and days: 24h, 90m, 7d.
func (c *compiler) duration(s scalar) time.Duration {
	if s.Text == "" {
		return 0
	}
	d, err := time.ParseDuration(s.Text)
	if days, ok := strings.CutSuffix(s.Text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(n, 1000)) * 24 * time.Hour
	}
	if err != nil || d < time.Minute || d > MaxRollingWindow {
		c.report(s.Place, "policy.duration")
	}
	return d
}

func (c *compiler) size(s scalar) int64 {
	n, err := humanize.ParseBytes(s.Text)
	if s.Text != "" && (err != nil || n < 1 || n > 1<<60) {
		c.report(s.Place, "policy.size")
		return 0
	}
	return int64(n)
}

func (c *compiler) patterns(list []scalar) []*pattern {
	var patterns []*pattern
	for _, s := range c.list(list) {
		switch {
		case strings.Trim(s.Text, "*") == "":
			c.report(s.Place, "policy.pattern-any")
		case len(s.Text) > maxPattern || strings.Count(s.Text, "*") > 8:
			c.report(s.Place, "policy.pattern-long", "Most", maxPattern)
		default:
			patterns = append(patterns, newPattern(s.Text))
		}
	}
	return patterns
}
