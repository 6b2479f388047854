package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/trustline/trustline/console/store"
)

// destruction is where destroying the file of an incident stands.
type destruction struct {
	Offered   bool        // the record is of a file that can be told apart
	Last      *store.Task // the newest that was ordered, nil for none
	TwoNeeded bool        // it takes a second account
	Mine      bool        // whoever looks has ordered it already
	Problem   string      // message id
	Said      string      // what was typed
}

// May tells whether it can be ordered, or agreed to, now.
func (d destruction) May() bool {
	return d.Last == nil || d.Last.State != store.TaskOpen && d.Last.State != store.TaskDone
}

// destructionOf answers where destroying the file of an incident stands.
func (w *Web) destructionOf(r *http.Request, i *store.Item) (d destruction, err error) {
	if d.Offered = store.Destructible(&i.Incident); !d.Offered {
		return d, nil
	}
	all, err := w.store.TasksAbout(r.Context(), i.ID)
	if n := len(all); n > 0 {
		d.Last = &all[n-1]
	}
	half := d.Last != nil && d.Last.State == store.TaskHalf
	d.TwoNeeded = store.Weight(&i.Incident) >= w.config.SecondFrom || half
	d.Mine = half && d.Last.By[0] == userName(r.Context())
	return d, err
}

// usualDays is how long a machine may take to come back and destroy a file.
const usualDays = 7

// destroy orders that the file of an incident is destroyed, agrees to that, or
// takes it back.
func (w *Web) destroy(rw http.ResponseWriter, r *http.Request) {
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	id := r.PathValue("id")
	reason, sound := reasonOf(r)
	if !sound || reason == "" {
		w.showDestruction(rw, r, http.StatusUnprocessableEntity, "destroy.needs-reason")
		return
	}
	var err error
	switch r.PostFormValue("do") {
	case "destroy":
		_, err = w.store.OrderDestruction(r.Context(), w.config.Signer.Key(), by, id, reason, usualDays, w.config.SecondFrom, time.Now())
	case "withdraw":
		err = w.store.WithdrawDestruction(r.Context(), by, id, reason, time.Now())
	default:
		w.showDestruction(rw, r, http.StatusBadRequest, "approval.nothing")
		return
	}
	switch {
	case errors.Is(err, store.ErrSamePerson):
		w.showDestruction(rw, r, http.StatusConflict, "destroy.same-person")
	case errors.Is(err, store.ErrChanged):
		w.showDestruction(rw, r, http.StatusConflict, "destroy.changed")
	case errors.Is(err, store.ErrNotAtRest):
		w.showDestruction(rw, r, http.StatusUnprocessableEntity, "destroy.not-at-rest")
	case errors.Is(err, store.ErrNotFound):
		w.showDestruction(rw, r, http.StatusNotFound, "")
	case err != nil:
		w.broken(rw, r, err)
	default:
		w.config.Changed()
		w.Arrived()
		http.Redirect(rw, r, "/incidents/"+id, http.StatusSeeOther)
	}
}

func (w *Web) showDestruction(rw http.ResponseWriter, r *http.Request, status int, problem string) {
	w.showIncident(rw, r, status, review{DestroyProblem: problem, DestroySaid: r.PostFormValue("reason")})
}
