package console_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/trustline/trustline/console"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/uploader/incident"
)

// asked sends an incident, and a request about it for so many people.
func (r *running) asked(t *testing.T, people int) (stopped, request incident.Incident) {
	t.Helper()
	return r.askedAbout(t, people, "cn-mobile person-name")
}

func (r *running) askedAbout(t *testing.T, people int, classes string) (stopped, request incident.Incident) {
	t.Helper()
	stopped = newSample().incident(t, 0, time.Now().Add(-time.Minute))
	request, err := incident.New(incident.Agent, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	request.Machine, request.Severity, request.Code = stopped.Machine, incident.Medium, grant.CodeRequested
	request.Detail = grant.Request{
		Incident: stopped.ID, UID: 1000, User: "zhang.wei", Channel: "removable-media", Destination: "0019E06B9C", Place: "Kingston DataTraveler",
		Wish: grant.Wish{Purpose: "contract", Text: "印刷厂需要邮寄名单 <script>alert(1)</script>", Recipient: "印刷厂", Days: 3, Uses: 2, Name: "张伟"},
		File: "客户名单.xlsx", SHA256: strings.Repeat("ab", 32), Classes: strings.Fields(classes), People: people,
	}.Detail()
	r.send(t, stopped, request)
	return stopped, request
}

// again signs in as the account that there is already.
func (r *running) again(t *testing.T) *http.Cookie {
	t.Helper()
	res, _ := r.form(t, r.URL()+"/login", account())
	c := session(res)
	if c == nil {
		t.Fatalf("signing in answered %d", res.StatusCode)
	}
	return c
}

// orders answers what a machine is told.
func (r *running) orders(t *testing.T, machine string) orders.Orders {
	t.Helper()
	res, err := r.as(t, machine).Get(r.URL() + orders.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	o, err := orders.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// granted answers the grants a machine is told, unread of signatures.
func (r *running) granted(t *testing.T, machine string) (all []grant.Answer) {
	t.Helper()
	for _, e := range r.orders(t, machine).Grants {
		var a grant.Answer
		if err := json.Unmarshal(e.Payload, &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func TestARequestIsAnsweredInTheBrowser(t *testing.T) {
	r, ctx := start(t), browser(t)
	setUp(t, ctx, r)
	stopped, request := r.asked(t, 60)
	page := "location.pathname === '/approvals/" + request.ID + "' && document.readyState === 'complete'"
	do(t, ctx, chromedp.Click("nav a[href='/approvals']"))
	until(t, ctx, "document.querySelector(\"a[href='/approvals/"+request.ID+"']\") !== null")
	do(t, ctx, chromedp.Click("a[href='/approvals/"+request.ID+"']"))
	until(t, ctx, page+" && document.querySelector('.said').textContent.includes('<script>alert(1)</script>')")
	do(t, ctx, chromedp.SetValue("input[name=people]", "50"), chromedp.SetValue("input[name=uses]", "1"), chromedp.Click("button[value=approve]"))
	until(t, ctx, page+" && document.querySelector('.state.granted') !== null")
	all := r.granted(t, stopped.Machine.ID)
	if len(all) != 1 || all[0].Grant == nil || all[0].Grant.MaxPeople != 50 || all[0].Grant.MaxUses != 1 || all[0].Grant.Incident != stopped.ID {
		t.Fatalf("the machine is told %+v", all)
	}
	do(t, ctx, chromedp.SendKeys("textarea[name=reason]", "弄丢了"), chromedp.Click("button[value=withdraw]"))
	until(t, ctx, page+" && document.querySelector('button[value=withdraw]') === null")
	if all := r.granted(t, stopped.Machine.ID); len(all) != 2 || all[1].Withdrawal == nil || all[1].Withdrawal.Reason != "弄丢了" {
		t.Fatalf("the machine is told %+v", all)
	}
	do(t, ctx, chromedp.Navigate(r.URL()+"/incidents/"+stopped.ID))
	until(t, ctx, "document.querySelectorAll('.timeline li').length === 3 && document.querySelector('.timeline script') === null")
}

// A drive that is read-only as a whole is asked for without a file.
func TestARequestForADrive(t *testing.T) {
	r := start(t)
	cookie := r.signIn(t)
	closed, err := incident.New(incident.Agent, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	request, err := incident.New(incident.Agent, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	closed.Machine, closed.Severity, closed.Code = newSample().incident(t, 0, time.Now()).Machine, incident.Low, "drive-read-only"
	closed.Detail = map[string]string{"mountPoint": `E:\`, "device": "Kingston DT", "rule": "no-lists"}
	request.Machine, request.Severity, request.Code = closed.Machine, incident.Medium, grant.CodeRequested
	request.Detail = grant.Request{
		Incident: closed.ID, UID: 1001, User: "zhang.wei", Channel: "removable-media", Destination: "60A44C", Place: "Kingston DT",
		Wish: grant.Wish{Purpose: "contract", Days: 1, Uses: 1, Name: "张伟"},
	}.Detail()
	r.send(t, closed, request)
	for _, path := range []string{"/approvals", "/approvals/" + request.ID} {
		if res, page := r.get(t, path, cookie); res.StatusCode != http.StatusOK || !strings.Contains(page, "整个驱动器") && !strings.Contains(page, "the drive as a whole") {
			t.Errorf("%s: %d\n%s", path, res.StatusCode, page)
		}
	}
	if res, page := r.get(t, "/incidents/"+closed.ID, cookie); res.StatusCode != http.StatusOK || !strings.Contains(page, "Kingston DT") {
		t.Errorf("the incident: %d\n%s", res.StatusCode, page)
	}
	r.form(t, r.URL()+"/approvals/"+request.ID, url.Values{"do": {"approve"}, "people": {"0"}, "uses": {"1"}, "days": {"1"}}, cookie)
	if all := r.granted(t, closed.Machine.ID); len(all) != 1 || all[0].Grant == nil || all[0].Grant.Destination != "60A44C" {
		t.Errorf("the machine is told %+v", all)
	}
}

// Hours that are none never become days.
func TestHoursOfAnApproval(t *testing.T) {
	r := start(t)
	cookie := r.signIn(t)
	stopped, request := r.asked(t, 60)
	address := r.URL() + "/approvals/" + request.ID
	for _, hours := range []string{"0", "-1", "25", "x", "1.5", "99999999999999999999", "9999999999999"} {
		if res, _ := r.form(t, address, url.Values{"do": {"approve"}, "people": {"60"}, "uses": {"1"}, "days": {"1"}, "hours": {hours}}, cookie); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s hours: %d", hours, res.StatusCode)
		}
	}
	if all := r.granted(t, stopped.Machine.ID); len(all) != 0 {
		t.Fatalf("%d grants", len(all))
	}
	if res, _ := r.form(t, address, url.Values{"do": {"approve"}, "people": {"60"}, "uses": {"1"}, "days": {"1"}, "hours": {"2"}}, cookie); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("two hours: %d", res.StatusCode)
	}
	all := r.granted(t, stopped.Machine.ID)
	if len(all) != 1 || all[0].Grant == nil || all[0].Grant.Expires.Sub(all[0].Grant.NotBefore) != 2*time.Hour {
		t.Errorf("%+v", all)
	}
}

func TestAnswersThatAreNotGiven(t *testing.T) {
	r := start(t)
	cookie := r.signIn(t)
	stopped, request := r.asked(t, 1600)
	address := "/approvals/" + request.ID
	answer := func(values url.Values) int {
		t.Helper()
		res, _ := r.form(t, r.URL()+address, values, cookie)
		return res.StatusCode
	}
	for name, c := range map[string]struct {
		values url.Values
		status int
	}{
		"more people":     {url.Values{"do": {"approve"}, "people": {"1601"}, "uses": {"1"}, "days": {"1"}}, http.StatusUnprocessableEntity},
		"no number":       {url.Values{"do": {"approve"}, "people": {"all"}, "uses": {"1"}, "days": {"1"}}, http.StatusUnprocessableEntity},
		"no reason":       {url.Values{"do": {"refuse"}, "reason": {" "}}, http.StatusUnprocessableEntity},
		"a long reason":   {url.Values{"do": {"refuse"}, "reason": {strings.Repeat("x", 501)}}, http.StatusUnprocessableEntity},
		"control letters": {url.Values{"do": {"refuse"}, "reason": {"a\x1b[2J"}}, http.StatusUnprocessableEntity},
		"neither":         {url.Values{}, http.StatusBadRequest},
		"nothing granted": {url.Values{"do": {"withdraw"}, "reason": {"x"}}, http.StatusConflict},
	} {
		if status := answer(c.values); status != c.status {
			t.Errorf("%s: %d", name, status)
		}
	}
	good := url.Values{"do": {"approve"}, "people": {"1600"}, "uses": {"1"}, "days": {"1"}}
	if status := answer(good); status != http.StatusSeeOther {
		t.Fatalf("the first of two: %d", status)
	}
	if status := answer(good); status != http.StatusConflict {
		t.Errorf("the same person twice: %d", status)
	}
	if all := r.granted(t, stopped.Machine.ID); len(all) != 0 {
		t.Errorf("half an approval is told: %+v", all)
	}
	if res, _ := r.form(t, r.URL()+address, good); res.StatusCode == http.StatusSeeOther && !strings.Contains(res.Header.Get("Location"), "/login") {
		t.Error("nobody has to sign in")
	}
	if res, _ := r.get(t, "/approvals/0190aaaa-bbbb-7ccc-8ddd-ffffffffffff", cookie); res.StatusCode != http.StatusNotFound {
		t.Errorf("no such request: %d", res.StatusCode)
	}
}

func TestCodesAreGivenOnTheRecord(t *testing.T) {
	r := start(t)
	cookie := r.signIn(t)
	r.beat(t, newSample().heartbeat(0, time.Now()))
	challenge := grant.NewChallenge()
	give := func(permits, heard, machine string) (int, string) {
		t.Helper()
		res, body := r.form(t, r.URL()+"/codes", url.Values{"permits": {permits}, "challenge": {heard}, "machine": {machine}}, cookie)
		return res.StatusCode, body
	}
	secret := r.orders(t, machineID(0)).Secret
	want := grant.Code(secret, "stop", challenge)
	if status, body := give("stop", strings.ToLower(challenge), machineID(0)); status != http.StatusOK || !strings.Contains(body, want[:4]+" "+want[4:]) {
		t.Errorf("%d", status)
	}
	for name, c := range map[string][3]string{
		"misheard": {"stop", "KKKK", machineID(0)}, "another machine": {"stop", challenge, machineID(5)}, "anything": {"everything", challenge, machineID(0)},
	} {
		if status, body := give(c[0], c[1], c[2]); status != http.StatusUnprocessableEntity || strings.Contains(body, "<output>") {
			t.Errorf("%s: %d", name, status)
		}
	}
	r.demote(t)
	if status, _ := give("uninstall", challenge, machineID(0)); status != http.StatusForbidden {
		t.Errorf("a reviewer stops agents: %d", status)
	}
	if status, _ := give("grant", challenge, machineID(0)); status != http.StatusOK {
		t.Errorf("a reviewer: %d", status)
	}
	slow := false
	for range 40 {
		status, body := give("grant", challenge, machineID(0))
		slow = slow || status == http.StatusUnprocessableEntity && !strings.Contains(body, "<output>")
	}
	if !slow {
		t.Error("codes are given without end")
	}
	if history, err := r.beside(t).History(t.Context(), machineID(0)); err != nil || len(history) < 2 || strings.Contains(string(history[0].Detail), want) {
		t.Errorf("%d entries, %v", len(history), err)
	}
}

// Who reads out a code sees for how many people it is, and for many, or for
// nobody knows how many, one account is not enough.
func TestACodeForManyTakesTwoPeople(t *testing.T) {
	r := start(t)
	cookie := r.signIn(t)
	r.beat(t, newSample().heartbeat(0, time.Now()))
	secret := r.orders(t, machineID(0)).Secret
	give := func(challenge string) (int, string, bool) {
		t.Helper()
		res, body := r.form(t, r.URL()+"/codes", url.Values{"permits": {"grant"}, "challenge": {challenge}, "machine": {machineID(0)}}, cookie)
		code := grant.Code(secret, "grant", challenge)
		return res.StatusCode, body, strings.Contains(body, code[:4]+" "+code[4:])
	}
	if status, body, given := give(grant.ChallengeFor(60)); status != http.StatusOK || !given || !strings.Contains(body, "60 人") && !strings.Contains(body, "60 people") {
		t.Errorf("for 60 people: %d\n%s", status, body)
	}
	for name, challenge := range map[string]string{"for 5000": grant.ChallengeFor(5000), "of an earlier version": grant.NewChallenge()} {
		if status, _, given := give(challenge); status != http.StatusOK || given {
			t.Errorf("%s: %d, given %v", name, status, given)
		}
		if status, _, given := give(challenge); status != http.StatusConflict || given {
			t.Errorf("%s, again: %d, given %v", name, status, given)
		}
		another := grant.ChallengeFor(5000)
		chen := store.Account{ID: "0193559a-0000-7000-8000-00000000000b", Name: "chen"}
		c := store.Code{Machine: machineID(0), Permits: "grant", Challenge: another, People: 5000, Two: true}
		if given, err := r.beside(t).GiveCode(t.Context(), chen, c, time.Now()); given || err != nil {
			t.Fatalf("somebody else: %v %v", given, err)
		}
		if status, _, given := give(another); status != http.StatusOK || !given {
			t.Errorf("%s, after somebody else: %d, given %v", name, status, given)
		}
	}
}

// Data of a level takes two accounts for however few people: as the policy in
// force grades it, which may change while a request waits, and where it does not.
func TestDataOfALevelTakesTwoPeople(t *testing.T) {
	r := startWith(t, console.Config{SecondLevel: rules.Confidential})
	cookie := r.signIn(t)
	approve := func(request incident.Incident) (halves bool) {
		t.Helper()
		res, body := r.form(t, r.URL()+"/approvals/"+request.ID, url.Values{"do": {"approve"}, "people": {"5"}, "uses": {"1"}, "days": {"1"}}, cookie)
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d: %.500s", res.StatusCode, body)
		}
		q, err := r.beside(t).Request(t.Context(), request.ID)
		if err != nil || q.State != store.RequestHalf && q.State != store.RequestGranted {
			t.Fatalf("%s %v", q.State, err)
		}
		return q.State == store.RequestHalf
	}
	for _, c := range []struct {
		classes string
		two     bool
	}{{"cn-mobile person-name", false}, {"cn-mobile bank-card", true}, {"cn-mobile of-another-policy", true}, {"", true}} {
		if _, request := r.askedAbout(t, 5, c.classes); approve(request) != c.two {
			t.Errorf("%q: two accounts %v", c.classes, !c.two)
		}
	}
	_, request := r.askedAbout(t, 5, "cn-mobile")
	graded := strings.Replace(sound(1), "classes:", "levels: [{kind: cn-mobile, level: core}]\nclasses:", 1)
	if _, err := r.beside(t).Publish(t.Context(), store.Account{Name: userName}, graded, "手机号升级", 0, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, page := r.get(t, "/approvals/"+request.ID, cookie); !strings.Contains(page, "two approvals") && !strings.Contains(page, "两名不同人员") {
		t.Error("the page does not say that it takes two")
	}
	if !approve(request) {
		t.Error("as it was graded before")
	}
	if res, _ := r.form(t, r.URL()+"/approvals/"+request.ID, url.Values{"do": {"approve"}, "people": {"5"}, "uses": {"1"}, "days": {"1"}}, cookie); res.StatusCode != http.StatusConflict {
		t.Errorf("the same account twice: %d", res.StatusCode)
	}
	r.beat(t, newSample().heartbeat(0, time.Now()))
	challenge := grant.ChallengeFor(5) // which says nothing of levels
	code := grant.Code(r.orders(t, machineID(0)).Secret, "grant", challenge)
	_, body := r.form(t, r.URL()+"/codes", url.Values{"permits": {"grant"}, "challenge": {challenge}, "machine": {machineID(0)}}, cookie)
	if strings.Contains(body, code[:4]+" "+code[4:]) || !strings.Contains(body, challenge) {
		t.Error("one account has the code by telephone")
	}
}

// A reviewer sees on both pages that an approval did not hold, and why.
func TestThatAnApprovalDidNotHoldIsShown(t *testing.T) {
	r := start(t)
	cookie := r.signIn(t)
	stopped, _ := r.asked(t, 60)
	reasons := []string{"not-yet", "expired", "other-person", "other-destination", "content-changed", "more-classes", "more-people", "other-rule", "used-up", "withdrawn", "clock-set-back", "not-counted", "others-wrote"}
	for n, why := range reasons {
		again := newSample().incident(t, 0, time.Now().Add(time.Duration(n)*time.Second))
		again.Machine, again.Decision.GrantFailed, again.Decision.GrantAbout = stopped.Machine, why, stopped.ID
		r.send(t, again)
		if _, page := r.get(t, "/incidents/"+again.ID, cookie); !strings.Contains(page, `href="/incidents/`+stopped.ID+`"`) || strings.Contains(page, "grant-failed.") || strings.Contains(page, "<dd>"+why) {
			t.Errorf("%s is not told with the second", why)
		}
		if _, page := r.get(t, "/incidents/"+stopped.ID, cookie); !strings.Contains(page, `href="/incidents/`+again.ID+`"`) || strings.Contains(page, "grant-failed") {
			t.Errorf("%s is not told with the first", why)
		}
	}
}
