package uploader

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

func newClient(t testing.TB, url, pin string) *Client {
	t.Helper()
	c, err := NewClient(Config{URL: url, Pin: pin, Version: "1", Certificate: shows(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func newIncident(t testing.TB, severity incident.Severity, file string) incident.Incident {
	t.Helper()
	i, err := incident.New(incident.Activity, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	i.Severity, i.Machine, i.Channel = severity, incident.Machine{ID: machineName, Name: "pc", OS: "linux"}, "removable-media"
	i.File.Name = file
	i.Decision = incident.Decision{Action: "block", Rule: "r", Outcome: incident.Prevented}
	return i
}

func TestPinDecidesWhoIsTheConsole(t *testing.T) {
	console, other := startConsole(t), startConsole(t)
	// Both have httptest's certificate: give one a key of its own.
	own := httptest.NewUnstartedServer(console.Config.Handler)
	own.TLS = &tls.Config{Certificates: []tls.Certificate{freshCertificate(t)}}
	own.StartTLS()
	defer own.Close()

	batch := []incident.Incident{newIncident(t, incident.High, "a")}
	for _, c := range []struct {
		what, url, pin string
		ok             bool
	}{
		{"the pinned one", console.URL, console.pin(), true},
		{"one of two pinned", console.URL, pinOf(own) + "; " + console.pin(), true},
		{"another's pin", own.URL, other.pin(), false},
		{"no authority vouches and no pin", console.URL, "", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := newClient(t, c.url, c.pin).Send(t.Context(), batch)
			if (err == nil) != c.ok {
				t.Fatalf("got %v", err)
			}
			if c.pin != "" && !c.ok && !errors.Is(err, ErrPin) {
				t.Errorf("does not say it is the pin: %v", err)
			}
		})
	}
	if _, asked, _, _ := console.count(); asked != 2 {
		t.Errorf("%d requests arrived, want 2: nothing goes to one that is not trusted", asked)
	}
}

func TestPinHoldsOnResumedSessions(t *testing.T) {
	console := startConsole(t)
	c := newClient(t, console.URL, console.pin())
	transport := c.http.Transport.(*http.Transport)
	transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	checks := 0
	verify := transport.TLSClientConfig.VerifyConnection
	resumed := false
	transport.TLSClientConfig.VerifyConnection = func(s tls.ConnectionState) error {
		checks++
		resumed = resumed || s.DidResume
		return verify(s)
	}
	for range 3 {
		if _, err := c.Send(t.Context(), []incident.Incident{newIncident(t, incident.High, "a")}); err != nil {
			t.Fatal(err)
		}
		c.Close() // the next request connects anew
	}
	if checks != 3 || !resumed {
		t.Errorf("%d checks for 3 connections, resumed %v", checks, resumed)
	}
}

func TestOnlyTLS13(t *testing.T) {
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS12}
	old.StartTLS()
	defer old.Close()
	_, err := newClient(t, old.URL, pinOf(old)).Send(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("got %v", err)
	}
}

func TestBadConfigurationSaysWhatToWrite(t *testing.T) {
	for _, c := range []struct{ url, pin, want string }{
		{"http://console", "", "console.url"},
		{"console:8443", "", "console.url"},
		{"https://", "", "console.url"},
		{"https://user:secret@console", "", "console.url"},
		{"https://console", "sha256//short", "console.pin"},
		{"https://console", "md5//AAAA", "console.pin"},
		{"https://console", console64 + ";", "console.pin"},
	} {
		_, err := NewClient(Config{URL: c.url, Pin: c.pin})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s %s: %v", c.url, c.pin, err)
		}
	}
}

const console64 = pinPrefix + "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

func TestNothingGoesElsewhere(t *testing.T) {
	asked := make(chan struct{}, 1)
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	defer elsewhere.Close()
	console := startConsole(t)
	console.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		return true
	}
	_, err := newClient(t, console.URL, console.pin()).Send(t.Context(), nil)
	var status *StatusError
	if !errors.As(err, &status) || status.Code != http.StatusTemporaryRedirect || !strings.Contains(err.Error(), "console.url") {
		t.Errorf("got %v", err)
	}
	select {
	case <-asked:
		t.Error("the batch went elsewhere")
	default:
	}
}

func TestWithoutACertificateNothingIsSent(t *testing.T) {
	console := startConsole(t)
	none := errors.New("not enrolled")
	refused := 0
	held, mine := none, freshCertificate(t)
	c, err := NewClient(Config{URL: console.URL, Pin: console.pin(), Certificate: func() (*tls.Certificate, error) { return &mine, held }, Refused: func(enrol.Code) { refused++ }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Send(t.Context(), nil); !errors.Is(err, none) {
		t.Errorf("got %v", err)
	}
	if err := c.Beat(t.Context(), incident.Heartbeat{}); !errors.Is(err, none) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Renew(t.Context(), enrol.Renewal{}); !errors.Is(err, none) {
		t.Errorf("got %v", err)
	}
	// Enrolling needs none; this console does not know how.
	if _, err := c.Enrol(t.Context(), enrol.Request{}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v", err)
	}
	if _, asked, _, beats := console.count(); asked+beats != 0 || refused != 0 {
		t.Errorf("%d requests arrived", asked+beats)
	}
	// The connection without one is still open: the console refuses, the next
	// connection shows the certificate there is by then.
	held = nil
	var status *StatusError
	if _, err := c.Send(t.Context(), nil); !errors.As(err, &status) || status.Reason != enrol.NoCertificate || refused != 1 {
		t.Errorf("got %v, refused %d times", err, refused)
	}
	if _, err := c.Send(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestWhatTheConsoleAnswers(t *testing.T) {
	date := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	answer := func(code int, header, value, body string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.Header().Set("Date", date.Format(http.TimeFormat))
			if header != "" {
				w.Header().Set(header, value)
			}
			w.WriteHeader(code)
			w.Write([]byte(body))
			return true
		}
	}
	for _, c := range []struct {
		what   string
		before func(http.ResponseWriter, *http.Request, int) bool
		code   int // 0: an answer that cannot be read
		after  time.Duration
		says   string
	}{
		{"busy, in seconds", answer(429, "Retry-After", "7", ""), 429, 7 * time.Second, "429"},
		{"busy, until a date", answer(503, "Retry-After", date.Add(90*time.Second).Format(http.TimeFormat), ""), 503, 90 * time.Second, "503"},
		{"busy, until a date gone by", answer(503, "Retry-After", date.Add(-time.Hour).Format(http.TimeFormat), ""), 503, 0, "503"},
		{"busy, nonsense", answer(503, "Retry-After", "soon", ""), 503, 0, "503"},
		{"busy, negative", answer(503, "Retry-After", "-4", ""), 503, 0, "503"},
		{"not enrolled", answer(401, "", "", `{"error":"x","code":"no-certificate"}`), 401, 0, "not enrolled"},
		{"revoked", answer(403, "", "", `{"error":"x","code":"revoked"}`), 403, 0, "revoked"},
		{"a reason of a newer console", answer(403, "", "", `{"error":"x","code":"full-moon"}`), 403, 0, "403"},
		{"a proxy's own", answer(403, "", "", "<html>"), 403, 0, "403"},
		{"wrong address", answer(404, "", "", "<html>"), 404, 0, "console.url"},
		{"broken", answer(500, "", "", "stack trace"), 500, 0, "500"},
		{"not JSON", answer(200, "", "", "<html>welcome to the airport</html>"), 0, 0, "could not be read"},
		{"endless", answer(200, "", "", strings.Repeat(" ", maxAnswer+1)), 0, 0, "longer than"},
		{"cut", func(w http.ResponseWriter, r *http.Request, n int) bool { return cut(w, r, n) }, 0, 0, "could not be read"},
	} {
		t.Run(c.what, func(t *testing.T) {
			console := startConsole(t)
			console.before = c.before
			_, err := newClient(t, console.URL, console.pin()).Send(t.Context(), []incident.Incident{newIncident(t, incident.High, "secret-name")})
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret-name") {
				t.Fatalf("got %v", err)
			}
			var status *StatusError
			switch {
			case c.code == 0 && !errors.Is(err, errAnswer):
				t.Errorf("got %v", err)
			case c.code == 0:
			case !errors.As(err, &status) || status.Code != c.code || status.RetryAfter != c.after:
				t.Errorf("got %+v", status)
			}
		})
	}
}

func TestSlowConsoleIsGivenUpOn(t *testing.T) {
	console := startConsole(t)
	console.before = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		select {
		case <-r.Context().Done():
		case <-time.After(time.Second):
		}
		return true
	}
	c := newClient(t, console.URL, console.pin())
	c.http.Timeout = 100 * time.Millisecond
	start := time.Now()
	if _, err := c.Send(t.Context(), nil); err == nil || !os.IsTimeout(errors.Unwrap(err)) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Send(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestProbe(t *testing.T) {
	console := startConsole(t)
	at, err := newClient(t, console.URL, console.pin()).Probe(t.Context())
	if err != nil || time.Since(at).Abs() > 5*time.Second {
		t.Errorf("%s, %v", at, err)
	}
	if stored, asked, _, _ := console.count(); stored != 0 || asked != 1 {
		t.Errorf("%d stored, asked %d times", stored, asked)
	}
}
