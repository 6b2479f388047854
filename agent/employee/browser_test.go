package employee

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/prompt"
)

// browser opens a real Chromium whose console messages fail the test: a
// refused style or form, an exception, a missing file.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is missing: apt-get install chromium")
		}
		t.Skip("NOT TESTED: chromium is missing (apt-get install chromium)")
	}
	profile, err := os.MkdirTemp("", "employee-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // its last processes may still be writing
		for end := time.Now().Add(5 * time.Second); os.RemoveAll(profile) != nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		}
	})
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WindowSize(1000, 800),
		chromedp.UserDataDir(profile), chromedp.WSURLReadTimeout(time.Minute),
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("exception in the page: %s", e.ExceptionDetails.Error())
		case *log.EventEntryAdded: // forms that are refused are answered 422, and meant
			if e.Entry.Level == log.LevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of 4") {
				t.Errorf("the browser complains: %s (%s)", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// seat is a person before their browser.
type seat struct {
	*running
	t    *testing.T
	ctx  context.Context
	keep string // where screenshots go, "" for nowhere
	name string
}

func (s seat) do(actions ...chromedp.Action) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		s.t.Fatal(err)
	}
}

func (s seat) is(expression string) bool {
	s.t.Helper()
	var ok bool
	s.do(chromedp.Evaluate(expression, &ok))
	return ok
}

// until waits for something on the page to become true; while one page gives
// way to the next there is nothing to ask.
func (s seat) until(expression string) {
	s.t.Helper()
	var last error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var ok bool
		if last = chromedp.Run(s.ctx, chromedp.Evaluate("document.readyState === 'complete' && "+expression, &ok)); last == nil && ok {
			return
		}
	}
	s.t.Fatalf("it did not come true: %s (%v)", expression, last)
}

// says waits for a heading, and looks at the page in every way.
func (s seat) says(id string) {
	s.t.Helper()
	s.until(fmt.Sprintf("document.querySelector('h1')?.textContent.trim() === %q", s.texts.Text(id)))
	s.look(id)
}

// go to a page by its address, as a link or the address line does.
func (s seat) goTo(path string) { s.do(chromedp.Navigate("http://" + s.address + path)) }

// wellMade are properties of every page, each with what is wrong where it is
// not so.
const wellMade = `(() => {
	const wrong = [];
	if (document.querySelectorAll('h1').length !== 1) wrong.push('not one main heading');
	for (const tag of ['header', 'main', 'footer']) if (!document.querySelector(tag)) wrong.push('no ' + tag);
	if (!document.documentElement.lang || !document.title) wrong.push('no language or title');
	for (const e of document.querySelectorAll('input:not([type=hidden]),select,textarea')) {
		if (!e.labels.length) wrong.push('no label: ' + e.outerHTML);
		for (const id of (e.getAttribute('aria-describedby') || '').split(' ').filter(Boolean)) if (!document.getElementById(id)) wrong.push('no description ' + id);
	}
	const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
	if (new Set(ids).size !== ids.length) wrong.push('an id twice: ' + ids);
	if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wrong.push('sticks out by ' + (document.documentElement.scrollWidth - document.documentElement.clientWidth));
	const text = document.body.innerText;
	const missing = text.match(/\b(?:field|way|step|case|sent|said|button|company|purpose|approval|wrong|alert|outcome|channel|action)\.[a-z][a-z.-]+/);
	if (missing) wrong.push('no text for ' + missing[0]);
	if (text.includes('<no value>') || text.includes('{{')) wrong.push('a text with a hole');
	if (document.scripts.length) wrong.push('a script');
	return wrong.join('; ');
})()`

// look judges the page, narrow and wide, light and dark, and keeps pictures.
func (s seat) look(id string) {
	s.t.Helper()
	for _, width := range []int64{1000, 360} {
		s.do(chromedp.EmulateViewport(width, 800))
		var wrong string
		if s.do(chromedp.Evaluate(wellMade, &wrong)); wrong != "" {
			s.t.Errorf("%s %s at %d: %s", s.name, id, width, wrong)
		}
		for _, theme := range []string{"light", "dark"} {
			if s.keep == "" {
				continue
			}
			var picture []byte
			s.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}), chromedp.FullScreenshot(&picture, 100))
			name := fmt.Sprintf("%s-%s-%d-%s.png", s.name, strings.NewReplacer("/", "-", ".", "-").Replace(id), width, theme)
			if err := os.WriteFile(filepath.Join(s.keep, name), picture, 0o600); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	s.do(chromedp.EmulateViewport(1000, 800))
}

// TestJourney fills in every form in a real browser, in both languages, with
// the keyboard alone. With SCREENSHOTS=folder it keeps what it saw for people
// to look at.
func TestJourney(t *testing.T) {
	ctx := browser(t)
	for _, language := range []string{"zh", "en"} {
		t.Run(language, func(t *testing.T) {
			file, folder := filepath.Join(t.TempDir(), "客户名单.csv"), t.TempDir()
			if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := start(t, language, func(o *Options) {
				o.Mask = func(_ context.Context, _, out, _ string) error { return os.WriteFile(out, []byte("******"), 0o600) }
			})
			now := time.Now().UTC()
			r.stub.list[0].Source, r.stub.list[0].Target = file, filepath.Join(folder, "客户名单.csv")
			r.stub.list[0].Steps = []cases.Step{{What: cases.Requested, Time: now.Add(-time.Hour), Text: "why"}, {What: cases.Granted, Time: now, Until: now.Add(72 * time.Hour), Left: 2}}
			second := stopped("019a0000-0000-7000-8000-000000000002", "另一份名单.xlsx")
			second.Notice.EmployeeMay = append(second.Notice.EmployeeMay, "silence")
			second.Notice.Action, second.Steps = "justify", []cases.Step{{What: cases.Requested, Time: now}}
			second.Notice.Time = now.Add(-time.Minute)
			third := stopped("019a0000-0000-7000-8000-000000000003", strings.Repeat("长", 40)+".csv")
			third.Notice.EmployeeMay, third.Notice.Outcome, third.Matches = nil, "undone", nil
			third.Notice.Time = now.Add(-time.Hour)
			drive := stopped("019a0000-0000-7000-8000-000000000004", "")
			drive.Notice.Action, drive.Notice.Outcome, drive.Notice.Reason, drive.Notice.Operation = prompt.Closed, "", "", ""
			drive.Notice.EmployeeMay, drive.Notice.People, drive.Notice.Classes, drive.Notice.Samples = []string{"request-approval"}, 0, nil, nil
			drive.Matches, drive.Classes, drive.People, drive.Notice.Time = nil, nil, 0, now.Add(-2*time.Hour)
			r.stub.list = append(r.stub.list, second, third, drive)
			r.stub.company = cases.Company{
				Policy: "Sales", Version: "2026-03", Enforced: true, Channels: []string{"removable-media", "network-share"},
				Rules: []cases.Rule{{ID: "no-list", Title: map[string]string{"zh": "客户名单不得复制到移动存储介质", "en": "Customer lists do not go to removable media"}, Action: "block", EmployeeMay: []string{"masked-copy", "request-approval"}}, {ID: "report-at-night", Action: "report"}},
			}
			s := seat{r, t, ctx, os.Getenv("SCREENSHOTS"), language}
			link := r.link(t, firstCase, "")
			s.do(chromedp.Navigate(link))
			s.until("location.pathname === '/case/" + firstCase + "'")
			s.look("case")
			s.maskedCopy(folder)
			s.request(second.Notice.ID)
			s.tells(second.Notice.ID)
			s.silences(second.Notice.ID)
			s.goTo("/company")
			s.says("nav.company")
			s.goTo("/")
			s.says("history.title")
			s.goTo("/case/" + third.Notice.ID)
			s.until("document.querySelectorAll('.ways').length === 0")
			s.look("case-without-ways")
			s.goTo("/case/" + drive.Notice.ID)
			s.until("document.querySelectorAll('.ways li').length === 1 && document.querySelectorAll('.line .tag').length === 0")
			s.look("case-drive")
			s.goTo("/nowhere")
			s.says("problem.no-page")
			s.do(chromedp.Navigate(link))
			s.says("problem.over")
		})
	}
}

// press goes to a control with the Tab key and presses Enter there.
func (s seat) press(selector string) {
	s.t.Helper()
	for range 60 {
		if s.is(fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			if !s.is("getComputedStyle(document.activeElement).outlineStyle !== 'none'") {
				s.t.Errorf("%s does not show that it has the focus", selector)
			}
			s.do(chromedp.KeyEvent(kb.Enter))
			return
		}
		s.do(chromedp.KeyEvent(kb.Tab))
	}
	s.t.Fatalf("%s cannot be reached with the keyboard", selector)
}

// last answers the last question to the service.
func (s seat) last(about string, into any) {
	s.t.Helper()
	q := s.stub.questions()
	if len(q) != 1 || q[0].about != about || json.Unmarshal(q[0].body, into) != nil {
		s.t.Fatalf("the service was asked %d times, not once about %s", len(q), about)
	}
}

func (s seat) maskedCopy(folder string) {
	s.t.Helper()
	s.press("a[href$='/masked-copy']")
	s.says("way.masked-copy")
	s.do(chromedp.SetValue("#copy", "../x.csv"))
	s.press("main button")
	s.until("document.activeElement.matches('[role=alert]')")
	s.look("masked-wrong")
	s.do(chromedp.SetValue("#copy", "副本.csv"))
	s.press("main button")
	s.says("sent.masked-copy")
	var saved cases.Saved
	if s.last(cases.AskMasked, &saved); saved.Name != "副本.csv" {
		s.t.Errorf("saved as %q", saved.Name)
	}
	if _, err := os.Stat(filepath.Join(folder, "副本.csv")); err != nil {
		s.t.Error(err)
	}
}

func (s seat) request(id string) {
	s.t.Helper()
	s.goTo("/case/" + id)
	s.press("a[href$='/request-approval']")
	s.says("way.request-approval")
	s.do(chromedp.SendKeys("#text", "年度审计 yearly audit"), chromedp.SetValue("#days", "900"))
	s.press("main button")
	s.until("document.activeElement.matches('[role=alert]')")
	s.look("request-wrong")
	if !s.is("document.querySelector('#text').value === '年度审计 yearly audit' && document.querySelectorAll('[aria-invalid]').length === 5") {
		s.t.Error("what was typed is gone, or not all that is wrong is shown")
	}
	s.do(chromedp.SetValue("#purpose", "audit"), chromedp.SendKeys("#recipient", "审计公司"), chromedp.SetValue("#days", "9"),
		chromedp.SendKeys("#pledge", " "), chromedp.SendKeys("#challenge", " "), chromedp.SendKeys("#name", "张三 Zhang San"))
	s.stub.sends(cases.Sent{People: 1500, Classes: []string{"cn-mobile", "person-name"}, Challenge: "K7QM-2FXP"})
	s.press("main button")
	s.says("sent.request-approval")
	var w cases.Wanted
	if s.last(cases.AskRequest, &w); w.Case != id || w.Days != 9 || w.Uses != 1 || !w.Pledge || !w.Challenge || w.Purpose != "audit" || w.Recipient != "审计公司" || w.Text != "年度审计 yearly audit" || w.Check() != nil {
		s.t.Errorf("asked for %+v", w)
	}
	s.stub.refuses(cases.AskCode, control.Refusal(cases.WrongCode))
	s.do(chromedp.SendKeys("#code", "11112222"))
	s.press("main button")
	s.until("document.activeElement.matches('[role=alert]') && document.body.innerText.includes('K7QM-2FXP')")
	s.look("code-wrong")
	s.stub.questions()
	s.stub.refuses("", nil)
	s.stub.sends(cases.Sent{Until: time.Now().Add(time.Hour)})
	s.do(chromedp.SetValue("#code", "1234 5678"))
	s.press("main button")
	s.says("sent.code")
	var spoken cases.Spoken
	if s.last(cases.AskCode, &spoken); spoken.Code != "1234 5678" || spoken.Case != id {
		s.t.Error("another code was sent")
	}
}

// tells gives a reason, and says that something is a mistake.
func (s seat) tells(id string) {
	s.t.Helper()
	for _, c := range []struct{ way, about string }{{"justify", cases.AskJustify}, {"not-customer-data", cases.AskMistake}} {
		s.goTo("/case/" + id)
		s.press("a[href$='/" + c.way + "']")
		s.says("way." + c.way)
		s.do(chromedp.SendKeys("#text", "测试数据 <b>test data</b>"))
		s.press("main button")
		s.says("sent." + c.way)
		var said cases.Said
		if s.last(c.about, &said); said.Case != id || said.Text != "测试数据 <b>test data</b>" {
			s.t.Errorf("%s sent something else", c.way)
		}
	}
}

// silences wants no more notices of a rule for a day.
func (s seat) silences(id string) {
	s.t.Helper()
	s.goTo("/case/" + id)
	s.press("a[href$='/silence']")
	s.says("way.silence")
	s.look("silence")
	s.press("main button")
	s.says("sent.silence")
	var said cases.Said
	if s.last(cases.AskSilence, &said); said.Case != id {
		s.t.Error("another case's notices were silenced")
	}
}

func (s *stub) sends(sent cases.Sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = sent
}
