package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/strictyaml"
)

const (
	policiesShown = 50  // of the history, on one page
	mostReason    = 500 // characters
	diffContext   = 3   // lines
)

// policyPage is the page of the policy.
type policyPage struct {
	Present   store.Policy // Serial 0: none was published yet
	History   []policyRow
	Older     int64 // serial to go on from, 0 at the end
	MayAct    bool
	Templates []string
	Most      int // characters of a reason

	// What stands in the form.
	Text, Reason string
	After        int64
	Problem      string // id of a text, "" for none
	Checked      *checked
}

type policyRow struct {
	store.Policy
	Machines int // that run it
}

// checked is what there is to say about a text.
type checked struct {
	Problems, Warnings []remark
	Diff               []diffLine
	Same               bool // it is the present one
}

type remark struct {
	Line        int
	Field, Text string
}

// diffLine is one line of a comparison; Kind is "added", "removed", "kept" or
// "gap".
type diffLine struct{ Kind, Mark, Text string }

func (w *Web) policyRoutes(mux *http.ServeMux) {
	mux.Handle("GET /policy", w.signedIn(w.policy))
	mux.Handle("GET /policy/{serial}", w.signedIn(w.oldPolicy))
	mux.Handle("POST /policy", w.signedIn(w.publish))
	mux.Handle("POST /policy/check", w.signedIn(w.checkPolicy))
}

func (w *Web) policy(rw http.ResponseWriter, r *http.Request) {
	p, ok := w.newPolicyPage(rw, r)
	if !ok {
		return
	}
	p.Text, p.After = p.Present.Text, p.Present.Serial
	if p.Present.Serial == 0 {
		p.Text = string(rules.DefaultPolicySource())
	}
	q := r.URL.Query()
	if text, known := rules.Template(q.Get("template")); known {
		p.Text = string(text)
	}
	if serial, err := strconv.ParseInt(q.Get("back"), 10, 64); err == nil {
		old, err := w.store.Policy(r.Context(), serial)
		if err == nil {
			p.Text, p.Reason = old.Text, w.printer(r).Text("policy.back-to", args("Serial", serial))
			p.Checked = w.check(r, old.Text, p.Present.Text)
		} else if !errors.Is(err, store.ErrNotFound) {
			w.broken(rw, r, err)
			return
		}
	}
	w.renderPolicy(rw, r, http.StatusOK, p)
}

// oldPolicy shows one that was published, beside the present one.
func (w *Web) oldPolicy(rw http.ResponseWriter, r *http.Request) {
	serial, err := strconv.ParseInt(r.PathValue("serial"), 10, 64)
	p, ok := w.newPolicyPage(rw, r)
	if !ok {
		return
	}
	var old store.Policy
	if err == nil {
		old, err = w.store.Policy(r.Context(), serial)
	} else {
		err = store.ErrNotFound
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		w.render(rw, r, http.StatusNotFound, "problem", page{Title: "problem.not-found", Here: "policy", Data: "problem.not-found.text"})
		return
	case err != nil:
		w.broken(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, "policy-old", page{Title: "policy.title", Here: "policy", Data: struct {
		store.Policy
		Present int64
		MayAct  bool
		Diff    []diffLine
	}{old, p.Present.Serial, p.MayAct, compare(old.Text, p.Present.Text)}})
}

// newPolicyPage answers what every form of the page shows.
func (w *Web) newPolicyPage(rw http.ResponseWriter, r *http.Request) (p policyPage, ok bool) {
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	p = policyPage{MayAct: administrator(r), Templates: rules.Templates(), Most: mostReason}
	serial, err := w.store.PolicySerial(r.Context())
	if err == nil && serial > 0 {
		p.Present, err = w.store.Policy(r.Context(), serial)
	}
	var list []store.Policy
	if err == nil {
		list, err = w.store.Policies(r.Context(), max(0, before), policiesShown)
	}
	var fleet []store.Machine
	if err == nil {
		fleet, err = w.store.Fleet(r.Context())
	}
	if err != nil {
		w.broken(rw, r, err)
		return p, false
	}
	running := map[string]int{}
	for _, m := range fleet {
		if m.Revoked.IsZero() {
			running[m.Heartbeat.Policy]++
		}
	}
	for _, one := range list {
		// A policy that was brought back counts for its newest number.
		p.History = append(p.History, policyRow{one, running[one.Version]})
		delete(running, one.Version)
	}
	if n := len(list); n == policiesShown && list[n-1].Serial > 1 {
		p.Older = list[n-1].Serial
	}
	return p, true
}

func (w *Web) renderPolicy(rw http.ResponseWriter, r *http.Request, status int, p policyPage) {
	w.render(rw, r, status, "policy", page{Title: "policy.title", Here: "policy", Data: p})
}

// policyForm reads the form of somebody who may act.
func (w *Web) policyForm(rw http.ResponseWriter, r *http.Request) (p policyPage, ok bool) {
	if !administrator(r) {
		w.render(rw, r, http.StatusForbidden, "problem", page{Title: "problem.not-yours", Here: "policy", Data: "problem.not-yours.text"})
		return p, false
	}
	if err := r.ParseForm(); err != nil {
		w.render(rw, r, http.StatusRequestEntityTooLarge, "problem", page{Title: "policy.title", Here: "policy", Data: "policy.too-large"})
		return p, false
	}
	if p, ok = w.newPolicyPage(rw, r); !ok {
		return p, false
	}
	// Forms end lines as the network does.
	p.Text = strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n")
	p.Reason = strings.TrimSpace(r.PostFormValue("reason"))
	p.After, _ = strconv.ParseInt(r.PostFormValue("after"), 10, 64)
	return p, true
}

// checkPolicy says what is to be said about a text, without keeping it.
func (w *Web) checkPolicy(rw http.ResponseWriter, r *http.Request) {
	p, ok := w.policyForm(rw, r)
	if !ok {
		return
	}
	p.Checked = w.check(r, p.Text, p.Present.Text)
	w.render(rw, r, http.StatusOK, "policy", page{Title: "policy.title", Here: "policy", Data: p, Partial: partial(r)})
}

func (w *Web) check(r *http.Request, text, present string) *checked {
	lang, c := w.printer(r).Language(), &checked{Same: text == present}
	compiled, err := rules.ParsePolicy("policy.yaml", []byte(text))
	var problems strictyaml.Problems
	switch {
	case errors.As(err, &problems):
		c.Problems = remarks(problems, lang)
	case err != nil:
		c.Problems = []remark{{Text: err.Error()}}
	default:
		c.Warnings = remarks(compiled.Warnings(), lang)
	}
	if present != "" {
		c.Diff = compare(present, text)
	}
	return c
}

func remarks(problems strictyaml.Problems, lang string) []remark {
	list := make([]remark, 0, len(problems))
	for _, p := range problems {
		list = append(list, remark{p.Line, p.Field, p.Text(lang)})
	}
	return list
}

// publish makes a text the policy of every machine.
func (w *Web) publish(rw http.ResponseWriter, r *http.Request) {
	p, ok := w.policyForm(rw, r)
	if !ok {
		return
	}
	refuse := func(status int, problem string) {
		p.Problem, p.Checked = problem, w.check(r, p.Text, p.Present.Text)
		w.renderPolicy(rw, r, status, p)
	}
	if n := utf8.RuneCountInString(p.Reason); n == 0 || n > mostReason || !utf8.ValidString(p.Reason) {
		refuse(http.StatusUnprocessableEntity, "policy.no-reason")
		return
	}
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	serial, err := w.store.Publish(r.Context(), by, p.Text, p.Reason, p.After, time.Now())
	var problems strictyaml.Problems
	switch {
	case errors.Is(err, store.ErrChanged):
		// Whoever publishes now has seen what the other did.
		p.After = p.Present.Serial
		refuse(http.StatusConflict, "policy.changed")
	case errors.Is(err, store.ErrPolicyTooLarge):
		refuse(http.StatusUnprocessableEntity, "policy.too-large")
	case errors.As(err, &problems):
		refuse(http.StatusUnprocessableEntity, "policy.unsound")
	case err != nil:
		w.broken(rw, r, err)
	default:
		w.log.Info("policy published", "serial", serial, "by", by.Name)
		w.config.Changed()
		http.Redirect(rw, r, "/policy", http.StatusSeeOther)
	}
}

// compare answers what changes from one text to another, nothing when nothing
// does.
func compare(from, to string) []diffLine {
	d, err := udiff.ToUnifiedDiff("", "", from, udiff.Lines(from, to), diffContext)
	if err != nil { // the edits are those of these very texts
		return nil
	}
	var lines []diffLine
	for n, h := range d.Hunks {
		if n > 0 {
			lines = append(lines, diffLine{Kind: "gap", Mark: "⋯"})
		}
		for _, l := range h.Lines {
			line := diffLine{"kept", " ", strings.TrimSuffix(l.Content, "\n")}
			switch l.Kind {
			case udiff.Insert:
				line.Kind, line.Mark = "added", "+"
			case udiff.Delete:
				line.Kind, line.Mark = "removed", "−"
			}
			lines = append(lines, line)
		}
	}
	return lines
}
