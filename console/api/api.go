// Package api is what programs talk to the console by: machines enrol, send
// incidents and heartbeats, scripts read. Scripts carry a token; a machine
// shows the certificate it was enrolled with and speaks for itself alone. The
// package renders nothing and keeps no session.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/trustline/trustline/console/account"
	"github.com/trustline/trustline/console/authority"
	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/signed"
	"github.com/trustline/trustline/uploader/incident"
)

// API answers requests under /api/v1/. All but Arrived, Grants, Tasks
// and Lists are required.
// The server it runs in asks for client certificates and speaks TLS 1.3.
type API struct {
	Store     *store.Store
	Authority *authority.Authority
	Signer    *signer.Signer // of policies and grants
	Log       *slog.Logger
	// Arrived is called after incidents were stored that were not there before.
	Arrived func()
	// Grants answers the approvals, refusals and withdrawals that are a
	// machine's, in the order they were made; nil: there are none.
	Grants func(ctx context.Context, machine string) ([]signed.Envelope, error)
	// Tasks answers what a machine is to do once and has not done; nil: nothing.
	Tasks func(ctx context.Context, machine string) ([]signed.Envelope, error)
	// Lists are those of the company's own; nil: there are none.
	Lists Lists

	waits waits

	room    *semaphore.Weighted // bytes of batches that are being read
	working *semaphore.Weighted // batches that are being taken apart and stored

	sending *semaphore.Weighted // lists under way

	enrolling                       *semaphore.Weighted
	enrolments, renewals, impostors *account.Brake
}

// What batches may hold of the machine. More are asked to come back, and wait
// in their agents' spools.
const (
	maxRoom    = 128 << 20
	maxWorking = 16
)

// Handler answers the API's routes.
func (a *API) Handler() http.Handler {
	a.room, a.working = semaphore.NewWeighted(maxRoom), semaphore.NewWeighted(maxWorking)
	a.enrolling = semaphore.NewWeighted(maxEnrolling)
	a.enrolments, a.renewals, a.impostors = account.NewBrake(freeTries), account.NewBrake(freeRenewals), account.NewBrake(1)
	a.waits.room = semaphore.NewWeighted(maxTelling)
	a.sending = semaphore.NewWeighted(maxSending)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+enrol.Path, a.enrol)
	mux.Handle("POST "+enrol.RenewPath, a.speaking(grace, a.renew))
	mux.Handle("POST "+incident.IngestPath, a.speaking(0, a.ingest))
	mux.Handle("POST "+incident.HeartbeatPath, a.speaking(0, a.beat))
	mux.Handle("GET "+orders.Path, a.speaking(0, a.orders))
	mux.Handle("GET "+orders.ListPath+"{sum}", a.speaking(0, a.list))
	mux.Handle("GET /api/v1/incidents", a.only(store.TokenAPI, a.incidents))
	mux.Handle("GET /api/v1/incidents/{id}", a.only(store.TokenAPI, a.one))
	mux.Handle("GET /api/v1/fleet", a.only(store.TokenAPI, a.fleet))
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, "there is no "+r.Method+" for this address in the API")
	})
	return mux
}

// only lets requests through that carry a token of this kind.
func (a *API) only(kind string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > 200 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, http.StatusUnauthorized, "send a token: Authorization: Bearer …")
			return
		}
		token, err := a.Store.CheckToken(r.Context(), secret, time.Now())
		switch {
		case errors.Is(err, store.ErrNotFound):
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			fail(w, http.StatusUnauthorized, "the token is wrong, has expired or was revoked")
		case err != nil:
			a.broken(w, r, err)
		case token.Kind != kind:
			fail(w, http.StatusForbidden, "a token of kind "+token.Kind+" may not do this; it takes one of kind "+kind)
		default:
			next(w, r)
		}
	})
}

// broken answers an error of ours: busy is worth another try.
func (a *API) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return
	}
	if store.Busy(err) {
		tooBusy(w)
		return
	}
	a.Log.Error("request failed", "address", r.Pattern, "error", err)
	fail(w, http.StatusInternalServerError, "something went wrong on the console; its log says what")
}

// tooBusy spreads those who come back over some seconds.
func tooBusy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", strconv.Itoa(2+rand.IntN(9)))
	fail(w, http.StatusServiceUnavailable, "the console is busy; try again later")
}

func (a *API) incidents(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	page, err := a.Store.Incidents(r.Context(), q.filter, q.limit, q.cursor)
	switch {
	case errors.Is(err, store.ErrCursor):
		fail(w, http.StatusBadRequest, "cursor: use the one of the page before, unchanged")
	case err != nil:
		a.broken(w, r, err)
	default:
		answer(w, http.StatusOK, struct {
			Incidents []store.Item `json:"incidents"`
			Next      string       `json:"next,omitempty"`
			Searched  time.Time    `json:"searchedBackTo,omitzero"`
		}{page.Incidents, page.Next, page.Back})
	}
}

func (a *API) one(w http.ResponseWriter, r *http.Request) {
	i, err := a.Store.Incident(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, store.ErrNotFound):
		fail(w, http.StatusNotFound, "there is no incident of this id")
	case err != nil:
		a.broken(w, r, err)
	default:
		answer(w, http.StatusOK, i)
	}
}

// machine is one workstation as scripts see it.
type machine struct {
	incident.Heartbeat
	LastSeen           time.Time `json:"lastSeen"`
	Enrolled           time.Time `json:"enrolled,omitzero"`
	CertificateExpires time.Time `json:"certificateExpires,omitzero"`
	Revoked            time.Time `json:"revoked,omitzero"`
	// ClockAhead is how far ahead the machine's clock was, in seconds.
	ClockAhead float64          `json:"clockAhead"`
	Declined   []store.Declined `json:"declined,omitempty"`
}

func (a *API) fleet(w http.ResponseWriter, r *http.Request) {
	fleet, err := a.Store.Fleet(r.Context())
	if err != nil {
		a.broken(w, r, err)
		return
	}
	list := make([]machine, 0, len(fleet))
	for _, m := range fleet {
		list = append(list, machine{m.Heartbeat, m.Seen, m.Enrolled, m.Expires, m.Revoked, m.Skew().Seconds(), m.Declined})
	}
	answer(w, http.StatusOK, map[string]any{"machines": list})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The client has gone when this fails; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"error": why})
}
