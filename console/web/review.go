package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
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

// addSteps takes the same step about the incidents picked in a list: an alarm
// that was false fifty times is closed with one reason. What somebody else has
// touched since the list was drawn stays as it is.
func (w *Web) addSteps(rw http.ResponseWriter, r *http.Request) {
	by, _ := r.Context().Value(contextKey{}).(store.Account)
	comment, sound := reasonOf(r)
	seen, err := strconv.ParseInt(r.PostFormValue("seen"), 10, 64)
	picked := slices.Compact(slices.Sorted(slices.Values(r.PostForm["id"])))
	said := ""
	switch {
	case !sound:
		said = "review.comment-length"
	case err != nil || len(picked) == 0 || len(picked) > store.MaxPage:
		said = "review.none-picked"
	}
	var done picks
	if said == "" {
		var taken int
		taken, err = w.store.AddSteps(r.Context(), picked, by, store.Step{State: r.PostFormValue("state"), Assignee: by.Name, Comment: comment}, seen, time.Now())
		switch {
		case errors.Is(err, store.ErrState):
			said = "review.state-unknown"
		case err != nil:
			w.broken(rw, r, err)
			return
		default:
			done = picks{taken, len(picked) - taken}
			w.Arrived()
		}
	}
	w.sessions.Put(r.Context(), picksKey, fmt.Sprintf("%s %d %d", cmp.Or(said, "review.picked"), done.Taken, done.Left))
	backTo(rw, r)
}

// picksKey is where a session keeps, until the list is shown again, what has
// come of the incidents picked in it.
const picksKey = "picks"

// picks is what has come of several incidents.
type picks struct{ Taken, Left int }

// pickedSaid answers, once, what has come of the incidents picked: a message id
// and its numbers.
func (w *Web) pickedSaid(r *http.Request) (said string, done picks) {
	_, _ = fmt.Sscanf(w.sessions.PopString(r.Context(), picksKey), "%s %d %d", &said, &done.Taken, &done.Left)
	return said, done
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
