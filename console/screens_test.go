package console_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/uploader/incident"
)

// TestScreens looks at every page in each language, theme and width: nothing
// may stick out sideways, no text may lack its translation, and the browser
// may have nothing to complain about. With SCREENSHOTS=folder it keeps what it
// saw for people to look at.
func TestScreens(t *testing.T) {
	r, ctx := start(t), browser(t)
	keep := os.Getenv("SCREENSHOTS")
	cookie := func(name, value string) chromedp.Action { return network.SetCookie(name, value).WithURL(r.URL()) }
	shoot := func(names ...string) {
		t.Helper()
		look(t, ctx, keep, r.URL(), names, cookie)
	}
	do(t, ctx, chromedp.Navigate(r.Setup()))
	shoot("setup")
	setUp(t, ctx, r)
	shoot("empty")
	do(t, ctx, chromedp.Navigate(r.URL()+"/fleet"))
	shoot("fleet-empty")

	s, now := newSample(), time.Now()
	all := make([]incident.Incident, 60)
	for n := range all {
		all[n] = s.incident(t, n, now.Add(-time.Duration(n*n)*time.Minute))
	}
	all[0].Others = []incident.Person{{User: "li.na", UID: 1001}, {User: "陈静", UID: 1003}, {UID: -1}}
	all[1].Decision.GrantFailed = "used-up"
	r.send(t, all...)
	for n, state := range []string{store.StateClosed, store.StateInReview} {
		if err := r.beside(t).AddStep(t.Context(), all[n].ID, store.Account{Name: userName}, store.Step{State: state, Assignee: userName}, 0, now); err != nil {
			t.Fatal(err)
		}
	}
	stopped, request := r.asked(t, 1600)
	for n := range 4 {
		r.beat(t, s.heartbeat(n, now))
	}
	less := s.heartbeat(3, now) // a machine that can do less than it could, with a wrong clock
	less.Version, less.Capabilities = "0.2.0", map[string]string{"removable-media": "prevented", "network": "prevented"}
	r.beat(t, less)
	less.Version, less.Capabilities, less.Time = "0.1.0", map[string]string{"removable-media": "none", "network": "reported"}, now.Add(26*time.Minute)
	r.beat(t, less)
	check, resting := r.resting(t, s, now)
	for n := range 2 {
		if _, err := r.beside(t).Publish(t.Context(), store.Account{Name: userName}, sound(n), "收紧名单规则，参见工单", int64(n), now); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []struct{ name, path string }{
		{"incidents", "/incidents"}, {"incidents-picked", "/incidents"}, {"filtered", "/incidents?action=block&severity=high&machine=" + machineID(0)}, {"nothing", "/incidents?q=nothing-like-this"},
		{"detail", "/incidents/" + all[0].ID}, {"detail-long", "/incidents/" + all[1].ID}, {"detail-unreadable", "/incidents/" + all[3].ID},
		{"detail-followed", "/incidents/" + stopped.ID}, {"approvals", "/approvals"}, {"approval", "/approvals/" + request.ID}, {"codes", "/codes"}, {"policy", "/policy"}, {"policy-back", "/policy?back=1"}, {"policy-old", "/policy/1"},
		{"detail-merged", "/incidents/" + all[4].ID}, {"detail-share", "/incidents/" + all[7].ID}, {"detail-agent", "/incidents/" + all[11].ID}, {"discovery", "/discovery"}, {"check", "/discovery/" + check}, {"check-new", "/discovery/new"},
		{"detail-half", "/incidents/" + resting[0].ID}, {"detail-kept", "/incidents/" + resting[3].ID}, {"fleet", "/fleet"}, {"fleet-unfolded", "/fleet"}, {"codes-half", "/codes"}, {"own", "/account"}, {"record", "/record?check=1"}, {"own-wrong", "/account"}, {"not-found", "/no/such/page"},
	} {
		do(t, ctx, chromedp.Navigate(r.URL()+p.path))
		shoot(p.name)
	}
	do(t, ctx, chromedp.Navigate(r.URL()+"/incidents"))
	shoot("keys")
	do(t, ctx, network.ClearBrowserCookies(), chromedp.Navigate(r.URL()+"/login"))
	shoot("login")
	shoot("login-wrong")
}

// answers holds how the pages come about that answer a form.
var answers = map[string]func(url string) chromedp.Action{
	"login-wrong": func(url string) chromedp.Action {
		return chromedp.Tasks{chromedp.Navigate(url + "/login"), chromedp.SendKeys("[name=name]", userName),
			chromedp.SendKeys("[name=password]", "wrong"), chromedp.Submit("main form"), chromedp.WaitVisible(".problem")}
	},
	"own-wrong": func(url string) chromedp.Action {
		return chromedp.Tasks{chromedp.Navigate(url + "/account"), chromedp.SendKeys("[name=old]", "wrong"), chromedp.SendKeys("main [name=password]", "a new password"),
			chromedp.SendKeys("[name=again]", "a new password"), chromedp.Submit("main form"), chromedp.WaitVisible(".problem")}
	},
	"codes-half": func(url string) chromedp.Action {
		return chromedp.Tasks{chromedp.Navigate(url + "/codes"), chromedp.Evaluate("document.querySelector('main select').selectedIndex = 1", nil),
			chromedp.Click("[name=permits][value=grant]"), chromedp.SendKeys("[name=challenge]", grant.ChallengeFor(5000)), chromedp.Submit("main form"), chromedp.WaitVisible("section[role=status]")}
	},
}

const untranslated = `[...document.body.querySelectorAll("*")].filter(e => !e.children.length && !e.closest("code,pre")).map(e => e.textContent.trim()).filter(s => /^(nav|keys|login|own|record|setup|problem|filter|empty|severity|action|outcome|degree|channel|operation|reason|unreadable|state|code|detail|why|did|review|request|purpose|approvals?|codes|permits|policy|template|timeline|discovery|checks?|search|searches|task|kept|destroy|destroyed|overdue|excess|house|program|share|grant-failed)\.[a-z]/.test(s)).join(", ")`

func look(t *testing.T, ctx context.Context, keep string, url string, names []string, cookie func(name, value string) chromedp.Action) {
	t.Helper()
	for _, lang := range []string{"zh", "en"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 390} {
				name := fmt.Sprintf("%s-%s-%s-%d", names[0], lang, theme, width)
				var png []byte
				var wide int64
				var raw, shown string
				again := chromedp.Action(chromedp.Reload())
				if form, ok := answers[names[0]]; ok {
					again = chromedp.Tasks{}
					if width > 600 {
						again = form(url)
					}
				}
				do(t, ctx, emulation.SetDeviceMetricsOverride(width, 800, 1, width < 600), cookie("language", lang), cookie("theme", theme), again)
				switch names[0] {
				case "keys":
					do(t, ctx, chromedp.KeyEvent("?"))
					until(t, ctx, "document.getElementById('keys').open")
				case "incidents-picked":
					do(t, ctx, chromedp.Evaluate("document.querySelectorAll('tr:nth-child(2n) .pick input').forEach(p => p.click())", nil))
				case "fleet-unfolded":
					do(t, ctx, chromedp.Evaluate("document.querySelectorAll('details').forEach(d => d.open = true)", nil))
				}
				do(t, ctx, chromedp.Sleep(50*time.Millisecond), chromedp.Evaluate("document.documentElement.scrollWidth", &wide),
					chromedp.Evaluate(untranslated, &raw), chromedp.Evaluate("document.documentElement.lang", &shown), chromedp.CaptureScreenshot(&png))
				if wide > width {
					t.Errorf("%s is %d pixels wide", name, wide)
				}
				if raw != "" {
					t.Errorf("%s shows ids instead of texts: %s", name, raw)
				}
				if shown != lang {
					t.Errorf("%s is in %s", name, shown)
				}
				if keep != "" {
					if err := os.WriteFile(filepath.Join(keep, name+".png"), png, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}
