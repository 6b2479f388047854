package api

import (
	"crypto/tls"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

// speaker is the machine whose certificate a request came with.
type speaker struct{ id, name string }

// grace is how long after its certificate ran out a machine may still renew
// it: a laptop that lay in a drawer. It may do nothing else.
const grace = 90 * 24 * time.Hour

// speaking lets machines through that show a certificate of this console's
// authority which was given to them and not revoked. Every request is held
// against the store, so that revoking ends open connections as well.
func (a *API) speaking(late time.Duration, next func(http.ResponseWriter, *http.Request, speaker)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || r.TLS.Version < tls.VersionTLS13 || len(r.TLS.PeerCertificates) == 0 {
			refuseMachine(w, http.StatusUnauthorized, enrol.NoCertificate, "machines speak with their certificate: enrol this one (trustline enrol)")
			return
		}
		cert, now := r.TLS.PeerCertificates[0], time.Now()
		id, expired, err := a.Authority.Machine(cert, now)
		if err != nil {
			refuseMachine(w, http.StatusUnauthorized, enrol.Foreign, err.Error())
			return
		}
		name, err := a.Store.Speaks(r.Context(), cert.SerialNumber.Text(16), id)
		switch {
		case errors.Is(err, store.ErrRevoked):
			refuseMachine(w, http.StatusForbidden, enrol.Revoked, "this machine's certificate was revoked")
		case err != nil:
			a.broken(w, r, err)
		case expired && now.After(cert.NotAfter.Add(late)):
			refuseMachine(w, http.StatusUnauthorized, enrol.Expired, "this machine's certificate has run out")
		default:
			next(w, r, speaker{id, name})
		}
	})
}

func refuseMachine(w http.ResponseWriter, status int, code enrol.Code, why string) {
	answer(w, status, enrol.Refusal{Error: why, Code: code})
}

// CodeAnotherMachine is the incident of a machine that spoke for another one.
const CodeAnotherMachine = "another-machine"

// impostor refuses a machine that claims to be another, and makes that an
// incident of the machine that did it.
func (a *API) impostor(w http.ResponseWriter, r *http.Request, who speaker, claimed string) {
	a.report(r, who, claimed)
	refuseMachine(w, http.StatusForbidden, enrol.AnotherMachine, "a machine may speak only for itself")
}

// report keeps the incident; a machine that goes on is reported ever more seldom.
func (a *API) report(r *http.Request, who speaker, claimed string) {
	if uuid.Validate(claimed) != nil {
		claimed = "-"
	}
	now := time.Now()
	a.Log.Warn("a machine speaks for another one", "machine", who.id, "claimed", claimed)
	if a.impostors.Try(who.id, now) > 0 {
		return
	}
	i, err := incident.New(incident.Agent, now)
	if err == nil {
		i.Severity, i.Code = incident.High, CodeAnotherMachine
		i.Machine = incident.Machine{ID: who.id, Name: who.name}
		i.Detail = map[string]string{"claimed": claimed}
		_, err = a.Store.AddIncidents(r.Context(), []incident.Incident{i}, now)
	}
	if err != nil {
		a.Log.Error("incident is not recorded", "code", CodeAnotherMachine, "error", err)
		return
	}
	if a.Arrived != nil {
		a.Arrived()
	}
}
