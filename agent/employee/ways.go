package employee

import (
	"slices"
	"strings"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/message"
)

// The ways on from a case, as policies name them.
const (
	wayMasked  = "masked-copy"
	wayRequest = "request-approval"
	wayMistake = "not-customer-data"
	wayJustify = "justify"
)

// ways are those there are, in the order they are offered.
func ways() []string { return []string{wayMasked, wayRequest, wayJustify, wayMistake} }

func known(way string) bool { return slices.Contains(ways(), way) }

// offered answers the ways on from a case.
func offered(c cases.Case) []string {
	return slices.DeleteFunc(ways(), func(way string) bool { return !slices.Contains(c.Notice.EmployeeMay, way) })
}

// helpDesk answers what the person can give to somebody who helps them: masked
// facts alone.
func (p *Page) helpDesk(c told) string {
	return strings.Join([]string{
		c.Text.Title, c.Text.Lines[0],
		p.texts.Text("case.helpdesk.facts", message.Args{
			"Case": c.Notice.ID, "Time": c.Notice.Time.UTC().Format("2006-01-02 15:04:05 UTC"),
			"Rule": c.Notice.Rule, "Channel": c.Channel, "Place": c.Place,
		}),
	}, "\n")
}
