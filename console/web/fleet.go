package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/uploader/incident"
)

// The states of a machine, in the order of the page: first what somebody has
// to look after.
const (
	silent    = "silent"    // has not been heard of for long
	unguarded = "unguarded" // a medium is not guarded
	declined  = "declined"  // can do less than it could, or runs an older version
	stale     = "stale"     // still runs another policy than the one published a while ago
	late      = "late"      // has missed heartbeats
	ending    = "ending"    // its certificate should have been renewed by now
	warned    = "warned"
	healthy   = "healthy"
	revoked   = "revoked"
)

var states = []string{silent, unguarded, declined, stale, late, ending, warned, healthy, revoked}

// soon is how long before its end a certificate should have been renewed:
// a third of its life less some days for a machine that was switched off.
const soon = 5 * 24 * time.Hour

// settling is how long machines that are heard of may take to run a policy
// that was published.
const settling = 10 * time.Minute

// astray is how far a clock may be off before the page says so.
const astray = 2 * time.Minute

// machine is one row of the fleet page.
type machine struct {
	incident.Heartbeat
	store.Machine
	State  string
	Soon   bool // the certificate runs out soon, or has
	Apart  bool // it runs another policy than the one published
	Ahead  string
	Behind string // its clock; both "" when it is about right
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
		row := machine{Heartbeat: m.Heartbeat, Machine: m, State: stateOf(m, published, now), Soon: runsOut(m, now), Apart: apart(m, published)}
		if skew := m.Skew(); skew > astray {
			row.Ahead = inMinutes(skew)
		} else if skew < -astray {
			row.Behind = inMinutes(-skew)
		}
		byState[row.State] = append(byState[row.State], row)
	}
	list := fleetList{MayAct: administrator(r)}
	for _, state := range states {
		list.Machines = append(list.Machines, byState[state]...)
	}
	w.render(rw, r, http.StatusOK, "fleet", page{Title: "fleet.title", Here: "fleet", Data: list, Partial: partial(r)})
}

// published answers the policy in force, the zero one when none is.
func (w *Web) published(ctx context.Context) (store.Policy, error) {
	newest, err := w.store.Policies(ctx, 0, 1)
	if err != nil || len(newest) == 0 {
		return store.Policy{}, err
	}
	return newest[0], nil
}

func apart(m store.Machine, published store.Policy) bool {
	return published.Version != "" && m.Revoked.IsZero() && m.Heartbeat.Policy != published.Version
}

func inMinutes(d time.Duration) string {
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

func runsOut(m store.Machine, now time.Time) bool {
	return m.Revoked.IsZero() && !m.Expires.IsZero() && m.Expires.Sub(now) < soon
}

func stateOf(m store.Machine, published store.Policy, now time.Time) string {
	switch away := now.Sub(m.Seen); {
	case !m.Revoked.IsZero():
		return revoked
	case away > time.Hour:
		return silent
	case m.Heartbeat.Unguarded > 0:
		return unguarded
	case len(m.Declined) > 0:
		return declined
	case apart(m, published) && now.Sub(published.Issued) > settling:
		return stale
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
	w.carryOut(rw, r, w.store.RevokeMachine)
}

// accept makes what a machine can do now the measure, on the record.
func (w *Web) accept(rw http.ResponseWriter, r *http.Request) {
	w.carryOut(rw, r, w.store.AcceptDecline)
}

// carryOut does to a machine what an administrator decided.
func (w *Web) carryOut(rw http.ResponseWriter, r *http.Request, do func(context.Context, store.Account, string, time.Time) error) {
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	if !administrator(r) {
		w.render(rw, r, http.StatusForbidden, "problem", page{Title: "problem.not-yours", Here: "fleet", Data: "problem.not-yours.text"})
		return
	}
	err := do(r.Context(), by, r.PathValue("id"), time.Now())
	// Done already, perhaps by somebody else: the page shows it.
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		w.broken(rw, r, err)
		return
	}
	http.Redirect(rw, r, "/fleet", http.StatusSeeOther)
}
