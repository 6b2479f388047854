package console_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheLogHoldsNothingThatWasTyped: requests are logged, and neither
// questions nor paths that are none of ours are.
func TestTheLogHoldsNothingThatWasTyped(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	const typed = "13812345678"
	res, _ := r.get(t, "/incidents?severity=low&q="+typed, c)
	if to := res.Header.Get("Location"); res.StatusCode != 303 || strings.Contains(to, typed) || !strings.Contains(to, "severity=low") {
		t.Errorf("a search leads to %q: the address holds what was typed", to)
	}
	if _, body := r.get(t, res.Header.Get("Location"), c); !strings.Contains(body, `value="`+typed+`"`) {
		t.Error("the page does not know what was searched for")
	}
	r.get(t, "/incidents/"+typed, c)
	r.get(t, "/"+typed+"/"+typed, c)
	r.get(t, "/setup/"+typed, c)
	r.get(t, "/static/"+typed, c)
	r.get(t, "/api/v1/incidents?q="+typed)
	r.form(t, r.URL()+"/login", url.Values{"name": {typed}, "password": {typed}})
	log := r.log.String()
	if strings.Contains(log, typed) {
		t.Errorf("the log holds what was typed:\n%s", log)
	}
	for _, want := range []string{"path=/incidents status=200", "path=/incidents/… status=404", "path=(unknown) status=404", "path=/setup/… status=410", "path=/api/v1/incidents status=401", "path=/login status=401"} {
		if !strings.Contains(log, want) {
			t.Errorf("no line with %q in\n%s", want, log)
		}
	}
}

// TestAnOpenPageDoesNotKeepASessionAlive: only what a person does counts.
func TestAnOpenPageDoesNotKeepASessionAlive(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "console.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	expiry := func() (at int64) {
		t.Helper()
		if err := db.QueryRow("SELECT MAX(expiry) FROM sessions").Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	before := expiry()
	for range 3 {
		time.Sleep(5 * time.Millisecond)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL()+"/incidents", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Background", "1")
		req.Header.Set("HX-Request", "true")
		if res, body := r.do(t, req, c); res.StatusCode != 200 || !strings.Contains(body, `id="changing"`) {
			t.Fatalf("answered %d", res.StatusCode)
		}
	}
	if now := expiry(); now != before {
		t.Errorf("the session was made to last %d µs longer by a page's own requests", now-before)
	}
	r.get(t, "/incidents", c)
	if now := expiry(); now <= before {
		t.Error("a person's use does not make the session last")
	}
}
