package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules"
)

// sound answers one of many sound policies.
func sound(n int) string { return fmt.Sprintf("%s# no. %d\n", rules.DefaultPolicySource(), n) }

func publication(n int, after int64) url.Values {
	return url.Values{"text": {strings.ReplaceAll(sound(n), "\n", "\r\n")}, "reason": {"because <b>of</b> it"}, "after": {strconv.FormatInt(after, 10)}}
}

func (r *running) serial(t *testing.T) int64 {
	t.Helper()
	serial, err := r.beside(t).PolicySerial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return serial
}

// TestPublishedAndDelivered: what an administrator publishes reaches a machine
// that waits for it, signed.
func TestPublishedAndDelivered(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	ask := func(tag string) (*http.Response, orders.Orders) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL()+orders.Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("If-None-Match", tag)
		res, body := (&running{http: r.as(t, machineID(1))}).do(t, req)
		o, err := orders.Parse([]byte(body))
		if res.StatusCode != 200 || err != nil {
			t.Fatalf("%d %v", res.StatusCode, err)
		}
		return res, o
	}
	first, o := ask("")
	if o.Policy != nil {
		t.Fatal("a policy before any was published")
	}
	told := make(chan orders.Orders, 1)
	go func() {
		_, o := ask(first.Header.Get("ETag"))
		told <- o
	}()
	time.Sleep(200 * time.Millisecond) // so that it mostly waits; it is told in any case
	begin := time.Now()
	if res, body := r.form(t, r.URL()+"/policy", publication(1, 0), c); res.StatusCode != 303 {
		t.Fatalf("%d %.500s", res.StatusCode, body)
	}
	select {
	case o = <-told:
		t.Logf("told %v after publishing", time.Since(begin).Round(time.Millisecond))
	case <-time.After(30 * time.Second):
		t.Fatal("not told within 30 s")
	}
	if o.Policy == nil || !strings.Contains(string(o.Policy.Payload), `"serial":1`) || !strings.Contains(string(o.Policy.Payload), "# no. 1") || strings.Contains(string(o.Policy.Payload), `\r`) {
		t.Errorf("told %+v", o.Policy)
	}
	_, body := r.get(t, "/policy", c)
	if !strings.Contains(body, "because &lt;b&gt;of&lt;/b&gt; it") || !strings.Contains(body, "# no. 1\n</textarea>") {
		t.Error("the page does not show what was published")
	}
}

// TestWhoMayPublish: nobody from another site, nobody who is not signed in, and
// no reviewer, who reads all of it.
func TestWhoMayPublish(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	for _, path := range []string{"/policy", "/policy/check"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+path, strings.NewReader(publication(1, 0).Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		if res, _ := r.do(t, req, c); res.StatusCode != 403 {
			t.Errorf("%s from another site: %d", path, res.StatusCode)
		}
		if res, _ := r.form(t, r.URL()+path, publication(1, 0)); res.StatusCode != 303 || res.Header.Get("Location") != "/login" {
			t.Errorf("%s not signed in: %d", path, res.StatusCode)
		}
	}
	for _, path := range []string{"/policy", "/policy/1"} {
		if res, _ := r.get(t, path); res.StatusCode != 303 {
			t.Errorf("%s not signed in: %d", path, res.StatusCode)
		}
	}
	if r.serial(t) != 0 {
		t.Fatal("published")
	}
	r.form(t, r.URL()+"/policy", publication(1, 0), c)
	r.demote(t)
	for _, path := range []string{"/policy", "/policy/check"} {
		if res, _ := r.form(t, r.URL()+path, publication(2, 1), c); res.StatusCode != 403 {
			t.Errorf("%s as a reviewer: %d", path, res.StatusCode)
		}
	}
	if r.serial(t) != 1 {
		t.Error("a reviewer has published")
	}
	for _, path := range []string{"/policy", "/policy/1"} {
		if res, body := r.get(t, path, c); res.StatusCode != 200 || !strings.Contains(body, "# no. 1") || strings.Contains(body, "<textarea") || strings.Contains(body, "back=") {
			t.Errorf("%s as a reviewer: %d", path, res.StatusCode)
		}
	}
}

// TestWhatThePageRefuses: nothing is published, and nothing of what was written
// is lost.
func TestWhatThePageRefuses(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	r.form(t, r.URL()+"/policy", publication(1, 0), c)
	with := func(key, value string) url.Values {
		v := publication(7, 1)
		v.Set(key, value)
		return v
	}
	for name, f := range map[string]struct {
		values url.Values
		want   int
		shows  string
	}{
		"stale":        {with("after", "0"), 409, "# no. 7"},
		"from nowhere": {with("after", "x"), 409, "# no. 7"},
		"no reason":    {with("reason", "  "), 422, "# no. 7"},
		"long reason":  {with("reason", strings.Repeat("因", 501)), 422, "# no. 7"},
		"broken":       {with("text", "version: 1\nrulez: []\n# mine\n"), 422, `data-line="2"`},
		"empty":        {with("text", ""), 422, "because"},
		"large":        {with("text", sound(7)+strings.Repeat("#\n", 130<<10)), 422, "# no. 7"},
		"huge":         {with("text", strings.Repeat("#", 2<<20)), 413, ""},
	} {
		if res, body := r.form(t, r.URL()+"/policy", f.values, c); res.StatusCode != f.want || !strings.Contains(body, f.shows) {
			t.Errorf("%s: %d, %d bytes", name, res.StatusCode, len(body))
		}
	}
	if r.serial(t) != 1 {
		t.Error("published")
	}
	for path, want := range map[string]int{"/policy/2": 404, "/policy/x": 404, "/policy/-1": 404, "/policy?back=9": 200, "/policy?before=-1": 200, "/policy?template=../x": 200} {
		if res, _ := r.get(t, path, c); res.StatusCode != want {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if strings.Contains(r.log.String(), "because") || strings.Contains(r.log.String(), "# no. 7") {
		t.Error("what was written is in the log")
	}
}

// TestMachinesApart: those that run another policy are marked, once one was
// published.
func TestMachinesApart(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	s, now := newSample(), time.Now()
	same := s.heartbeat(1, now)
	p, err := rules.ParsePolicy("", []byte(sound(1)))
	if err != nil {
		t.Fatal(err)
	}
	same.Policy = p.Version()
	r.beat(t, same)
	r.beat(t, s.heartbeat(2, now))
	const mark = "not the published one"
	if _, body := r.get(t, "/fleet", c); strings.Contains(body, mark) {
		t.Error("marked before anything was published")
	}
	r.form(t, r.URL()+"/policy", publication(1, 0), c)
	if _, body := r.get(t, "/fleet", c); strings.Count(body, mark) != 1 {
		t.Errorf("marked %d times", strings.Count(body, mark))
	}
	if _, body := r.get(t, "/policy", c); !strings.Contains(body, strings.ReplaceAll(p.Version(), "+", "&#43;")+`</code></td><td class="number">1</td>`) {
		t.Error("the history does not count the machine")
	}
}

// TestAnAdministratorsPolicy in a real browser: start from a template, check,
// publish, roll back.
func TestAnAdministratorsPolicy(t *testing.T) {
	r, ctx := start(t), browser(t)
	setUp(t, ctx, r)
	do(t, ctx, chromedp.Navigate(r.URL()+"/policy?template=gdpr"), chromedp.WaitVisible("#text"))
	until(t, ctx, "document.getElementById('text').value.includes('GDPR')")
	const check = "button[formaction='/policy/check']"
	set := func(expression string) {
		do(t, ctx, chromedp.Evaluate("document.getElementById('text').value = "+expression, nil))
	}
	set("document.getElementById('text').value.replace('rules:', 'rulez:')")
	do(t, ctx, chromedp.Evaluate("window.same = true", nil), chromedp.Click(check))
	until(t, ctx, "window.same === true && location.pathname === '/policy' && document.querySelector('#checked .problem') !== null && document.getElementById('text').value.includes('rulez:')")
	do(t, ctx, chromedp.Click("#checked button[data-line]"))
	until(t, ctx, "document.activeElement.id === 'text' && document.getElementById('text').selectionEnd > 0")
	set("document.getElementById('text').value.replace('rulez:', 'rules:')")
	do(t, ctx, chromedp.Click(check))
	until(t, ctx, "document.querySelector('#checked .sound') !== null && document.querySelector('#checked .problem') === null")
	publish := func(reason string, want int64) {
		t.Helper()
		if want < 3 { // rolling back says by itself why
			do(t, ctx, chromedp.SendKeys("#reason", reason))
		}
		do(t, ctx, chromedp.Click("#publish button.main"))
		until(t, ctx, fmt.Sprintf("document.querySelector('#publish [name=after]')?.value === '%d' && document.querySelector('.history')?.innerText.includes(%q)", want, reason))
	}
	publish("first of all", 1)
	set("document.getElementById('text').value + '# tightened\\n'")
	publish("second thoughts", 2)
	do(t, ctx, chromedp.Click("a[href='/policy/1']"))
	until(t, ctx, "document.querySelector('.diff .added')?.innerText.includes('# tightened') === true")
	do(t, ctx, chromedp.Click("a[href='/policy?back=1']"))
	until(t, ctx, "document.querySelector('#checked .diff .removed')?.innerText.includes('# tightened') === true && document.getElementById('reason').value !== ''")
	publish("Roll back to policy no. 1", 3)
	s := r.beside(t)
	first, err := s.Policy(t.Context(), 1)
	third, err3 := s.Policy(t.Context(), 3)
	if err != nil || err3 != nil || first.Text != third.Text || first.Text == "" {
		t.Errorf("%v %v: rolled back to something else", err, err3)
	}
	published := 0
	if err := s.Audit(t.Context(), func(e store.Entry) error {
		if e.Action == store.ActionPolicy && e.Name == userName {
			published++
		}
		return nil
	}); err != nil || published != 3 {
		t.Errorf("recorded %d times, %v", published, err)
	}
	do(t, ctx, chromedp.Click("button[name=language][value=zh]"))
	until(t, ctx, "document.documentElement.lang === 'zh' && location.pathname === '/policy'")
}
