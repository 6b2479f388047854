package console_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
)

// form posts a form as a browser does, and answers what came back.
func (r *running) form(t *testing.T, address string, values url.Values, cookies ...*http.Cookie) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.do(t, req, cookies...)
}

func (r *running) do(t *testing.T, req *http.Request, cookies ...*http.Cookie) (*http.Response, string) {
	t.Helper()
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func (r *running) get(t *testing.T, path string, cookies ...*http.Cookie) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.do(t, req, cookies...)
}

func account() url.Values {
	return url.Values{"name": {userName}, "password": {password}, "again": {password}}
}

func session(res *http.Response) *http.Cookie {
	for _, c := range res.Cookies() {
		if c.Name == "__Host-trustline" {
			return c
		}
	}
	return nil
}

// signIn uses the set-up link and answers the session.
func (r *running) signIn(t *testing.T) *http.Cookie {
	t.Helper()
	res, body := r.form(t, r.Setup(), account())
	c := session(res)
	if res.StatusCode != http.StatusSeeOther || c == nil {
		t.Fatalf("set-up answered %d: %.300s", res.StatusCode, body)
	}
	return c
}

func TestSetupLinkWorksOnce(t *testing.T) {
	r := start(t)
	for _, bad := range []url.Values{{"name": {userName}, "password": {"short"}, "again": {"short"}}, {"name": {""}, "password": {password}, "again": {password}}, {"name": {userName}, "password": {password}, "again": {"another password"}}} {
		if res, _ := r.form(t, r.Setup(), bad); res.StatusCode != 422 {
			t.Errorf("a bad form answered %d", res.StatusCode)
		}
	}
	var wg sync.WaitGroup
	codes := make([]int, 4)
	for n := range codes {
		wg.Go(func() {
			values := account()
			values.Set("name", userName+strings.Repeat("x", n))
			res, _ := r.form(t, r.Setup(), values)
			codes[n] = res.StatusCode
		})
	}
	wg.Wait()
	count := map[int]int{}
	for _, c := range codes {
		count[c]++
	}
	if count[303] != 1 || count[410] != len(codes)-1 {
		t.Errorf("at the same time: %v", codes)
	}
	if res, _ := r.form(t, r.Setup(), account()); res.StatusCode != 410 {
		t.Errorf("afterwards: %d", res.StatusCode)
	}
	if res, _ := r.get(t, "/setup/guessed"); res.StatusCode != 410 {
		t.Errorf("guessed: %d", res.StatusCode)
	}
	if secret := r.Setup()[strings.LastIndexByte(r.Setup(), '/')+1:]; strings.Contains(r.log.String(), secret) {
		t.Error("the set-up secret is in the log")
	}
}

func TestSetupLinkExpires(t *testing.T) {
	r := start(t)
	s, err := store.Open(t.Context(), r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	secret, err := s.CreateSetup(t.Context(), time.Now().Add(-time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{r.URL() + "/setup/" + secret, r.Setup()} {
		if res, _ := r.form(t, link, account()); res.StatusCode != 410 {
			t.Errorf("an ended link answered %d", res.StatusCode)
		}
	}
}

func TestSession(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %s", c)
	}
	if res, _ := r.get(t, "/incidents", c); res.StatusCode != 200 {
		t.Fatalf("signed in: %d", res.StatusCode)
	}
	// A token from before signing in is void afterwards: no fixation.
	values := account()
	res, _ := r.form(t, r.URL()+"/login", values, c)
	renewed := session(res)
	if renewed == nil || renewed.Value == c.Value {
		t.Fatal("signing in kept the token")
	}
	if res, _ := r.get(t, "/incidents", c); res.StatusCode != 303 {
		t.Errorf("the old token: %d", res.StatusCode)
	}
	if res, _ := r.get(t, "/incidents", &http.Cookie{Name: c.Name, Value: "chosen-by-somebody-else"}); res.StatusCode != 303 {
		t.Errorf("a forged token: %d", res.StatusCode)
	}
	if res, _ := r.form(t, r.URL()+"/logout", nil, renewed); res.StatusCode != 303 {
		t.Errorf("sign out: %d", res.StatusCode)
	}
	if res, _ := r.get(t, "/incidents", renewed); res.StatusCode != 303 {
		t.Errorf("after signing out: %d", res.StatusCode)
	}
}

func TestNothingWithoutSigningIn(t *testing.T) {
	r := start(t)
	for _, path := range []string{"/", "/incidents", "/incidents/x", "/fleet", "/account", "/events"} {
		if res, _ := r.get(t, path); res.StatusCode != 303 || res.Header.Get("Location") != "/login" {
			t.Errorf("%s: %d to %q", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
}

// A new password takes the old one, and ends every session but the one it was
// changed in.
func TestOwnPassword(t *testing.T) {
	r := start(t)
	stale := r.signIn(t)
	res, _ := r.form(t, r.URL()+"/login", account())
	here := session(res)
	change := func(old, fresh, again string) int {
		t.Helper()
		res, body := r.form(t, r.URL()+"/account", url.Values{"old": {old}, "password": {fresh}, "again": {again}}, here)
		if strings.Contains(body, fresh) {
			t.Error("the page shows the password")
		}
		if c := session(res); c != nil {
			here = c
		}
		return res.StatusCode
	}
	const fresh = "another good password"
	for _, bad := range [][3]string{{"guessed password", fresh, fresh}, {"", fresh, fresh}, {password, fresh, fresh + "x"}, {password, "short one", "short one"}} {
		if code := change(bad[0], bad[1], bad[2]); code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", bad, code)
		}
	}
	if res, _ := r.get(t, "/incidents", stale); res.StatusCode != 200 {
		t.Fatalf("before: %d", res.StatusCode)
	}
	before := here
	if code := change(password, fresh, fresh); code != 200 {
		t.Fatalf("changed: %d", code)
	}
	for name, c := range map[string]*http.Cookie{"another": stale, "the token from before": before} {
		if res, _ := r.get(t, "/incidents", c); res.StatusCode != 303 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	if res, _ := r.get(t, "/incidents", here); res.StatusCode != 200 {
		t.Errorf("the session it was changed in: %d", res.StatusCode)
	}
	values := account()
	if res, _ := r.form(t, r.URL()+"/login", values); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the old password: %d", res.StatusCode)
	}
	values.Set("password", fresh)
	if res, _ := r.form(t, r.URL()+"/login", values); res.StatusCode != 303 {
		t.Errorf("the new password: %d", res.StatusCode)
	}
	if got, want := r.audited(t), "signed-in signed-in password-changed signed-in"; !strings.HasSuffix(got, want) {
		t.Errorf("recorded: %s, want %s", got, want)
	}
	r.guess(t, "/account", url.Values{"old": {"guessed password"}, "password": {fresh}, "again": {fresh}}, here)
	if code := change(fresh, password, password); code != http.StatusTooManyRequests {
		t.Errorf("guessing at an unattended screen: %d", code)
	}
}

// guess sends a form that is wrong until whoever sends it has to wait for more
// than a second.
func (r *running) guess(t *testing.T, path string, values url.Values, cookies ...*http.Cookie) {
	t.Helper()
	for range 200 {
		res, _ := r.form(t, r.URL()+path, values, cookies...)
		if wait, err := strconv.Atoi(res.Header.Get("Retry-After")); res.StatusCode == http.StatusTooManyRequests && err == nil && wait > 1 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("guessing is not slowed down")
}

// audited answers what stands on the audit record, in order.
func (r *running) audited(t *testing.T) string {
	t.Helper()
	s, err := store.Open(t.Context(), r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all []string
	if err := s.Audit(t.Context(), func(e store.Entry) error { all = append(all, e.Action); return nil }); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// TestGuessing: a wrong name and a wrong password look the same, and guessing
// is braked.
func TestGuessing(t *testing.T) {
	r := start(t)
	r.signIn(t)
	_, known := r.form(t, r.URL()+"/login", url.Values{"name": {userName}, "password": {"wrong"}})
	_, unknown := r.form(t, r.URL()+"/login", url.Values{"name": {"somebody.el"}, "password": {"wrong"}})
	if strings.ReplaceAll(known, userName, "NAME") != strings.ReplaceAll(unknown, "somebody.el", "NAME") {
		t.Error("the answer tells whether an account exists")
	}
	r.guess(t, "/login", url.Values{"name": {userName}, "password": {"wrong"}})
	if res, _ := r.form(t, r.URL()+"/login", account()); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("after many failures even the right password answers %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	if strings.Contains(r.log.String(), password) {
		t.Error("a password is in the log")
	}
}

func TestForeignSitesAreRefused(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	for _, h := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+"/logout", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(h[0], h[1])
		if res, _ := r.do(t, req, c); res.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %d", h, res.StatusCode)
		}
	}
	if res, _ := r.get(t, "/incidents", c); res.StatusCode != 200 {
		t.Error("somebody else's site signed the person out")
	}
}

func TestBackStaysHere(t *testing.T) {
	r := start(t)
	for _, back := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/\t/evil.example", "/\n/evil.example", `\\evil.example`, "javascript:alert(1)", ""} {
		res, _ := r.form(t, r.URL()+"/language", url.Values{"language": {"zh"}, "back": {back}})
		u, err := res.Location()
		if err != nil || u.Scheme+"://"+u.Host != r.URL() || strings.HasPrefix(strings.Map(printable, res.Header.Get("Location")), "//") {
			t.Errorf("%q leads to %q", back, res.Header.Get("Location"))
		}
	}
	if res, _ := r.form(t, r.URL()+"/language", url.Values{"theme": {"dark"}, "back": {"/incidents?q=a"}}); res.Header.Get("Location") != "/incidents?q=a" {
		t.Errorf("leads to %q", res.Header.Get("Location"))
	}
}

// printable drops what browsers drop from an address before they read it.
func printable(r rune) rune {
	if r == '\t' || r == '\n' || r == '\r' {
		return -1
	}
	return r
}

var inline = regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:`)

// TestPagesKeepToThemselves: the headers are there, and nothing on any page
// would need them to be weaker. What an agent sent is never taken as HTML.
func TestPagesKeepToThemselves(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	s := newSample()
	hostile, agent := s.incident(t, 0, time.Now()), s.incident(t, 11, time.Now())
	const attack = `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	hostile.File.Name, hostile.Person.User, hostile.Destination.Model, hostile.Machine.Name, hostile.Decision.Rule = attack, attack, attack, attack, attack
	hostile.Content.Matches[0].Masked, hostile.Content.Matches[0].Reasons = attack, []string{"label " + attack + " 3 characters before"}
	agent.Code, agent.Detail = attack, map[string]string{attack: attack}
	r.send(t, hostile, agent)
	h := s.heartbeat(1, time.Now())
	h.Machine.Name, h.Policy = attack, attack
	r.beat(t, h)
	for _, path := range []string{"/login", "/incidents", "/incidents?q=" + url.QueryEscape(attack) + "&person=" + url.QueryEscape(attack), "/incidents/" + hostile.ID, "/incidents/" + agent.ID, "/fleet", "/account", "/nothing", "/setup/x"} {
		res, body := r.get(t, path, c)
		for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'; script-src 'self'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age", "Vary": "Cookie"} {
			if !strings.Contains(strings.Join(res.Header.Values(name), ","), want) {
				t.Errorf("%s: %s is %q", path, name, res.Header.Values(name))
			}
		}
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
			t.Errorf("%s carries what an agent sent as HTML", path)
		}
		if m := inline.FindString(body); m != "" && !strings.Contains(m, "onerror") {
			t.Errorf("%s holds something inline: %q", path, m)
		}
	}
	if strings.Contains(r.log.String(), "alert(") {
		t.Error("a query or a name is in the log")
	}
}
