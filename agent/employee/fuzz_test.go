package employee

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/trustline/trustline/agent/cases"
)

// Whatever strangers send, they are shown nothing of anybody's and nothing is
// done in anybody's name.
func FuzzStrangers(f *testing.F) {
	const address = "127.0.0.1:4711"
	for _, s := range [][5]string{
		{"GET", "/", address, "", ""}, {"GET", "/case/" + firstCase, address, "", ""}, {"GET", "/enter/x?to=//evil&way=justify", address, "", ""},
		{"POST", requestPath, address, "http://" + address, "purpose=audit&csrf=&form=" + strings.Repeat("a", 43)}, {"POST", maskedPath, "evil", "null", "%zz"},
		{"HEAD", "/sent/x", address, "", ""}, {"GET", "/style.css", address, "", ""}, {"PUT", "//", "localhost:4711", "", "\x00"},
	} {
		f.Add(s[0], s[1], s[2], s[3], s[4])
	}
	s := &stub{list: []cases.Case{stopped(firstCase, "客户名单.csv")}}
	p, err := New(Options{Service: s, Language: "zh", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	h := p.handler(address)
	f.Fuzz(func(t *testing.T, method, target, host, origin, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || strings.ContainsAny(method, " \t\r\n") || method == "" {
			t.Skip() // net/http answers these itself
		}
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", strings.NewReader(body))
		r.Method, r.URL, r.Host = method, u, host
		r.Header.Set("Origin", origin)
		r.Header.Set("Cookie", cookieName+"="+url.QueryEscape(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code < 300 && u.Path != "/style.css" || w.Code >= 500 || strings.Contains(w.Body.String(), "客户名单") || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s %s at %s is answered %d", method, target, host, w.Code)
		}
		if w.Code >= 300 && w.Code < 400 && !strings.HasPrefix(w.Header().Get("Location"), "/") {
			t.Errorf("%s leads to %s", target, w.Header().Get("Location"))
		}
		if q := s.questions(); len(q) != 0 {
			t.Errorf("%s %s asked the service", method, target)
		}
	})
}

// What the person's own browser sends breaks nothing, and asks the service for
// no more than a form may.
func FuzzForms(f *testing.F) {
	const address = "127.0.0.1:4711"
	f.Add("request-approval", "purpose=audit&text=a&recipient=b&days=7&uses=1&pledge=yes&name=c")
	f.Add("justify", "text=%00%ff")
	f.Add("masked-copy", "file=/dev/null&folder=/tmp&copy=..")
	f.Add("code", "code=1234+5678")
	c := stopped(firstCase, "客户名单.csv")
	c.Notice.Action, c.Steps = "justify", []cases.Step{{What: cases.Requested}}
	s := &stub{list: []cases.Case{c}}
	refuse := func(context.Context, string, string, string) error { return errors.New("nothing masks here") }
	p, err := New(Options{Service: s, Language: "en", Log: slog.New(slog.DiscardHandler), Mask: refuse})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, way, body string) {
		secret := p.entrance.begin(p.entrance.now())
		sent := "csrf=" + p.entrance.find(secret).csrf + "&form=" + strings.Repeat("a", 43) + "&" + body
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/case/"+firstCase+"/"+url.PathEscape(way), strings.NewReader(sent))
		r.Host = address
		r.Header.Set("Origin", "http://"+address)
		r.Header.Set("Cookie", cookieName+"="+secret)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		p.handler(address).ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s is answered %d", way, w.Code)
		}
		for _, q := range s.questions() {
			if len(q.body) > 8<<10 {
				t.Errorf("the service is asked with %d bytes", len(q.body))
			}
		}
	})
}
