package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Several are picked, with the keyboard and the mouse, and reviewed with one
// reason. While some are picked the list stays as it is.
func TestSeveralAreReviewedInTheBrowser(t *testing.T) {
	r, ctx := start(t), browser(t)
	setUp(t, ctx, r)
	s, now := newSample(), time.Now()
	first, second, third := s.incident(t, 0, now), s.incident(t, 2, now.Add(time.Second)), s.incident(t, 6, now.Add(2*time.Second))
	r.send(t, first, second)
	until(t, ctx, row(second)+" !== null && document.body.classList.contains('online') && getComputedStyle(document.querySelector('.picked')).display === 'none'")
	do(t, ctx, chromedp.KeyEvent("j"), chromedp.KeyEvent("x"))
	until(t, ctx, row(second)+".querySelector('.pick input').checked && document.querySelector('[data-picked]').textContent === '1' && document.querySelector('[data-all]').indeterminate")
	do(t, ctx, chromedp.Click(".pick input[value='"+first.ID+"']"))
	until(t, ctx, "location.pathname === '/incidents' && document.querySelector('[data-picked]').textContent === '2' && document.querySelector('[data-all]').checked")
	r.send(t, third)
	do(t, ctx, chromedp.Sleep(time.Second))
	until(t, ctx, row(third)+" === null && document.querySelector('[data-picked]').textContent === '2'")

	cookie := r.again(t) // somebody else is faster
	if res, _ := r.form(t, r.URL()+"/incidents/"+first.ID+"/review", url.Values{"state": {"in-review"}, "after": {"0"}, "reason": {""}}, cookie); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the other one: %d", res.StatusCode)
	}
	do(t, ctx, chromedp.SendKeys(".picked [name=reason]", "误报"), chromedp.Click(".picked button"))
	until(t, ctx, row(third)+" !== null && document.querySelector('[role=status]').textContent.includes('1 reviewed. 1 left') && "+row(second)+".querySelector('.closed') !== null && "+row(first)+".querySelector('.in-review') !== null")
	do(t, ctx, chromedp.SetValue(".filter [name=state]", "closed"), chromedp.Evaluate("document.querySelector('.filter [name=state]').dispatchEvent(new Event('change', {bubbles: true}))", nil))
	until(t, ctx, row(first)+" === null && "+row(second)+" !== null && location.search === '?state=closed'")
	do(t, ctx, chromedp.Reload())
	until(t, ctx, row(second)+" !== null && document.querySelector('[role=status]') === null")

	many := url.Values{"state": {"closed"}, "seen": {"9"}}
	for n := range 501 {
		many.Add("id", machineID(n))
	}
	for name, values := range map[string]url.Values{
		"none": {"state": {"closed"}, "seen": {"9"}}, "a state of one's own": {"state": {"burnt"}, "seen": {"9"}, "id": {third.ID}}, "nothing seen": {"state": {"closed"}, "id": {third.ID}},
		"too long": {"state": {"closed"}, "seen": {"9"}, "id": {third.ID}, "reason": {strings.Repeat("x", 501)}}, "too many": many,
	} {
		if res, _ := r.form(t, r.URL()+"/incidents/review", values, cookie); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
			t.Errorf("%s: %d to %s", name, res.StatusCode, res.Header.Get("Location"))
		}
		if _, body := r.get(t, "/incidents", cookie); !strings.Contains(body, `class="problem"`) {
			t.Errorf("%s: nothing is said", name)
		}
	}
	r.form(t, r.URL()+"/incidents/review", url.Values{"state": {"closed"}, "seen": {"9"}, "id": {third.ID}}) // without signing in
	if i, err := r.beside(t).Incident(t.Context(), third.ID); err != nil || i.Review.State != "new" {
		t.Errorf("%+v %v", i.Review, err)
	}
}

func TestAnIncidentIsReviewedInTheBrowser(t *testing.T) {
	r, ctx := start(t), browser(t)
	setUp(t, ctx, r)
	stopped := newSample().incident(t, 0, time.Now())
	r.send(t, stopped)
	address := "/incidents/" + stopped.ID
	do(t, ctx, chromedp.Navigate(r.URL()+address), chromedp.Click("input[value=closed]"), chromedp.SendKeys("textarea[name=reason]", "已联系本人 <b>核实</b>"), chromedp.Click(".stack button.main"))
	until(t, ctx, "location.pathname === '"+address+"' && document.querySelector('.timeline .said')?.textContent === '已联系本人 <b>核实</b>' && document.querySelector('input[value=closed]').checked")

	cookie := r.again(t)
	review := func(state, after, comment string) (int, string) {
		t.Helper()
		res, body := r.form(t, r.URL()+address+"/review", url.Values{"state": {state}, "after": {after}, "reason": {comment}}, cookie)
		return res.StatusCode, body
	}
	if status, body := review("new", "0", "mine as well"); status != http.StatusConflict || !strings.Contains(body, "mine as well") {
		t.Errorf("upon what has changed: %d", status)
	}
	for name, c := range map[string][3]string{
		"a state of one's own": {"burnt", "1", ""}, "too long": {"new", "1", strings.Repeat("x", 501)}, "control letters": {"new", "1", "\x1b[2J"}, "no number": {"new", "", ""},
	} {
		if status, _ := review(c[0], c[1], c[2]); status != http.StatusUnprocessableEntity && status != http.StatusConflict {
			t.Errorf("%s: %d", name, status)
		}
	}
	if i, err := r.beside(t).Incident(t.Context(), stopped.ID); err != nil || i.Review.State != "closed" || i.Review.Assignee != userName {
		t.Errorf("%+v %v", i.Review, err)
	}
	if res, _ := r.form(t, r.URL()+address+"/review", url.Values{"state": {"new"}, "after": {"9"}}); res.StatusCode != http.StatusSeeOther || !strings.Contains(res.Header.Get("Location"), "/login") {
		t.Errorf("without signing in: %d", res.StatusCode)
	}
}
