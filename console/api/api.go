// Package api is what programs talk to the console by: agents send incidents
// and heartbeats, scripts read. Every request carries a token; what a token may
// do depends on its kind. It renders nothing and keeps no session.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/uploader/incident"
)

// API answers requests under /api/v1/.
type API struct {
	Store *store.Store
	Log   *slog.Logger
	// Arrived is called after incidents were stored that were not there before.
	Arrived func()

	ingesting chan struct{}
}

// maxIngesting bounds how many batches are in memory at once; more are asked
// to come back, and wait in their agents' spools.
const maxIngesting = 8

// Handler answers the API's routes.
func (a *API) Handler() http.Handler {
	a.ingesting = make(chan struct{}, maxIngesting)
	mux := http.NewServeMux()
	mux.Handle("POST "+incident.IngestPath, a.only(store.TokenAgent, a.ingest))
	mux.Handle("POST "+incident.HeartbeatPath, a.only(store.TokenAgent, a.beat))
	mux.Handle("GET /api/v1/incidents", a.only(store.TokenAPI, a.list))
	mux.Handle("GET /api/v1/incidents/{id}", a.only(store.TokenAPI, a.one))
	mux.Handle("GET /api/v1/fleet", a.only(store.TokenAPI, a.fleet))
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, "there is no such address in the API")
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
	a.Log.Error("request failed", "path", r.URL.Path, "error", err)
	fail(w, http.StatusInternalServerError, "something went wrong on the console; its log says what")
}

func tooBusy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	fail(w, http.StatusServiceUnavailable, "the console is busy; try again later")
}

func (a *API) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit := 50
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > store.MaxPage {
			fail(w, http.StatusBadRequest, "limit: a number from 1 to 500")
			return
		}
		limit = n
	}
	f := store.Filter{
		Channel: q.Get("channel"), Action: q.Get("action"), Severity: q.Get("severity"), Person: q.Get("person"),
		Machine: q.Get("machine"), Rule: q.Get("rule"), Outcome: q.Get("outcome"), Kind: q.Get("kind"), Text: q.Get("q"),
	}
	for name, at := range map[string]*time.Time{"since": &f.Since, "until": &f.Until} {
		if s := q.Get(name); s != "" {
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				fail(w, http.StatusBadRequest, name+": a time such as 2026-11-23T08:00:00Z")
				return
			}
			*at = t
		}
	}
	page, err := a.Store.Incidents(r.Context(), f, limit, q.Get("cursor"))
	switch {
	case errors.Is(err, store.ErrCursor):
		fail(w, http.StatusBadRequest, "cursor: use the one of the page before, unchanged")
	case err != nil:
		a.broken(w, r, err)
	default:
		answer(w, http.StatusOK, struct {
			Incidents []incident.Incident `json:"incidents"`
			Next      string              `json:"next,omitempty"`
		}{page.Incidents, page.Next})
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
	LastSeen time.Time `json:"lastSeen"`
}

func (a *API) fleet(w http.ResponseWriter, r *http.Request) {
	fleet, err := a.Store.Fleet(r.Context())
	if err != nil {
		a.broken(w, r, err)
		return
	}
	list := make([]machine, 0, len(fleet))
	for _, m := range fleet {
		list = append(list, machine{m.Heartbeat, m.Seen})
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
