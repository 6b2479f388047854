package employee

import (
	"net/http"
	"slices"

	"github.com/trustline/trustline/agent/cases"
)

// dont is one of the three things that nobody does with customer information,
// and whether a rule of the policy in force is about it.
type dont struct {
	Channel string
	Ruled   bool
}

// companyPage is what the company can see, and what the three don'ts mean where
// this policy holds.
type companyPage struct {
	cases.Company
	Donts []dont
}

func newCompanyPage(c cases.Company) companyPage {
	p := companyPage{Company: c}
	for _, channel := range []string{"removable-media", "network", "at-rest"} {
		p.Donts = append(p.Donts, dont{channel, slices.Contains(c.Channels, channel)})
	}
	return p
}

// showCompany shows what the company can see, and what it never does.
func (p *Page) showCompany(w http.ResponseWriter, r *http.Request, _ *session) {
	var c cases.Company
	if err := p.ask(r.Context(), cases.AskCompany, nil, &c); err != nil {
		p.failed(w, r, err)
		return
	}
	p.render(w, http.StatusOK, "company", view{Title: p.texts.Text("nav.company"), At: "company", In: true, Data: newCompanyPage(c)})
}
