package quarantine

import (
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/trustline/trustline/message"
)

//go:embed messages
var messages embed.FS

// Notes writes the notes that are left in place of files. Who finds one may
// read any of the languages, so it holds all.
type Notes struct{ catalog *message.Catalog }

// LoadNotes reads the texts.
func LoadNotes() (Notes, error) {
	c, err := message.Load(messages)
	if err != nil {
		return Notes{}, fmt.Errorf("load notes: %w", err)
	}
	return Notes{c}, nil
}

// Text answers a note. The file is named as it stood there; rule is its title
// by language.
func (n Notes) Text(file, incident string, rule func(language string) string, expires time.Time) string {
	var b strings.Builder
	for i, lang := range []string{"zh", "en"} {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(n.catalog.Printer(lang).Text("note", message.Args{
			"File": file, "Incident": incident, "Rule": rule(lang), "Expires": expires.Local().Format("2006-01-02 15:04"),
		}))
	}
	return b.String()
}
