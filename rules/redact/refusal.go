package redact

import (
	"embed"
	"errors"
	"fmt"
	"sync"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/extract"
)

// Reason is why no masked copy can be made. The texts are in messages/.
type Reason string

// The reasons.
const (
	Encrypted   Reason = "encrypted"    // a password is needed
	Damaged     Reason = "damaged"      // the file breaks the rules of its format, or ends too early
	TooLarge    Reason = "too-large"    // a limit was reached, or the file is a zip bomb
	TimedOut    Reason = "timed-out"    // Limits.Time was over
	Format      Reason = "format"       // no format that can be rewritten: PDF, images, archives, …
	Macros      Reason = "macros"       // programs in the document may hold data and act on it
	Embedded    Reason = "embedded"     // other documents inside the document
	Signed      Reason = "signed"       // a digital signature would break
	Part        Reason = "part"         // customer data in a part that cannot be rewritten safely
	PivotCache  Reason = "pivot-cache"  // customer data in the copy a pivot table keeps
	LinkedCache Reason = "linked-cache" // customer data in the copy kept of another workbook
	SheetName   Reason = "sheet-name"   // customer data in names of sheets, names or headings of tables
	Formula     Reason = "formula"      // customer data in a formula outside of quotes
	Charset     Reason = "charset"      // a part in an encoding that cannot be kept
	Residual    Reason = "residual"     // the copy still held customer data
)

// Refusal is the error of a file that no masked copy can be made of. It holds
// no customer data.
type Refusal struct {
	Reason Reason
	Place  string // part of the document, "" for the file itself
	cause  error
}

func (r *Refusal) Error() string {
	where := ""
	if r.Place != "" {
		where = " (" + r.Place + ")"
	}
	return fmt.Sprintf("no masked copy can be made: %s%s", r.Reason, where)
}

func (r *Refusal) Unwrap() error { return r.cause }

// Text says in the first of the preferred languages there is ("zh", "en") why,
// and what to do.
func (r *Refusal) Text(preferred ...string) string {
	catalog, err := texts()
	if err != nil {
		return r.Error()
	}
	p := catalog.Printer(preferred...)
	text := p.Text("refusal." + string(r.Reason))
	if r.Place != "" {
		text = p.Text("refusal.at", message.Args{"Text": text, "Place": r.Place})
	}
	return text
}

func refuse(reason Reason, place string) error { return &Refusal{Reason: reason, Place: place} }

// at names the part a refusal is about where it does not name one itself.
func at(place string, err error) error {
	var r *Refusal
	if errors.As(err, &r) && r.Place == "" {
		named := *r
		named.Place = place
		return &named
	}
	return err
}

// unreadable is the refusal of content that could not be read in full.
func unreadable(reason rules.Reason, place string) error {
	switch reason {
	case extract.Encrypted:
		return refuse(Encrypted, place)
	case extract.TooLarge, extract.TooDeep:
		return refuse(TooLarge, place)
	case extract.TimedOut:
		return refuse(TimedOut, place)
	case extract.Unsupported:
		return refuse(Format, place)
	}
	return refuse(Damaged, place)
}

//go:embed messages
var messages embed.FS

// texts loads the catalogue once.
var texts = sync.OnceValues(func() (*message.Catalog, error) { return message.Load(messages) })
