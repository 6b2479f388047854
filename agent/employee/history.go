package employee

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/prompt"
)

// told is a case in words.
type told struct {
	cases.Case
	Text     prompt.Text
	Approval *approval // nil when none was asked for
}

// How an approval stands.
const (
	waiting   = "waiting"
	holds     = "holds"
	usedUp    = "used-up"
	expired   = "expired"
	withdrawn = "withdrawn"
	denied    = "denied"
)

// approval is how the last approval that was asked for, or was had by giving a
// reason, stands.
type approval struct {
	State string
	Until time.Time
	Left  int
	grant string // id, where the steps say it
}

// approvalOf reads the steps, of which a later one overrules what came before.
func approvalOf(steps []cases.Step, now time.Time) *approval {
	var a *approval
	for _, s := range steps {
		ours := a != nil && (s.Grant == "" || a.grant == "" || s.Grant == a.grant)
		switch {
		case s.What == cases.Requested && (a == nil || a.State != holds):
			a = &approval{State: waiting}
		case s.What == cases.Granted, s.What == cases.Justified, s.What == cases.Released:
			a = &approval{State: holds, Until: s.Until, Left: s.Left, grant: s.Grant}
		case s.What == cases.Used && ours:
			if a.Left = s.Left; s.Left == 0 {
				a.State = usedUp
			}
		case s.What == cases.Refused:
			a = &approval{State: denied}
		case s.What == cases.Withdrawn && ours:
			a = &approval{State: withdrawn}
		}
	}
	if a != nil && a.State == holds && !a.Until.IsZero() && !now.Before(a.Until) {
		a.State = expired
	}
	return a
}

func (p *Page) tell(c cases.Case) (told, error) {
	text, err := prompt.Render(c.Notice, p.texts.Language())
	return told{Case: c, Text: text, Approval: approvalOf(c.Steps, time.Now())}, err
}

// history shows what the person was stopped in, the newest first.
func (p *Page) history(w http.ResponseWriter, r *http.Request, _ *session) {
	var list cases.List
	err := p.ask(r.Context(), cases.AskList, nil, &list)
	all := make([]told, len(list.Cases))
	for i := 0; i < len(all) && err == nil; i++ {
		all[i], err = p.tell(list.Cases[i])
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	slices.SortStableFunc(all, func(a, b told) int { return b.Notice.Time.Compare(a.Notice.Time) })
	p.render(w, http.StatusOK, "history", view{Title: p.texts.Text("history.title"), At: "history", In: true, Data: all})
}

// find answers a case of the person's, or the refusal cases.NoSuchCase.
func (p *Page) find(ctx context.Context, id string) (told, error) {
	var list cases.List
	if err := p.ask(ctx, cases.AskList, nil, &list); err != nil {
		return told{}, err
	}
	at := slices.IndexFunc(list.Cases, func(c cases.Case) bool { return c.Notice.ID == id })
	if at < 0 {
		return told{}, control.Refusal(cases.NoSuchCase)
	}
	return p.tell(list.Cases[at])
}

// showCase shows one case, and what can be done about it.
func (p *Page) showCase(w http.ResponseWriter, r *http.Request, _ *session) {
	c, err := p.find(r.Context(), r.PathValue("id"))
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.render(w, http.StatusOK, "case", view{Title: c.Text.Title, In: true, Data: shownCase{told: c, Ways: offered(c), HelpDesk: p.helpDesk(c)}})
}

// shownCase is a case on its own page.
type shownCase struct {
	told
	Ways     []string
	HelpDesk string
}
