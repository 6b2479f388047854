package web

import (
	"errors"
	"net/http"
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
	second, err := w.secondFrom(r.Context(), q.Request)
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	p := approvalPage{
		Request: q, TwoNeeded: q.Reach() >= second || q.State == store.RequestHalf, Mine: q.State == store.RequestHalf && q.ApproverName == userName(r.Context()),
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
		err = w.approve(r, by, id, *terms, now)
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

// approve approves a request as far as one account can.
func (w *Web) approve(r *http.Request, by store.Account, id string, terms store.Terms, now time.Time) error {
	q, err := w.store.Request(r.Context(), id)
	if err != nil {
		return err
	}
	second, err := w.secondFrom(r.Context(), q.Request)
	if err != nil {
		return err
	}
	_, err = w.store.Approve(r.Context(), w.config.Signer.Key(), by, id, terms, second, now)
	return err
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
