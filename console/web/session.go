package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trustline/trustline/console/account"
	"github.com/trustline/trustline/console/store"
)

// accountKey is where a session keeps who is signed in.
const accountKey = "account"

type contextKey struct{}

// userName answers who is signed in, "" for nobody.
func userName(ctx context.Context) string {
	a, _ := ctx.Value(contextKey{}).(store.Account)
	return a.Name
}

// signedIn lets only people through who have signed in.
func (w *Web) signedIn(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id := w.sessions.GetString(r.Context(), accountKey)
		a, err := w.store.AccountByID(r.Context(), id)
		switch {
		case id == "" || errors.Is(err, store.ErrNotFound) || err == nil && w.sessions.GetString(r.Context(), passwordKey) != under(a):
			if r.Header.Get("HX-Request") != "" {
				rw.Header().Set("HX-Redirect", "/login")
				rw.WriteHeader(http.StatusUnauthorized)
				return
			}
			http.Redirect(rw, r, "/login", http.StatusSeeOther)
		case err != nil:
			w.broken(rw, r, err)
		default:
			next(rw, r.WithContext(context.WithValue(r.Context(), contextKey{}, a)))
		}
	})
}

// form is what a sign-in page shows again after a mistake.
type form struct {
	Name, Problem string
	Wait          int // seconds
	Least         int // characters of a password
}

func (w *Web) login(rw http.ResponseWriter, r *http.Request) {
	w.render(rw, r, http.StatusOK, "login", page{Title: "login.title", Data: form{}})
}

func (w *Web) signIn(rw http.ResponseWriter, r *http.Request) {
	name, password := strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("password")
	// By name and by address: neither one account nor many can be guessed at
	// from one place, and nobody can lock somebody else out from another.
	from := address(r)
	key, now := name+"\x00"+from, time.Now()
	if wait := w.byName.Try(key, now); wait > 0 {
		w.refuseFor(rw, r, name, wait)
		return
	}
	if wait := w.byAddress.Try(from, now); wait > 0 {
		w.byName.Undo(key)
		w.refuseFor(rw, r, name, wait)
		return
	}
	a, err := w.store.Account(r.Context(), name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		w.broken(rw, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), passwordPatience)
	defer cancel()
	right, err := w.passwords.Check(ctx, a.Password, password)
	switch {
	case err != nil:
		w.refuseFor(rw, r, name, passwordPatience)
	case !right:
		w.render(rw, r, http.StatusUnauthorized, "login", page{Title: "login.title", Data: form{Name: name, Problem: "login.wrong"}})
	default:
		w.byName.Forget(key)
		w.byAddress.Undo(from)
		w.enter(rw, r, a)
	}
}

// passwordPatience bounds the wait for one's turn to have a password hashed.
const passwordPatience = 10 * time.Second

// refuseFor asks somebody who signs in to come back later.
func (w *Web) refuseFor(rw http.ResponseWriter, r *http.Request, name string, wait time.Duration) {
	f := form{Name: name, Problem: "login.wait", Wait: int(wait/time.Second) + 1}
	rw.Header().Set("Retry-After", strconv.Itoa(f.Wait))
	w.render(rw, r, http.StatusTooManyRequests, "login", page{Title: "login.title", Data: f})
}

// enter lets somebody in who has shown who they are, on the record.
func (w *Web) enter(rw http.ResponseWriter, r *http.Request, a store.Account) {
	if err := w.store.RecordSignIn(r.Context(), a, time.Now()); err != nil {
		w.broken(rw, r, err)
		return
	}
	if err := w.begin(r, a); err != nil {
		w.broken(rw, r, err)
		return
	}
	http.Redirect(rw, r, "/incidents", http.StatusSeeOther)
}

// begin begins a session under a new token: one that was known before is void.
func (w *Web) begin(r *http.Request, a store.Account) error {
	if err := w.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	w.sessions.Put(r.Context(), accountKey, a.ID)
	w.sessions.Put(r.Context(), passwordKey, under(a))
	return nil
}

func (w *Web) signOut(rw http.ResponseWriter, r *http.Request) {
	if err := w.sessions.Destroy(r.Context()); err != nil {
		w.broken(rw, r, err)
		return
	}
	http.Redirect(rw, r, "/login", http.StatusSeeOther)
}

func (w *Web) setup(rw http.ResponseWriter, r *http.Request) {
	ok, err := w.store.CheckSetup(r.Context(), r.PathValue("secret"), time.Now())
	switch {
	case err != nil:
		w.broken(rw, r, err)
	case !ok:
		w.setupGone(rw, r)
	default:
		w.render(rw, r, http.StatusOK, "setup", page{Title: "setup.title", Data: form{Least: account.MinPassword}})
	}
}

func (w *Web) setUp(rw http.ResponseWriter, r *http.Request) {
	name, password := strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("password")
	again := func(problem string) {
		w.render(rw, r, http.StatusUnprocessableEntity, "setup", page{Title: "setup.title", Data: form{Name: name, Problem: problem, Least: account.MinPassword}})
	}
	// Before the work of hashing is done for somebody with a wrong link.
	if ok, err := w.store.CheckSetup(r.Context(), r.PathValue("secret"), time.Now()); err != nil || !ok {
		w.setupGone(rw, r)
		return
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > 64 {
		again("setup.name-length")
		return
	}
	if password != r.PostFormValue("again") {
		again("setup.differ")
		return
	}
	hash, err := w.passwords.Hash(r.Context(), password)
	if err != nil {
		again("setup.password-length")
		return
	}
	a, err := w.store.UseSetup(r.Context(), r.PathValue("secret"), store.Account{Name: name, Password: hash}, time.Now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		w.setupGone(rw, r)
	case err != nil:
		w.broken(rw, r, err)
	default:
		w.enter(rw, r, a)
	}
}

func (w *Web) setupGone(rw http.ResponseWriter, r *http.Request) {
	w.render(rw, r, http.StatusGone, "problem", page{Title: "setup.gone", Data: "setup.gone.text"})
}

func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
