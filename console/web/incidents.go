package web

import (
	"errors"
	"net/http"

	"github.com/trustline/trustline/console/store"
)

const pageSize = 50

// The choices of the filter.
var (
	severities = []string{"critical", "high", "medium", "low"}
	actions    = []string{"block", "warn", "report", "allow"}
	channels   = []string{"removable-media", "network-share", "sync-folder", "clipboard", "print", "network", "at-rest"}
)

// incidentList is the list of incidents with its filter.
type incidentList struct {
	store.Page
	Address                         string // of this list's first page
	Severities, Actions, Channels   []string
	First                           bool // the newest page: it updates itself
	Older                           string
	Severity, Action, Channel, Text string
	States                          []string
	State                           string
	Seen                            int64  // entries of the audit record when it was drawn
	Said                            string // message id: what has come of those picked
	Picks                           picks
	Filtered                        bool
	Narrowed                        []narrowed
}

// narrowed is a condition that came with a link and has no field in the form.
type narrowed struct{ Part, Value string }

func (w *Web) incidents(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	searched := q.Get("q") != ""
	f := store.Filter{Severity: q.Get("severity"), Action: q.Get("action"), Channel: q.Get("channel"), Text: w.searched(r, q), State: q.Get("state"),
		Person: q.Get("person"), Machine: q.Get("machine"), Rule: q.Get("rule")}
	cursor := q.Get("cursor")
	if searched && !partial(r) { // a form sent without scripts, or an address typed in
		http.Redirect(rw, r, listAddress(q), http.StatusSeeOther)
		return
	}
	seen, err := w.store.Recorded(r.Context()) // before the list: what comes between counts as not seen
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	found, err := w.find(r.Context(), f, cursor)
	if errors.Is(err, store.ErrCursor) {
		cursor = ""
		found, err = w.find(r.Context(), f, "")
	}
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	q.Del("cursor")
	list := incidentList{
		Page: found, Address: listAddress(q), Severities: severities, Actions: actions, Channels: channels, First: cursor == "",
		States: reviewStates, State: f.State, Seen: seen,
		Severity: f.Severity, Action: f.Action, Channel: f.Channel, Text: f.Text, Filtered: f != store.Filter{},
	}
	for _, n := range []narrowed{{"person", f.Person}, {"machine", f.Machine}, {"rule", f.Rule}} {
		if n.Value != "" {
			list.Narrowed = append(list.Narrowed, n)
		}
	}
	if found.Next != "" {
		q.Set("cursor", found.Next)
		list.Older = listAddress(q)
	}
	if !partial(r) {
		list.Said, list.Picks = w.pickedSaid(r)
	}
	rw.Header().Set("HX-Push-Url", list.Address)
	if r.Header.Get("X-Background") != "" {
		rw.Header().Set("HX-Push-Url", "false")
	}
	w.render(rw, r, http.StatusOK, "incidents", page{Title: "incidents.title", Here: "incidents", Data: list, Partial: partial(r)})
}

// partial: htmx asks for what changes; going back through history it wants the
// whole page.
func partial(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true"
}

func (w *Web) incident(rw http.ResponseWriter, r *http.Request) {
	w.showIncident(rw, r, http.StatusOK, review{})
}

// showIncident shows an incident with what was done about it, and the form of a
// reviewer as it was filled in.
func (w *Web) showIncident(rw http.ResponseWriter, r *http.Request, status int, form review) {
	i, err := w.store.Incident(r.Context(), r.PathValue("id"))
	p := incidentPage{Item: i, Form: form}
	if err == nil {
		p.Timeline, p.Form.Newest, err = w.timeline(r.Context(), i.ID)
	}
	if err == nil {
		p.Destruction, err = w.destructionOf(r, &i)
		p.Destruction.Problem, p.Destruction.Said = form.DestroyProblem, form.DestroySaid
	}
	if p.Form.States = reviewStates; p.Form.State == "" || p.Form.Problem == "review.changed" {
		p.Form.State = i.Review.State
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		w.render(rw, r, http.StatusNotFound, "problem", page{Title: "problem.not-found", Here: "incidents", Data: "problem.no-incident.text"})
	case err != nil:
		w.broken(rw, r, err)
	default:
		w.render(rw, r, status, "incident", page{Title: "incident.title", Here: "incidents", Data: p})
	}
}
