package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/grant"
)

// permits is what a code can be for.
var permits = []string{"grant", "stop", "uninstall"}

// codesData is the page that gives codes to be read out over the telephone.
type codesData struct {
	Machines        []store.Machine
	Machine         string
	Permits         []string
	Chosen, Heard   string
	Challenge, Code string
	Problem         string // message id
	Half            bool   // somebody else has to ask for it as well
	Graded          bool   // because nobody knows of what level the data is
	People          string // how many people it is for, "" where nobody knows
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
	w.answerCode(rw, r, by, challenge, d)
}

// answerCode shows the code, or that it takes another account as well: what a
// challenge of an earlier version is about, nobody knows.
func (w *Web) answerCode(rw http.ResponseWriter, r *http.Request, by store.Account, challenge string, d codesData) {
	c := store.Code{Machine: d.Machine, Permits: d.Chosen, Challenge: challenge}
	if d.Chosen == permits[0] {
		var known bool
		if c.People, known = grant.ChallengePeople(challenge); known {
			d.People = strconv.Itoa(c.People)
		}
		c.Two = !known || c.People >= w.config.SecondFrom || w.config.SecondLevel != 0
		d.Graded = w.config.SecondLevel != 0
	}
	given, err := w.store.GiveCode(r.Context(), by, c, time.Now())
	switch {
	case errors.Is(err, store.ErrSamePerson):
		d.Problem = "codes.same-person"
		w.showCodes(rw, r, http.StatusConflict, d)
		return
	case err != nil:
		w.broken(rw, r, err)
		return
	}
	d.Challenge, d.Half = challenge, !given
	if given {
		code := grant.Code(w.config.Signer.Secret(d.Machine), d.Chosen, challenge)
		d.Code = code[:grant.CodeDigits/2] + " " + code[grant.CodeDigits/2:]
	}
	w.showCodes(rw, r, http.StatusOK, d)
}

func (w *Web) enrolled(r *http.Request, machine string) (bool, error) {
	all, err := w.store.Fleet(r.Context())
	return slices.ContainsFunc(all, func(m store.Machine) bool {
		return m.Heartbeat.Machine.ID == machine && m.Revoked.IsZero() && !m.Enrolled.IsZero()
	}), err
}
