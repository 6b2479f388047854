// Package web is what people see of the console: server-rendered pages in zh
// and en, for keyboard and mouse, light and dark. What somebody does on them goes
// to the store, which records it; the package itself keeps nothing but sessions.
package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/trustline/trustline/console/account"
	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
)

//go:embed templates static messages
var files embed.FS

// Config is what the pages need. Store, Signer and Log are required.
type Config struct {
	Store  *store.Store
	Signer *signer.Signer // of policies and approvals
	// Changed is called when machines are to be told something.
	Changed func()
	// SecondFrom is from how many people on an approval takes two accounts; 0:
	// the usual number.
	SecondFrom int
	// SecondLevel is the level of data from which on an approval takes two
	// accounts, for however few people; 0: none does.
	SecondLevel rules.Level
	Log         *slog.Logger
}

// SecondFrom is the usual number of people from which on an approval takes two
// accounts.
const SecondFrom = 1000

// Web serves the pages.
type Web struct {
	config    Config
	codes     *account.Brake
	store     *store.Store
	log       *slog.Logger
	catalog   *message.Catalog
	templates map[string]*template.Template
	sessions  *scs.SessionManager
	passwords *account.Passwords
	byName    *account.Brake
	byAddress *account.Brake
	live      *live
}

const (
	sessionIdle  = 2 * time.Hour
	sessionTotal = 12 * time.Hour
)

// New prepares the pages.
func New(c Config) (*Web, error) {
	if c.Changed == nil {
		c.Changed = func() {}
	}
	if c.SecondFrom == 0 {
		c.SecondFrom = SecondFrom
	}
	w := &Web{
		config: c, store: c.Store, log: c.Log, live: newLive(), codes: account.NewBrake(20),
		passwords: account.NewPasswords(2), byName: account.NewBrake(5), byAddress: account.NewBrake(30),
	}
	var err error
	if w.catalog, err = message.Load(files); err != nil {
		return nil, err
	}
	if w.templates, err = parse(); err != nil {
		return nil, err
	}
	w.sessions = scs.New()
	w.sessions.Store = store.Sessions{Store: c.Store}
	w.sessions.Lifetime, w.sessions.IdleTimeout = sessionTotal, sessionIdle
	w.sessions.Cookie.Name = "__Host-trustline"
	w.sessions.Cookie.Secure, w.sessions.Cookie.HttpOnly = true, true
	w.sessions.Cookie.SameSite = http.SameSiteStrictMode
	w.sessions.Cookie.Persist = false
	w.sessions.ErrorFunc = func(rw http.ResponseWriter, r *http.Request, err error) { w.broken(rw, r, err) }
	return w, nil
}

// Arrived tells every open page that there is something new.
func (w *Web) Arrived() { w.live.arrived() }

// Close ends the open event streams, so that the server can stop.
func (w *Web) Close() { w.live.close() }

// Handler answers the routes of the pages.
func (w *Web) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", static())
	mux.HandleFunc("GET /login", w.login)
	mux.HandleFunc("POST /login", w.signIn)
	mux.HandleFunc("GET /setup/{secret}", w.setup)
	mux.HandleFunc("POST /setup/{secret}", w.setUp)
	mux.HandleFunc("POST /language", w.chooseLanguage)
	mux.Handle("GET /record", w.signedIn(w.record))
	mux.Handle("GET /account", w.signedIn(w.own))
	mux.Handle("POST /account", w.signedIn(w.changePassword))
	mux.Handle("POST /logout", w.signedIn(w.signOut))
	mux.Handle("GET /{$}", w.signedIn(func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/incidents", http.StatusSeeOther) }))
	mux.Handle("GET /incidents", w.signedIn(w.incidents))
	mux.Handle("GET /incidents/{id}", w.signedIn(w.incident))
	mux.Handle("GET /fleet", w.signedIn(w.fleet))
	mux.Handle("POST /fleet/{id}/revoke", w.signedIn(w.revoke))
	mux.Handle("POST /fleet/{id}/accept", w.signedIn(w.accept))
	mux.Handle("POST /incidents/review", w.signedIn(w.addSteps))
	mux.Handle("POST /incidents/{id}/review", w.signedIn(w.addStep))
	w.policyRoutes(mux)
	w.approvalRoutes(mux)
	w.discoveryRoutes(mux)
	mux.Handle("GET /events", w.signedIn(w.events))
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		w.render(rw, r, http.StatusNotFound, "problem", page{Title: "problem.not-found", Data: "problem.not-found.text"})
	})
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.render(rw, r, http.StatusForbidden, "problem", page{Title: "problem.forged", Data: "problem.forged.text"})
	}))
	return secured(csrf.Handler(w.withSession(mux)))
}

// withSession gives requests their session. What a page does by itself, being
// told of news and drawing its list anew, is no use of the session: a page
// left open ends like any other.
func (w *Web) withSession(next http.Handler) http.Handler {
	used := w.sessions.LoadAndSave(next)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/events" && r.Header.Get("X-Background") == "" {
			used.ServeHTTP(rw, r)
			return
		}
		token := ""
		if c, err := r.Cookie(w.sessions.Cookie.Name); err == nil {
			token = c.Value
		}
		ctx, err := w.sessions.Load(r.Context(), token)
		if err != nil {
			w.sessions.ErrorFunc(rw, r, err)
			return
		}
		next.ServeHTTP(rw, r.WithContext(ctx))
	})
}

// secured sets the headers that keep pages to themselves.
func secured(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Strict-Transport-Security", "max-age=31536000")
		h.Set("Cache-Control", "no-store")
		limit := int64(64 << 10)
		if r.URL.Path == "/policy" || r.URL.Path == "/policy/check" {
			limit = 3*store.MaxPolicy + limit // as a form has it
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

func static() http.Handler {
	sub, err := fs.Sub(files, "static")
	if err != nil {
		return http.NotFoundHandler()
	}
	serve := http.StripPrefix("/static/", http.FileServerFS(sub))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		serve.ServeHTTP(w, r)
	})
}

// broken answers an error of ours without saying what it was.
func (w *Web) broken(rw http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	w.log.Error("page failed", "path", pathWithoutSecret(r), "error", err)
	w.render(rw, r, http.StatusInternalServerError, "problem", page{Title: "problem.broken", Data: "problem.broken.text"})
}

func pathWithoutSecret(r *http.Request) string {
	if r.PathValue("secret") != "" {
		return "/setup/…"
	}
	return r.URL.Path
}

func parse() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	for _, name := range []string{"login", "setup", "incidents", "incident", "fleet", "approvals", "approval", "codes", "discovery", "check", "check-new", "policy", "policy-old", "own", "record", "problem"} {
		t, err := template.New("base.html").Funcs(functions()).ParseFS(files, "templates/base.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read the page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}
