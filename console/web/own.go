package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/trustline/trustline/console/account"
	"github.com/trustline/trustline/console/store"
)

// passwordKey is where a session keeps under which password it began: with the
// password all sessions of an account end but the one in which it is changed.
const passwordKey = "password"

// under answers what a session keeps of a password's hash. Nothing can be
// learnt from it about the password.
func under(a store.Account) string {
	sum := sha256.Sum256([]byte(a.Password))
	return hex.EncodeToString(sum[:])
}

// ownData is what the page of one's own account shows.
type ownData struct {
	Role, Problem string
	Wait, Least   int // seconds, characters
	Changed       bool
	MayRead       bool // the record
}

func (w *Web) own(rw http.ResponseWriter, r *http.Request) {
	w.showOwn(rw, r, http.StatusOK, ownData{})
}

func (w *Web) showOwn(rw http.ResponseWriter, r *http.Request, status int, d ownData) {
	a, _ := r.Context().Value(contextKey{}).(store.Account)
	d.Role, d.Least, d.MayRead = a.Role, account.MinPassword, administrator(r)
	w.render(rw, r, status, "own", page{Title: "own.title", Here: "own", Data: d})
}

// changePassword gives an account a new password to somebody who knows the old
// one: an unattended screen is not enough. Guessing is braked as at the door.
func (w *Web) changePassword(rw http.ResponseWriter, r *http.Request) {
	a, _ := r.Context().Value(contextKey{}).(store.Account)
	refuse := func(status int, problem string) { w.showOwn(rw, r, status, ownData{Problem: problem}) }
	key := a.Name + "\x00" + address(r)
	if wait := w.byName.Try(key, time.Now()); wait > 0 {
		d := ownData{Problem: "login.wait", Wait: int(wait/time.Second) + 1}
		rw.Header().Set("Retry-After", strconv.Itoa(d.Wait))
		w.showOwn(rw, r, http.StatusTooManyRequests, d)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordPatience)
	defer cancel()
	right, err := w.passwords.Check(ctx, a.Password, r.PostFormValue("old"))
	switch {
	case err != nil:
		refuse(http.StatusServiceUnavailable, "own.busy")
		return
	case !right:
		refuse(http.StatusUnprocessableEntity, "own.wrong")
		return
	}
	w.byName.Forget(key)
	fresh := r.PostFormValue("password")
	if fresh != r.PostFormValue("again") {
		refuse(http.StatusUnprocessableEntity, "setup.differ")
		return
	}
	hash, err := w.passwords.Hash(ctx, fresh)
	switch {
	case errors.Is(err, account.ErrPassword):
		refuse(http.StatusUnprocessableEntity, "setup.password-length")
		return
	case err != nil:
		refuse(http.StatusServiceUnavailable, "own.busy")
		return
	}
	before := a.Password
	a.Password = hash
	if err := w.store.SetPassword(r.Context(), a, a, before, time.Now()); err != nil {
		w.broken(rw, r, err) // changed or ended at the same time somewhere else
		return
	}
	if err := w.begin(r, a); err != nil {
		w.broken(rw, r, err)
		return
	}
	w.showOwn(rw, r, http.StatusOK, ownData{Changed: true})
}
