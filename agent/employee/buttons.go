package employee

import (
	"slices"
	"strings"

	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/rules"
)

// Keys of the buttons that are no ways on: the details, and a click on the
// notice itself, which the Desktop Notifications Specification calls so.
const (
	buttonDetails = "details"
	buttonClick   = "default"
)

// Offer answers the buttons of a notice: at most two ways on and the details,
// for there is room for three. It is prompt.Session's Offer.
func (p *Page) Offer(n prompt.Notice) []prompt.Action {
	var ways []string
	if n.Action == string(rules.Justify) {
		ways = append(ways, wayJustify)
	}
	for _, way := range []string{wayMasked, wayRequest, wayMistake, waySilence} {
		if slices.Contains(n.EmployeeMay, way) && !about(n) {
			ways = append(ways, way)
		}
	}
	var buttons []prompt.Action
	for _, way := range ways[:min(len(ways), 2)] {
		buttons = append(buttons, prompt.Action{Key: way, Label: p.texts.Text("button.notice." + way)})
	}
	details := p.texts.Text("button.notice.details")
	return append(buttons, prompt.Action{Key: buttonDetails, Label: details}, prompt.Action{Key: buttonClick, Label: details})
}

// about tells notices about what became of a request; their id names the case
// after what became of it.
func about(n prompt.Notice) bool { return strings.Contains(n.ID, "/") }

// Chosen opens the page where the button that was pressed leads. It is
// prompt.Session's Chosen.
func (p *Page) Chosen(n prompt.Notice, key string) {
	id := n.ID[strings.LastIndex(n.ID, "/")+1:]
	if n.Action == string(rules.Isolate) {
		id = "" // nothing was stopped that there could be details of
	}
	if key == buttonDetails || key == buttonClick {
		key = ""
	} else if !known(key) {
		return // none of ours
	}
	link, err := p.Link(id, key)
	if err == nil {
		err = p.show(link)
	}
	if err != nil {
		p.log.Error("the page could not be opened; “trustline page” opens it", "error", err)
	}
}
