package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

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
