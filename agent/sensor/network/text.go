package network

import (
	"embed"

	"github.com/trustline/trustline/message"
)

//go:embed messages
var messages embed.FS

// Texts says in words how far a network is trusted, and why.
type Texts struct{ catalog *message.Catalog }

// LoadTexts reads the texts of this package.
func LoadTexts() (Texts, error) {
	c, err := message.Load(messages)
	return Texts{c}, err
}

// Trust names the degree of trust, in the first of the languages there is.
func (t Texts) Trust(v Trust, languages ...string) string {
	return t.catalog.Printer(languages...).Text("trust." + string(v))
}

// Reason says why, in a sentence.
func (t Texts) Reason(r Reason, languages ...string) string {
	return t.catalog.Printer(languages...).Text("reason." + string(r))
}

// Remedy tells the employee what to do on a network of this trust, "" when
// there is nothing to do.
func (t Texts) Remedy(v Trust, languages ...string) string {
	p := t.catalog.Printer(languages...)
	if id := "remedy." + string(v); p.Has(id) {
		return p.Text(id)
	}
	return ""
}
