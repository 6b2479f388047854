package employee

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestLinkLetsInOnce(t *testing.T) {
	r := start(t, "en")
	l := r.link(t, firstCase, "")
	u, err := url.Parse(l)
	if err != nil || u.Hostname() != "127.0.0.1" || len(strings.TrimPrefix(u.Path, "/enter/")) != 43 {
		t.Fatalf("link is %s (%v)", l, err)
	}
	first, second := stranger(t, l), stranger(t, l)
	a := first.do(first.request(http.MethodGet, l, ""))
	if a.status != http.StatusOK || a.at != "/case/"+firstCase {
		t.Fatalf("%d at %s", a.status, a.at)
	}
	contains(t, a, "客户名单.csv: not copied to SanDisk Ultra (BACKUP)", "138****1234", "line 2", "Customer lists do not go to removable media")
	if b := second.do(second.request(http.MethodGet, l, "")); b.status != http.StatusForbidden || strings.Contains(b.body, "客户名单") {
		t.Errorf("the second time the link answers %d", b.status)
	}
	if b := second.get("/"); b.status != http.StatusUnauthorized || strings.Contains(b.body, "客户名单") {
		t.Errorf("without a session: %d", b.status)
	}
	contains(t, first.get("/"), "客户名单.csv: not copied", "Nothing has been done about it yet.")
}

func TestTokenAndSessionEnd(t *testing.T) {
	r := start(t, "zh")
	l := r.link(t, firstCase, "")
	r.clock.forward(tokenFor)
	v := stranger(t, l)
	if a := v.do(v.request(http.MethodGet, l, "")); a.status != http.StatusForbidden {
		t.Errorf("a token that is over: %d", a.status)
	}
	v, a := r.visit(t, firstCase, "")
	contains(t, a, `<html lang="zh">`, "未能复制到")
	r.clock.forward(sessionFor - time.Second)
	if a := v.get("/"); a.status != http.StatusOK {
		t.Errorf("a session in use: %d", a.status)
	}
	r.clock.forward(sessionFor)
	if a := v.get("/"); a.status != http.StatusUnauthorized {
		t.Errorf("a session that is over: %d", a.status)
	}
	v, _ = r.visit(t, "", "")
	for range 2 * sessionMost / sessionFor {
		r.clock.forward(sessionFor / 2)
		v.get("/")
	}
	if a := v.get("/"); a.status != http.StatusUnauthorized {
		t.Errorf("a session lasts for ever when it is used: %d", a.status)
	}
}

func TestHeadDoesNotUseUpTheToken(t *testing.T) {
	r := start(t, "en")
	l := r.link(t, firstCase, "")
	v := stranger(t, l)
	if a := v.do(v.request(http.MethodHead, l, "")); a.status != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d", a.status)
	}
	if a := v.do(v.request(http.MethodGet, l, "")); a.status != http.StatusOK {
		t.Errorf("afterwards: %d", a.status)
	}
}

func TestLinkLeadsNowhereElse(t *testing.T) {
	r := start(t, "en")
	for _, to := range []string{"//evil.example", "https://evil.example/", "../../etc/passwd", "..", "a/b", "a%2fb", "\r\nSet-Cookie: a=b", strings.Repeat("a", 65), "<script>"} {
		if l := r.link(t, to, ""); strings.Contains(l, "?") {
			t.Errorf("link for %q is %s", to, l)
		}
		l := r.link(t, "", "") + "?" + url.Values{"to": {to}, "way": {"masked-copy"}}.Encode()
		v := stranger(t, l)
		if a := v.do(v.request(http.MethodGet, l, "")); a.status != http.StatusOK || a.at != "/" {
			t.Errorf("%q leads to %s (%d)", to, a.at, a.status)
		}
	}
	if l := r.link(t, firstCase, "../.."); strings.Contains(l, "way") {
		t.Errorf("an unknown way is part of %s", l)
	}
}

func TestHeadersAndCookie(t *testing.T) {
	r := start(t, "en")
	l := r.link(t, firstCase, "")
	v := stranger(t, l)
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := v.do(v.request(http.MethodGet, l, ""))
	c := a.header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(c, want) {
			t.Errorf("cookie without %s: %s", want, c)
		}
	}
	for _, path := range []string{"/", "/case/" + firstCase, "/style.css", "/none", "/enter/x"} {
		a := v.get(path)
		for name, want := range map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Referrer-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if csp := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "script") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy is %s", path, csp)
		}
	}
}

// Names of ours are nobody else's: a page at evil.example whose name was
// pointed at 127.0.0.1 after it was loaded sends its own name as Host.
func TestOtherHostsAreRefused(t *testing.T) {
	r := start(t, "en")
	v, _ := r.visit(t, firstCase, "")
	_, port, _ := net.SplitHostPort(v.address)
	for _, host := range []string{"evil.example", "evil.example:" + port, "localhost:" + port, "127.0.0.1", "127.0.0.1:1", "[::1]:" + port, "127.0.0.2:" + port, "127.1:" + port, "0.0.0.0:" + port, v.address + ".", strings.ToUpper("localhost"), "127.0.0.1.evil.example:" + port} {
		a := v.do(v.request(http.MethodGet, "/", "", func(r *http.Request) { r.Host = host }))
		if a.status != http.StatusMisdirectedRequest || strings.Contains(a.body, "客户名单") {
			t.Errorf("Host %q: %d", host, a.status)
		}
	}
	// Without a Host, as HTTP/1.0 allows.
	conn, err := net.Dial("tcp", v.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("no Host: %d", res.StatusCode)
	}
}

func TestTenThousandWrongTokens(t *testing.T) {
	r := start(t, "en")
	l := r.link(t, firstCase, "")
	v := stranger(t, l)
	v.client.Transport.(*http.Transport).MaxIdleConnsPerHost = 8
	var limited, wrong atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range 8 {
		all.Go(func() {
			for range 1250 {
				token, _ := newSecret()
				switch a := v.get("/enter/" + token); a.status {
				case http.StatusTooManyRequests:
					limited.Add(1)
				case http.StatusForbidden:
					wrong.Add(1)
				default:
					t.Errorf("a wrong token is answered %d", a.status)
				}
			}
		})
	}
	all.Wait()
	windows := int64(time.Since(began)/failuresFor) + 2
	if wrong.Load() > windows*maxFailures || wrong.Load()+limited.Load() != 10_000 {
		t.Errorf("%d were looked at, %d were told to wait", wrong.Load(), limited.Load())
	}
	if a := v.do(v.request(http.MethodGet, l, "")); a.status != http.StatusOK {
		t.Errorf("then the right one: %d", a.status)
	}
}

func TestTokensAndSessionsAreBounded(t *testing.T) {
	now := time.Now()
	e := newEntrance(func() time.Time { now = now.Add(time.Millisecond); return now })
	oldest := e.issue()
	latest := ""
	for range maxTokens {
		latest = e.issue()
	}
	if len(e.tokens) != maxTokens {
		t.Errorf("%d tokens", len(e.tokens))
	}
	if _, a := e.enter(oldest, ""); a != refused {
		t.Error("the oldest token still holds")
	}
	first, a := e.enter(latest, "")
	if a != admitted {
		t.Fatal("the latest token does not hold")
	}
	for range maxSessions {
		e.enter(e.issue(), "")
	}
	if len(e.sessions) != maxSessions || e.find(first) != nil {
		t.Errorf("%d sessions; the least used one is there: %v", len(e.sessions), e.find(first) != nil)
	}
	s := &session{outcomes: map[string]outcome{}}
	for n := range 2 * maxOutcomes {
		s.keep(fmt.Sprint(n), outcome{})
	}
	if len(s.outcomes) != maxOutcomes || len(s.order) != maxOutcomes {
		t.Errorf("%d outcomes, %d in order", len(s.outcomes), len(s.order))
	}
}

// Who is in stays in the session that their open forms belong to.
func TestAnotherLinkKeepsTheSession(t *testing.T) {
	r := start(t, "en")
	v, _ := r.visit(t, firstCase, "")
	u := &url.URL{Scheme: "http", Host: v.address, Path: "/"}
	before := v.client.Jar.Cookies(u)[0].Value
	if a := v.get("/enter/" + r.entrance.issue()); a.status != http.StatusOK {
		t.Fatalf("%d", a.status)
	}
	if after := v.client.Jar.Cookies(u)[0].Value; after != before {
		t.Error("the session is another one")
	}
	// A session that somebody made up is not taken over.
	l := r.link(t, "", "")
	other := stranger(t, l)
	other.client.Jar.SetCookies(u, []*http.Cookie{{Name: cookieName, Value: "planted"}})
	other.do(other.request(http.MethodGet, l, ""))
	if got := other.client.Jar.Cookies(u)[0].Value; got == "planted" || got == before {
		t.Error("a planted session was taken over")
	}
}

func TestNothingListensBeforeAndAfter(t *testing.T) {
	r := start(t, "en")
	if r.server != nil || r.address != "" {
		t.Error("it listens before anybody asked for a link")
	}
	l := r.link(t, "", "")
	u, _ := url.Parse(l)
	r.stop()
	if conn, err := net.DialTimeout("tcp", u.Host, time.Second); err == nil {
		conn.Close()
		t.Error("it listens after its end")
	}
	if _, err := r.Link("", ""); err != ErrClosed {
		t.Errorf("a link after the end: %v", err)
	}
}

// One who connects and says nothing does not keep others out for long, and the
// number of those who are heard is bounded.
func TestConnectionsAreBounded(t *testing.T) {
	r := start(t, "en")
	l := r.link(t, "", "")
	v := stranger(t, l)
	var idle []net.Conn
	for range maxConnections {
		conn, err := net.Dial("tcp", v.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		idle = append(idle, conn)
	}
	began := time.Now()
	if a := v.do(v.request(http.MethodGet, l, "")); a.status != http.StatusOK {
		t.Errorf("%d", a.status)
	}
	if took := time.Since(began); took > readHeader+15*time.Second || took < time.Second {
		t.Errorf("answered after %v", took)
	}
	idle[0].SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadAll(idle[0]); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an idle connection is still open: %v", err)
	}
	large := v.request(http.MethodGet, "/", "", func(r *http.Request) { r.Header.Set("X-Large", strings.Repeat("a", maxHeader+8<<10)) })
	res, err := v.client.Do(large) // it may be hung up on before it is sent
	if err == nil {
		defer res.Body.Close()
		if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("large headers: %d", res.StatusCode)
		}
	}
}
