package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/uploader/incident"
)

// The states of a machine, in the order of the page: first what somebody has
// to look after.
const (
	silent    = "silent"    // has not been heard of for long
	unguarded = "unguarded" // a medium is not guarded
	late      = "late"      // has missed heartbeats
	ending    = "ending"    // its certificate should have been renewed by now
	warned    = "warned"
	healthy   = "healthy"
	revoked   = "revoked"
)

var states = []string{silent, unguarded, late, ending, warned, healthy, revoked}

// soon is how long before its end a certificate should have been renewed:
// a third of its life less some days for a machine that was switched off.
const soon = 5 * 24 * time.Hour

// machine is one row of the fleet page.
type machine struct {
	incident.Heartbeat
	store.Machine
	State string
	Soon  bool // the certificate runs out soon, or has
	Apart bool // it runs another policy than the one published
}

// fleetList is the fleet, and whether whoever looks may change it.
type fleetList struct {
	Machines []machine
	MayAct   bool
}

func (w *Web) fleet(rw http.ResponseWriter, r *http.Request) {
	all, err := w.store.Fleet(r.Context())
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	published, err := w.published(r.Context())
	if err != nil {
		w.broken(rw, r, err)
		return
	}
	byState, now := map[string][]machine{}, time.Now()
	for _, m := range all {
		state := stateOf(m, now)
		byState[state] = append(byState[state], machine{m.Heartbeat, m, state, runsOut(m, now), apart(m, published)})
	}
	list := fleetList{MayAct: administrator(r)}
	for _, state := range states {
		list.Machines = append(list.Machines, byState[state]...)
	}
	w.render(rw, r, http.StatusOK, "fleet", page{Title: "fleet.title", Here: "fleet", Data: list, Partial: partial(r)})
}

// published answers the version of the policy in force, "" when none is.
func (w *Web) published(ctx context.Context) (string, error) {
	newest, err := w.store.Policies(ctx, 0, 1)
	if err != nil || len(newest) == 0 {
		return "", err
	}
	return newest[0].Version, nil
}

func apart(m store.Machine, published string) bool {
	return published != "" && m.Revoked.IsZero() && m.Heartbeat.Policy != published
}

func runsOut(m store.Machine, now time.Time) bool {
	return m.Revoked.IsZero() && !m.Expires.IsZero() && m.Expires.Sub(now) < soon
}

func stateOf(m store.Machine, now time.Time) string {
	switch away := now.Sub(m.Seen); {
	case !m.Revoked.IsZero():
		return revoked
	case away > time.Hour:
		return silent
	case m.Heartbeat.Unguarded > 0:
		return unguarded
	case away > 3*time.Minute:
		return late
	case runsOut(m, now):
		return ending
	}
	for _, w := range m.Heartbeat.Warnings {
		if w.Severity != incident.Low {
			return warned
		}
	}
	return healthy
}

func administrator(r *http.Request) bool {
	a, _ := r.Context().Value(contextKey{}).(store.Account)
	return a.Role == store.RoleAdministrator
}

// revoke takes a machine's voice away, at once and on the record.
func (w *Web) revoke(rw http.ResponseWriter, r *http.Request) {
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	if !administrator(r) {
		w.render(rw, r, http.StatusForbidden, "problem", page{Title: "problem.not-yours", Here: "fleet", Data: "problem.not-yours.text"})
		return
	}
	err := w.store.RevokeMachine(r.Context(), by, r.PathValue("id"), time.Now())
	// Done already, perhaps by somebody else: the page shows it.
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		w.broken(rw, r, err)
		return
	}
	http.Redirect(rw, r, "/fleet", http.StatusSeeOther)
}
