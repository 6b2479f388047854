package employee

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"golang.org/x/net/netutil"
)

// Bounds on what browsers and whoever else finds the port can ask of us.
const (
	maxBody        = 64 << 10
	maxHeader      = 16 << 10
	maxConnections = 32
	readHeader     = 5 * time.Second
	readAll        = 15 * time.Second
	answering      = 12 * time.Minute // a masked copy of a large file takes its time
	keepAlive      = time.Minute
	closing        = 2 * time.Second
)

const cookieName = "trustline-page"

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: readHeader, ReadTimeout: readAll, WriteTimeout: answering, IdleTimeout: keepAlive,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// bounded takes so many connections at a time, and only those of the person we
// run as, as far as the system tells.
func bounded(l net.Listener) net.Listener {
	return netutil.LimitListener(own{l}, maxConnections)
}

// own hangs up on connections of other people at this machine: an address with
// its token can be seen in the list of processes while a browser is started.
type own struct{ net.Listener }

func (o own) Accept() (net.Conn, error) {
	for {
		conn, err := o.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if err := isOwn(conn); err == nil || errors.Is(err, errors.ErrUnsupported) {
			return conn, nil
		}
		_ = conn.Close() // there is nothing to say to them
	}
}

// handler answers requests to this address and no other name of it.
func (p *Page) handler(address string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", p.style)
	mux.HandleFunc("GET /enter/{token}", p.enter)
	mux.HandleFunc("GET /{$}", p.signedIn(p.history))
	mux.HandleFunc("GET /company", p.signedIn(p.showCompany))
	mux.HandleFunc("GET /case/{id}", p.signedIn(p.showCase))
	mux.HandleFunc("GET /case/{id}/{way}", p.signedIn(p.showForm))
	mux.HandleFunc("POST /case/{id}/{way}", p.signedIn(p.submit))
	mux.HandleFunc("GET /sent/{form}", p.signedIn(p.showSent))
	mux.HandleFunc("/", p.signedIn(func(w http.ResponseWriter, _ *http.Request, _ *session) {
		p.problem(w, http.StatusNotFound, "no-page")
	}))
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { p.problem(w, http.StatusForbidden, "foreign") }))
	return p.guarded(address, crossOrigin.Handler(mux))
}

// guarded refuses what is not meant for us: another Host is somebody else's
// name that was pointed at this machine, another Origin somebody else's page.
func (p *Page) guarded(address string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// With no-referrer browsers send "Origin: null" with our own forms.
		// This tells other sites as little.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case r.Host != address:
			http.Error(w, http.StatusText(http.StatusMisdirectedRequest), http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodPost:
			h.Set("Allow", "GET, POST")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		case r.Method == http.MethodPost && (len(r.Header.Values("Origin")) != 1 || r.Header.Get("Origin") != "http://"+address):
			p.problem(w, http.StatusForbidden, "foreign")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			next.ServeHTTP(w, r)
		}
	})
}

// signedIn lets in who has a session.
func (p *Page) signedIn(show func(http.ResponseWriter, *http.Request, *session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(cookieName)
		if err == nil {
			if s := p.entrance.find(c.Value); s != nil {
				show(w, r, s)
				return
			}
		}
		p.problem(w, http.StatusUnauthorized, "over")
	}
}

// caseID is what the id of a case looks like; nothing else becomes part of an
// address.
var caseID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// link answers the address that lets in with a token.
func link(address, token, id, way string) string {
	to := url.Values{}
	if caseID.MatchString(id) {
		to.Set("to", id)
		if known(way) {
			to.Set("way", way)
		}
	}
	u := url.URL{Scheme: "http", Host: address, Path: "/enter/" + token, RawQuery: to.Encode()}
	return u.String()
}

// enter turns a token into a session, and goes where the link leads.
func (p *Page) enter(w http.ResponseWriter, r *http.Request) {
	cookie := ""
	if c, err := r.Cookie(cookieName); err == nil {
		cookie = c.Value
	}
	secret, a := p.entrance.enter(r.PathValue("token"), cookie)
	switch a {
	case tooMany:
		w.Header().Set("Retry-After", fmt.Sprint(int(failuresFor.Seconds())))
		p.problem(w, http.StatusTooManyRequests, "over")
		return
	case refused:
		p.problem(w, http.StatusForbidden, "over")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	to := "/"
	if id := r.URL.Query().Get("to"); caseID.MatchString(id) {
		to = "/case/" + id
		if way := r.URL.Query().Get("way"); known(way) {
			to += "/" + way
		}
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// ask asks the service, for as long as the person waits.
func (p *Page) ask(ctx context.Context, about string, body, into any) error {
	if err := p.service.Ask(ctx, about, body, into); err != nil {
		return fmt.Errorf("ask about %s: %w", about, err)
	}
	return nil
}
