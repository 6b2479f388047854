package strictyaml

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/trustline/trustline/message"
)

//go:embed messages
var messages embed.FS

// texts is the package's own catalogue, loaded when the first problem is told.
var texts = sync.OnceValues(func() (*message.Catalog, error) { return message.Load(messages) })

// Say tells something in a language ("en", "zh").
type Say func(language string) string

// Problem is one thing to put right in a file.
type Problem struct {
	File  string
	Line  int    // 1-based
	Field string // "rules[2].action", "" for the document as a whole
	say   Say
}

// In answers the problem in a language as file:line: field: what and remedy.
func (p Problem) In(language string) string {
	where := fmt.Sprintf("%s:%d: ", p.File, p.Line)
	if p.Field != "" {
		where += p.Field + ": "
	}
	return where + p.say(language)
}

// Text answers what is wrong and the remedy alone.
func (p Problem) Text(language string) string { return p.say(language) }

func (p Problem) Error() string { return p.In("en") }

// Problems are all problems of one file, in the order of their lines.
type Problems []Problem

func (p Problems) Error() string { return p.In("en") }

// In answers all problems in a language, one a line.
func (p Problems) In(language string) string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.In(language)
	}
	return strings.Join(lines, "\n")
}

// FromCatalog answers what says the text of an id, its placeholders filled
// from pairs of name and value.
func FromCatalog(load func() (*message.Catalog, error), id string, pairs ...any) Say {
	args := message.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return func(language string) string {
		catalog, err := load()
		if err != nil {
			return id
		}
		return catalog.Printer(language).Text(id, args)
	}
}

func (d *Document) say(id string, pairs ...any) Say { return FromCatalog(texts, id, pairs...) }

var (
	word   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,63}$`)
	number = regexp.MustCompile(`[0-9][0-9._-]{4}`)
)

// Known answers the text when it is one ASCII word without longer numbers, as
// the words of a document are, and "…" otherwise: whatever else stands in a
// file may be somebody's data.
func Known(text string) string {
	if word.MatchString(text) && !number.MatchString(text) {
		return text
	}
	return "…"
}

// Quote answers Known in quotation marks.
func Quote(text string) string { return `"` + Known(text) + `"` }

var quotation = regexp.MustCompile("\"[^\"]*\"|'[^']*'|`[^`]*`")

// unquoted takes what a parser quoted from the file out of its message.
func unquoted(message string) string { return quotation.ReplaceAllString(message, `"…"`) }

// Nearest answers the option that a text is most likely a slip of, "" when
// none is near.
func Nearest(text string, options []string) string {
	best, least := "", 1+len(text)/3
	if len(text) > 64 {
		return ""
	}
	for _, o := range options {
		if n := distance(strings.ToLower(text), o); n <= least && n < max(len(text), len(o)) {
			if n < least || best == "" {
				best, least = o, n
			}
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours between two words (optimal string alignment).
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = above, row, before
	}
	return rows[1][len(b)]
}
