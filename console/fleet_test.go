package console_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/trustline/trustline/console/store"
)

// TestAnAdministratorRevokesAMachine in a real browser: asked once, at once,
// on the record.
func TestAnAdministratorRevokesAMachine(t *testing.T) {
	r, ctx := start(t), browser(t)
	setUp(t, ctx, r)
	s, now := newSample(), time.Now()
	for n := range 3 {
		r.beat(t, s.heartbeat(n, now))
	}
	button := "form[action='/fleet/" + machineID(1) + "/revoke'] button"
	do(t, ctx, chromedp.Navigate(r.URL()+"/fleet"), chromedp.WaitVisible(button))
	do(t, ctx, chromedp.Evaluate("window.asked = 0; window.confirm = (text) => { window.asked++; return window.asked > 1 && text.includes('sales-ws-02') }", nil))
	do(t, ctx, chromedp.Click(button))
	until(t, ctx, "window.asked === 1")
	if status, _ := r.post(t, r.as(t, machineID(1)), "/api/v1/ingest", "application/x-ndjson", nil); status != 200 {
		t.Fatalf("revoked although the administrator said no: %d", status)
	}
	do(t, ctx, chromedp.Click(button))
	until(t, ctx, "window.asked === 2 && document.querySelector('.state.revoked') !== null && document.querySelector(\""+button+"\") === null && location.pathname === '/fleet'")
	if status, _ := r.post(t, r.as(t, machineID(1)), "/api/v1/ingest", "application/x-ndjson", nil); status != 403 {
		t.Errorf("still speaks: %d", status)
	}
	found := 0
	if err := r.beside(t).Audit(t.Context(), func(e store.Entry) error {
		if e.Action == store.ActionRevoke && e.Subject == machineID(1) && e.Name != "" {
			found++
		}
		return nil
	}); err != nil || found != 1 {
		t.Errorf("recorded %d times, %v", found, err)
	}
}

// TestWhatAMachineCanDo is unfolded with the keyboard, and stays so when the
// page refreshes itself.
func TestWhatAMachineCanDo(t *testing.T) {
	r, ctx := start(t), browser(t)
	setUp(t, ctx, r)
	r.beat(t, newSample().heartbeat(2, time.Now()))
	unfold := "#can-" + machineID(2)
	do(t, ctx, chromedp.Navigate(r.URL()+"/fleet"), chromedp.Focus(unfold+" summary"), chromedp.KeyEvent("\r"),
		chromedp.WaitVisible(unfold+" li"),
		chromedp.Evaluate("window.old = document.querySelector('"+unfold+"'); htmx.ajax('GET', '/fleet', {target: '#changing', swap: 'outerHTML'}), 0", nil))
	until(t, ctx, "document.querySelector('"+unfold+"') !== window.old && document.querySelector('"+unfold+"').open && document.activeElement.closest('"+unfold+"') !== null")
}

// TestWhoMayRevoke: nobody from another site, nobody who is not signed in, and
// no reviewer.
func TestWhoMayRevoke(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	r.beat(t, newSample().heartbeat(1, time.Now()))
	path := r.URL() + "/fleet/" + machineID(1) + "/revoke"
	ask := func(cookies []*http.Cookie, site string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(url.Values{}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", site)
		res, _ := r.do(t, req, cookies...)
		return res.StatusCode
	}
	speaks := func() bool {
		status, _ := r.post(t, r.as(t, machineID(1)), "/api/v1/ingest", "application/x-ndjson", nil)
		return status == 200
	}
	if status := ask([]*http.Cookie{c}, "cross-site"); status != 403 || !speaks() {
		t.Errorf("from another site: %d", status)
	}
	if status := ask(nil, "same-origin"); status != 303 || !speaks() {
		t.Errorf("not signed in: %d", status)
	}
	r.demote(t)
	if status := ask([]*http.Cookie{c}, "same-origin"); status != 403 || !speaks() {
		t.Errorf("a reviewer: %d", status)
	}
	if _, body := r.get(t, "/fleet", c); strings.Contains(body, "/revoke") || !strings.Contains(body, time.Now().UTC().AddDate(0, 0, 30).Format(time.DateOnly)) {
		t.Error("a reviewer is offered the button, or does not see until when the certificate holds")
	}
}

// demote makes every account a reviewer's.
func (r *running) demote(t *testing.T) {
	t.Helper()
	r.behind(t, "UPDATE accounts SET role = ?", store.RoleReviewer)
}

// behind changes what the console keeps behind its back.
func (r *running) behind(t *testing.T, query string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "console.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

// TestTheFleetInItsOrder: what somebody has to look after comes first.
func TestTheFleetInItsOrder(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	s, now := newSample(), time.Now()
	if _, err := r.beside(t).Publish(t.Context(), store.Account{Name: userName}, sound(0), "start", 0, now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	published, err := r.beside(t).Policies(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 8 {
		h := s.heartbeat(n, now) // 2 is unguarded, 1 has a warning
		h.Policy = published[0].Version
		switch n {
		case 0:
			h.Time = now.Add(-10 * time.Minute)
		case 6: // can do less than it could
			h.Capabilities = map[string]string{"removable-media": "prevented"}
			r.beat(t, h)
			h.Capabilities = map[string]string{"removable-media": "none"}
		case 7:
			h.Policy = "1+old"
		}
		r.beat(t, h)
	}
	if err := r.beside(t).RevokeMachine(t.Context(), store.Account{Name: "x"}, machineID(3), now); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "console.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, change := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE machines SET seen = ? WHERE id = ?", []any{now.Add(-2 * time.Hour).UnixMicro(), machineID(4)}},
		{"UPDATE certificates SET expires = ? WHERE machine = ?", []any{now.Add(24 * time.Hour).UnixMicro(), machineID(5)}},
	} {
		if _, err := db.Exec(change.sql, change.args...); err != nil {
			t.Fatal(err)
		}
	}
	_, body := r.get(t, "/fleet", c)
	at := 0
	for _, n := range []int{4, 2, 6, 7, 5, 1, 0, 3} {
		next := strings.Index(body, "machine="+machineID(n))
		if next < at {
			t.Errorf("machine %d stands too high", n)
		}
		at = next
	}
	if strings.Contains(body, "/fleet/"+machineID(3)+"/revoke") {
		t.Error("a revoked machine can be revoked")
	}
	for _, want := range []string{"Removable media: prevented → not covered", "clock 10m", "behind"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	accept := "/fleet/" + machineID(6) + "/accept"
	if strings.Count(body, "action=\""+accept) != 1 || strings.Count(body, "/accept\" hx-post") != 1 {
		t.Error("what a machine does less cannot be accepted")
	}
	if res := r.press(t, accept, c); res != http.StatusSeeOther {
		t.Errorf("accepted: %d", res)
	}
	if _, body := r.get(t, "/fleet", c); strings.Contains(body, "prevented → not covered") {
		t.Error("what was accepted still counts as less")
	}
	accepted := 0
	if err := r.beside(t).Audit(t.Context(), func(e store.Entry) error {
		if e.Action == store.ActionAccept && e.Subject == machineID(6) {
			accepted++
		}
		return nil
	}); err != nil || accepted != 1 {
		t.Errorf("recorded %d times, %v", accepted, err)
	}
	r.demote(t)
	if res := r.press(t, accept, c); res != http.StatusForbidden {
		t.Errorf("a reviewer accepts: %d", res)
	}
}

// press sends an empty form.
func (r *running) press(t *testing.T, path string, c *http.Cookie) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, _ := r.do(t, req, c)
	return res.StatusCode
}
