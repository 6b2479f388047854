package employee

import (
	"net/http"

	"github.com/trustline/trustline/agent/cases"
)

// showCompany shows what the company can see, and what it never does.
func (p *Page) showCompany(w http.ResponseWriter, r *http.Request, _ *session) {
	var c cases.Company
	if err := p.ask(r.Context(), cases.AskCompany, nil, &c); err != nil {
		p.failed(w, r, err)
		return
	}
	p.render(w, http.StatusOK, "company", view{Title: p.texts.Text("nav.company"), At: "company", In: true, Data: c})
}
