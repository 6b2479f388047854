package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/trustline/trustline/console/store"
)

// reviewStates are the choices of the form.
var reviewStates = []string{store.StateNew, store.StateInReview, store.StateClosed}

// review is the form about one incident.
type review struct {
	States  []string
	State   string
	Newest  int64  // sequence number of the newest entry about it that was seen
	Comment string // what was typed
	Problem string // message id

	// DestroyProblem and DestroySaid are of the form beside it.
	DestroyProblem, DestroySaid string
}

// addStep keeps what a reviewer says about an incident. Whoever works on it is
// the one who has taken the last step.
func (w *Web) addStep(rw http.ResponseWriter, r *http.Request) {
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	id := r.PathValue("id")
	after, err := strconv.ParseInt(r.PostFormValue("after"), 10, 64)
	comment, sound := reasonOf(r)
	form := review{State: r.PostFormValue("state"), Comment: comment}
	if err != nil || !sound {
		form.Problem = "review.comment-length"
		w.showIncident(rw, r, http.StatusUnprocessableEntity, form)
		return
	}
	err = w.store.AddStep(r.Context(), id, by, store.Step{State: form.State, Assignee: by.Name, Comment: comment}, after, time.Now())
	switch {
	case errors.Is(err, store.ErrChanged):
		form.Problem = "review.changed"
		w.showIncident(rw, r, http.StatusConflict, form)
	case errors.Is(err, store.ErrState):
		form.Problem = "review.state-unknown"
		w.showIncident(rw, r, http.StatusUnprocessableEntity, form)
	case errors.Is(err, store.ErrNotFound):
		w.showIncident(rw, r, http.StatusNotFound, form)
	case err != nil:
		w.broken(rw, r, err)
	default:
		w.Arrived()
		http.Redirect(rw, r, "/incidents/"+id, http.StatusSeeOther)
	}
}
