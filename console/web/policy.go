package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/rules"
)

// maxPolicies bounds the history on the page.
const maxPolicies = 100

func (w *Web) policyRoutes(mux *http.ServeMux) {
	mux.Handle("GET /policy", w.signedIn(w.policy))
	mux.Handle("POST /policy", w.signedIn(w.publish))
}

// policyPage is the policy being looked at or edited.
type policyPage struct {
	Text     string
	Serial   int64 // of the one shown, 0 for none published
	Newest   int64
	Reason   string
	History  []publishedPolicy
	Problems []string
	Warnings []string
	Checked  bool // and found sound
	Problem  string
	MayAct   bool
	Version  string
}

type publishedPolicy struct {
	store.Policy
	Machines int // that run it
}

// policy shows the newest policy, or an earlier one to publish it again.
func (w *Web) policy(rw http.ResponseWriter, r *http.Request) {
	serial, err := strconv.ParseInt(r.URL.Query().Get("serial"), 10, 64)
	if err != nil || serial < 1 {
		serial = 0
	}
	p := policyPage{Text: string(rules.DefaultPolicySource())}
	if serial == 0 {
		if serial, err = w.store.PolicySerial(r.Context()); err != nil {
			w.broken(rw, r, err)
			return
		}
	}
	switch shown, err := w.store.Policy(r.Context(), serial); {
	case err == nil:
		p.Text, p.Serial = shown.Text, shown.Serial
	case !errors.Is(err, store.ErrNotFound):
		w.broken(rw, r, err)
		return
	}
	if r.URL.Query().Has("serial") && p.Serial != 0 {
		p.Reason = w.printer(r).Text("policy.again", args("Serial", p.Serial))
	}
	w.showPolicy(rw, r, http.StatusOK, p)
}

func (w *Web) showPolicy(rw http.ResponseWriter, r *http.Request, status int, p policyPage) {
	history, err := w.store.Policies(r.Context(), 0, maxPolicies)
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	fleet, err := w.store.Fleet(r.Context())
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	runs := map[string]int{}
	for _, m := range fleet {
		if m.Revoked.IsZero() {
			runs[m.Heartbeat.Policy]++
		}
	}
	for _, h := range history {
		p.History = append(p.History, publishedPolicy{h, runs[h.Version]})
		p.Newest = max(p.Newest, h.Serial)
	}
	p.MayAct = administrator(r)
	w.render(rw, r, status, "policy", page{Title: "policy.title", Here: "policy", Data: p})
}

// publish checks a policy and, when asked to, publishes it.
func (w *Web) publish(rw http.ResponseWriter, r *http.Request) {
	if !administrator(r) {
		w.render(rw, r, http.StatusForbidden, "problem", page{Title: "problem.not-yours", Here: "policy", Data: "problem.not-yours.text"})
		return
	}
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	p := policyPage{Text: strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n")}
	p.Serial, _ = strconv.ParseInt(r.PostFormValue("serial"), 10, 64)
	after, err := strconv.ParseInt(r.PostFormValue("after"), 10, 64)
	reason, sound := reasonOf(r)
	p.Reason = reason
	if err != nil || len(p.Text) > store.MaxPolicy {
		p.Problem = "policy.too-long"
		w.showPolicy(rw, r, http.StatusUnprocessableEntity, p)
		return
	}
	checked, err := rules.ParsePolicy("policy.yaml", []byte(p.Text))
	if err != nil {
		p.Problem, p.Problems = "policy.unsound", lines(err)
		w.showPolicy(rw, r, http.StatusUnprocessableEntity, p)
		return
	}
	for _, warning := range checked.Warnings() {
		p.Warnings = append(p.Warnings, warning.Error())
	}
	p.Checked, p.Version = true, checked.Version()
	switch {
	case r.PostFormValue("do") != "publish":
		w.showPolicy(rw, r, http.StatusOK, p)
		return
	case !sound || reason == "":
		p.Problem = "policy.needs-reason"
		w.showPolicy(rw, r, http.StatusUnprocessableEntity, p)
		return
	}
	_, err = w.store.Publish(r.Context(), by, p.Text, reason, after, time.Now())
	switch {
	case errors.Is(err, store.ErrChanged):
		p.Problem = "policy.changed"
		w.showPolicy(rw, r, http.StatusConflict, p)
	case err != nil:
		w.broken(rw, r, err)
	default:
		w.config.Changed()
		http.Redirect(rw, r, "/policy", http.StatusSeeOther)
	}
}

// lines answers what is wrong, a line each.
func lines(err error) []string { return strings.Split(err.Error(), "\n") }
