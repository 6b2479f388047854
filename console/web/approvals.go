package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/grant"
)

const (
	maxRequests = 200 // on the page
	maxReason   = 500 // characters
)

func (w *Web) approvalRoutes(mux *http.ServeMux) {
	mux.Handle("GET /approvals", w.signedIn(w.approvals))
	mux.Handle("GET /approvals/{id}", w.signedIn(w.approval))
	mux.Handle("POST /approvals/{id}", w.signedIn(w.decide))
	mux.Handle("GET /codes", w.signedIn(w.codesPage))
	mux.Handle("POST /codes", w.signedIn(w.giveCode))
}

// approvalList is what waits for an answer, and what has one.
type approvalList struct {
	Waiting, Answered []store.Request
}

func (w *Web) approvals(rw http.ResponseWriter, r *http.Request) {
	waiting, err := w.store.Requests(r.Context(), true, maxRequests)
	var answered []store.Request
	if err == nil {
		answered, err = w.store.Requests(r.Context(), false, maxRequests)
	}
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	w.render(rw, r, http.StatusOK, "approvals", page{Title: "approvals.title", Here: "approvals", Data: approvalList{waiting, answered}, Partial: partial(r)})
}

// approvalPage is one request.
type approvalPage struct {
	store.Request
	TwoNeeded bool
	Mine      bool   // whoever looks has approved it already
	Over      bool   // what was granted has expired
	Problem   string // message id
	Terms     store.Terms
	Said      string // what was typed
}

func (w *Web) approval(rw http.ResponseWriter, r *http.Request) {
	w.showApproval(rw, r, http.StatusOK, "", nil)
}

func (w *Web) showApproval(rw http.ResponseWriter, r *http.Request, status int, problem string, typed *store.Terms) {
	q, err := w.store.Request(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, store.ErrNotFound):
		w.render(rw, r, http.StatusNotFound, "problem", page{Title: "problem.not-found", Here: "approvals", Data: "problem.not-found.text"})
		return
	case err != nil:
		w.broken(rw, r, err)
		return
	}
	p := approvalPage{
		Request: q, TwoNeeded: q.People >= w.config.SecondFrom || q.State == store.RequestHalf, Mine: q.State == store.RequestHalf && q.ApproverName == userName(r.Context()),
		Over: q.Grant != nil && time.Now().After(q.Grant.Expires), Problem: problem, Terms: store.Terms{People: q.People, Uses: q.Uses, Days: q.Days}, Said: r.PostFormValue("reason"),
	}
	if typed != nil {
		p.Terms = *typed
	}
	w.render(rw, r, status, "approval", page{Title: "approval.title", Here: "approvals", Data: p})
}

// decide answers a request as the form says.
func (w *Web) decide(rw http.ResponseWriter, r *http.Request) {
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	id, key, now := r.PathValue("id"), w.config.Signer.Key(), time.Now()
	reason, sound := reasonOf(r)
	var terms *store.Terms
	var err error
	switch r.PostFormValue("do") {
	case "approve":
		terms = &store.Terms{People: number(r, "people"), Uses: number(r, "uses"), Days: number(r, "days")}
		if r.PostFormValue("hours") != "" {
			terms.Within = -1 // wrong, where no whole hours follow
			if hours := number(r, "hours"); hours >= 1 && hours <= 24 {
				terms.Within = time.Duration(hours) * time.Hour
			}
		}
		_, err = w.store.Approve(r.Context(), key, by, id, *terms, w.config.SecondFrom, now)
	case "refuse", "withdraw":
		if !sound || reason == "" {
			w.showApproval(rw, r, http.StatusUnprocessableEntity, "approval.needs-reason", nil)
			return
		}
		if r.PostFormValue("do") == "refuse" {
			err = w.store.Refuse(r.Context(), key, by, id, reason, now)
		} else {
			err = w.store.Withdraw(r.Context(), key, by, id, reason, now)
		}
	default:
		w.showApproval(rw, r, http.StatusBadRequest, "approval.nothing", nil)
		return
	}
	switch {
	case errors.Is(err, store.ErrWider):
		w.showApproval(rw, r, http.StatusUnprocessableEntity, "approval.wider", terms)
	case errors.Is(err, store.ErrSamePerson):
		w.showApproval(rw, r, http.StatusConflict, "approval.same-person", terms)
	case errors.Is(err, store.ErrChanged):
		w.showApproval(rw, r, http.StatusConflict, "approval.changed", nil)
	case errors.Is(err, store.ErrNotFound):
		w.showApproval(rw, r, http.StatusNotFound, "", nil)
	case err != nil:
		w.broken(rw, r, err)
	default:
		w.config.Changed()
		w.Arrived()
		http.Redirect(rw, r, "/approvals/"+id, http.StatusSeeOther)
	}
}

func number(r *http.Request, field string) int {
	n, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue(field)))
	if err != nil {
		return -1
	}
	return n
}

// reasonOf answers what somebody gave as a reason, and whether it is a text of
// bounded length.
func reasonOf(r *http.Request) (reason string, sound bool) {
	reason = strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("reason"), "\r\n", "\n"))
	control := strings.ContainsFunc(reason, func(c rune) bool { return c != '\n' && unicode.IsControl(c) || c == unicode.ReplacementChar })
	return reason, !control && len([]rune(reason)) <= maxReason && len(reason) <= grant.MaxText
}

// permits is what a code can be for.
var permits = []string{"grant", "stop", "uninstall"}

// codesPage gives codes that people read out over the telephone.
type codesData struct {
	Machines        []store.Machine
	Machine         string
	Permits         []string
	Chosen, Heard   string
	Challenge, Code string
	Problem         string // message id
	Wait            int    // seconds
	MayStop         bool
}

func (w *Web) codesPage(rw http.ResponseWriter, r *http.Request) {
	w.showCodes(rw, r, http.StatusOK, codesData{Chosen: "grant"})
}

func (w *Web) showCodes(rw http.ResponseWriter, r *http.Request, status int, d codesData) {
	all, err := w.store.Fleet(r.Context())
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	for _, m := range all {
		if m.Revoked.IsZero() && !m.Enrolled.IsZero() {
			d.Machines = append(d.Machines, m)
		}
	}
	d.MayStop, d.Permits = administrator(r), permits
	if !d.MayStop {
		d.Permits = permits[:1]
	}
	w.render(rw, r, status, "codes", page{Title: "codes.title", Here: "approvals", Data: d})
}

// giveCode answers the code for a challenge, on the record; reviewers give
// codes for copies, administrators those to stop the service as well.
func (w *Web) giveCode(rw http.ResponseWriter, r *http.Request) {
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	d := codesData{Machine: r.PostFormValue("machine"), Chosen: r.PostFormValue("permits"), Heard: r.PostFormValue("challenge")}
	challenge, ok := grant.ReadChallenge(d.Heard)
	known, err := w.enrolled(r, d.Machine)
	switch {
	case err != nil:
		w.broken(rw, r, err)
		return
	case !slices.Contains(permits, d.Chosen) || !known:
		d.Problem = "codes.choose"
	case d.Chosen != "grant" && !administrator(r):
		w.render(rw, r, http.StatusForbidden, "problem", page{Title: "problem.not-yours", Here: "approvals", Data: "problem.not-yours.text"})
		return
	case !ok:
		d.Problem = "codes.misheard"
	default:
		if wait := w.codes.Try(by.ID, time.Now()); wait > 0 {
			d.Problem, d.Wait = "codes.wait", int(wait/time.Second)+1
		}
	}
	if d.Problem != "" {
		w.showCodes(rw, r, http.StatusUnprocessableEntity, d)
		return
	}
	if err := w.store.RecordCode(r.Context(), by, d.Machine, d.Chosen, time.Now()); err != nil {
		w.broken(rw, r, err)
		return
	}
	code := grant.Code(w.config.Signer.Secret(d.Machine), d.Chosen, challenge)
	d.Challenge, d.Code = challenge, code[:grant.CodeDigits/2]+" "+code[grant.CodeDigits/2:]
	w.showCodes(rw, r, http.StatusOK, d)
}

func (w *Web) enrolled(r *http.Request, machine string) (bool, error) {
	all, err := w.store.Fleet(r.Context())
	return slices.ContainsFunc(all, func(m store.Machine) bool {
		return m.Heartbeat.Machine.ID == machine && m.Revoked.IsZero() && !m.Enrolled.IsZero()
	}), err
}
