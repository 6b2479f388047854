package api

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
)

const (
	// maxEnrolling bounds how many requests are looked at at once.
	maxEnrolling = 8
	// enrolPatience is how long a request may take to come in.
	enrolPatience = 10 * time.Second
	// freeTries is how many refused requests one address may make without
	// waiting; whole companies enrol from behind one.
	freeTries = 100
	// freeRenewals is how often a machine may renew within an hour or so.
	freeRenewals = 5
)

// enrol makes a machine one of the fleet.
func (a *API) enrol(w http.ResponseWriter, r *http.Request) {
	body, done, ok := a.small(w, r)
	if !ok {
		return
	}
	defer done()
	from := address(r)
	if wait := a.enrolments.Try(from, time.Now()); wait > 0 {
		slowDown(w, wait)
		return
	}
	request, csr, err := enrol.ParseRequest(body)
	if err != nil {
		refuseMachine(w, http.StatusBadRequest, enrol.BadRequest, "not a request that an agent makes: "+err.Error())
		return
	}
	now, id := time.Now(), request.Machine.ID
	cert, err := a.Store.Enrol(r.Context(), store.Enrolment{
		Secret: request.Token, Machine: request.Machine, Key: enrol.KeyID(csr.RawSubjectPublicKeyInfo),
		Issue: func() (*x509.Certificate, error) { return a.Authority.Issue(csr, id, now) },
	}, now)
	switch {
	case errors.Is(err, store.ErrToken):
		refuseMachine(w, http.StatusForbidden, enrol.TokenRefused, err.Error())
	case errors.Is(err, store.ErrBound):
		refuseMachine(w, http.StatusConflict, enrol.TakenID, err.Error()+": release the machine on the console first (trustline-console machine release)")
	case errors.Is(err, store.ErrRevoked):
		refuseMachine(w, http.StatusForbidden, enrol.Revoked, err.Error()+": release it on the console first (trustline-console machine release)")
	case err != nil:
		a.broken(w, r, err)
	default:
		a.enrolments.Undo(from)
		a.Log.Info("machine enrolled", "machine", id, "from", r.RemoteAddr)
		a.identify(w, id, cert)
	}
}

// renew gives a machine its next certificate.
func (a *API) renew(w http.ResponseWriter, r *http.Request, who speaker) {
	body, done, ok := a.small(w, r)
	if !ok {
		return
	}
	defer done()
	now := time.Now()
	if wait := a.renewals.Try(who.id, now); wait > 0 {
		slowDown(w, wait)
		return
	}
	_, csr, err := enrol.ParseRenewal(body, who.id)
	if err != nil {
		refuseMachine(w, http.StatusBadRequest, enrol.BadRequest, "not a request that an agent makes: "+err.Error())
		return
	}
	next, err := a.Authority.Issue(csr, who.id, now)
	if err == nil {
		err = a.Store.Renew(r.Context(), who.id, next, now, now.Add(-grace))
	}
	switch {
	case errors.Is(err, store.ErrRevoked):
		refuseMachine(w, http.StatusForbidden, enrol.Revoked, err.Error())
	case err != nil:
		a.broken(w, r, err)
	default:
		a.identify(w, who.id, next.Raw)
	}
}

func (a *API) identify(w http.ResponseWriter, machine string, cert []byte) {
	answer(w, http.StatusOK, enrol.Reply{
		Machine: machine, Chain: [][]byte{cert}, Authority: a.Authority.Root(), PolicyKeys: [][]byte{a.Signer.Public()},
	})
}

// small reads a short body and takes a turn, which done gives back.
func (a *API) small(w http.ResponseWriter, r *http.Request) (body []byte, done func(), ok bool) {
	// Where a deadline cannot be set, the server's own holds.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(enrolPatience))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, enrol.MaxRequest))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		refuseMachine(w, http.StatusRequestEntityTooLarge, enrol.BadRequest, "the request is too large")
		return nil, nil, false
	}
	if err != nil {
		refuseMachine(w, http.StatusBadRequest, enrol.BadRequest, "the request cannot be read to its end")
		return nil, nil, false
	}
	ctx, cancel := context.WithTimeout(r.Context(), workPatience)
	defer cancel()
	if a.enrolling.Acquire(ctx, 1) != nil {
		tooBusy(w)
		return nil, nil, false
	}
	return body, func() { a.enrolling.Release(1) }, true
}

func slowDown(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	fail(w, http.StatusTooManyRequests, "too many requests; try again later")
}

func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
