package console_test

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/trustline/trustline/console"
	"github.com/trustline/trustline/uploader/incident"
)

// TestReviewersDay goes the way of a reviewer in a real browser.
func TestReviewersDay(t *testing.T) {
	r, ctx := start(t), browser(t)
	setUp(t, ctx, r)
	until(t, ctx, "document.body.classList.contains('online')")
	do(t, ctx, chromedp.Evaluate("window.same = true", nil))

	s, now := newSample(), time.Now()
	first, second, third := s.incident(t, 0, now.Add(-time.Minute)), s.incident(t, 2, now), s.incident(t, 6, now.Add(time.Second))
	r.send(t, first)
	until(t, ctx, row(first)+" !== null")
	r.send(t, second)
	until(t, ctx, row(second)+" !== null && window.same === true")

	// The selected row stays selected, with the focus, when another arrives.
	do(t, ctx, chromedp.KeyEvent("j"))
	until(t, ctx, row(second)+".classList.contains('at')")
	do(t, ctx, chromedp.KeyEvent("j"))
	until(t, ctx, row(first)+".classList.contains('at')")
	r.send(t, third)
	until(t, ctx, row(third)+" !== null && "+row(first)+".contains(document.activeElement)")
	do(t, ctx, chromedp.KeyEvent("k"), chromedp.KeyEvent(kb.Enter))
	until(t, ctx, "location.pathname === '/incidents/"+second.ID+"' && document.readyState === 'complete'")
	do(t, ctx, chromedp.KeyEvent("u"))
	until(t, ctx, row(second)+"?.classList.contains('at') === true")

	// A filter narrows the list, also for what arrives afterwards, and what
	// is being typed is not lost to an update.
	until(t, ctx, "document.body.classList.contains('online')")
	slash := input.DispatchKeyEvent(input.KeyDown).WithKey("/").WithText("/") // KeyEvent would type it even where the page takes it
	// What arrives while a list takes the place of another is in it, too.
	do(t, ctx, chromedp.Evaluate("htmx.config.defaultSettleDelay = 3000", nil), slash, chromedp.KeyEvent("customers.csv"))
	until(t, ctx, row(second)+" === null && "+row(first)+" !== null && location.search.startsWith('?s=') && !location.href.includes('customers')")
	fourth, fifth := s.incident(t, 8, now), s.incident(t, 12, now)
	r.send(t, fourth, fifth)
	until(t, ctx, row(fifth)+" !== null && "+row(fourth)+" === null && document.getElementById('q').value === 'customers.csv' && document.activeElement.id === 'q'")
	do(t, ctx, chromedp.Evaluate("htmx.config.defaultSettleDelay = 20", nil))

	do(t, ctx, chromedp.Click("button[name=language][value=zh]"))
	until(t, ctx, "document.documentElement.lang === 'zh' && location.search.startsWith('?s=') && document.getElementById('q').value === 'customers.csv'")
	do(t, ctx, chromedp.Click("button[name=theme][value=dark]"))
	until(t, ctx, "document.documentElement.dataset.theme === 'dark' && getComputedStyle(document.body).backgroundColor === 'rgb(16, 21, 28)'")
	do(t, ctx, chromedp.Click("form[action='/logout'] button"))
	until(t, ctx, "location.pathname === '/login'")
	do(t, ctx, chromedp.Navigate(r.URL()+"/incidents"))
	until(t, ctx, "location.pathname === '/login'")
}

func row(i incident.Incident) string { return "document.getElementById('i-" + i.ID + "')" }

// TestStopsWithOpenPages: an open page must not hold the console up.
func TestStopsWithOpenPages(t *testing.T) {
	con, err := console.New(t.Context(), console.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	con.Start()
	r := &running{Console: con, http: client()}
	cookie := r.signIn(t)
	lines := make([]*bufio.Reader, 10)
	for n := range lines {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, con.URL()+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(cookie)
		res, err := r.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.ProtoMajor != 2 || res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%s %s", res.Proto, res.Header.Get("Content-Type"))
		}
		lines[n] = bufio.NewReader(res.Body)
		if l, err := lines[n].ReadString('\n'); err != nil || !strings.HasPrefix(l, "retry:") {
			t.Fatalf("%q %v", l, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := con.Stop(ctx); err != nil { // it would wait for pages that go on listening
		t.Fatal(err)
	}
}
