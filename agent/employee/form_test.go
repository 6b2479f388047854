package employee

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/rules/synthetic"
)

const requestPath = "/case/" + firstCase + "/request-approval"

// complete is a request in which nothing is missing.
func complete(a answer, more ...string) url.Values {
	f := a.form("purpose", "audit", "text", "for the yearly audit", "recipient", "Audit Ltd.", "days", "7", "uses", "2", "pledge", "yes", "name", "Anna Example")
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func TestRequestIsSentOnce(t *testing.T) {
	r := start(t, "en")
	r.stub.sent = cases.Sent{People: 1500, Classes: []string{"cn-mobile"}, Challenge: "K7QM-2FXP"}
	v, page := r.visit(t, firstCase, "request-approval")
	if page.at != requestPath {
		t.Fatalf("the link leads to %s", page.at)
	}
	person := synthetic.New(1).Person()
	f := complete(page, "text", "for "+person.Mobile, "challenge", "yes")
	var all sync.WaitGroup // a button that is pressed again and again
	for range 5 {
		all.Go(func() {
			if a := v.send(requestPath, f); a.status != http.StatusOK || !strings.HasPrefix(a.at, "/sent/") {
				t.Errorf("%d at %s", a.status, a.at)
			}
		})
	}
	all.Wait()
	q := r.stub.questions()
	if len(q) != 1 || q[0].about != cases.AskRequest {
		t.Fatalf("asked %d times", len(q))
	}
	var w cases.Wanted
	if err := json.Unmarshal(q[0].body, &w); err != nil {
		t.Fatal(err)
	}
	if w.Case != firstCase || w.Purpose != "audit" || w.Recipient != "Audit Ltd." || w.Days != 7 || w.Uses != 2 || !w.Pledge || w.Name != "Anna Example" || !w.Challenge {
		t.Errorf("asked for %+v", w)
	}
	if strings.Contains(w.Text, person.Mobile) || !strings.HasPrefix(w.Text, "for ") {
		t.Error("what was written is not masked")
	}
	contains(t, v.send(requestPath, f), "Your request is sent", "1,500", "K7QM-2FXP", `name="code"`)
}

func TestMistakesInARequestKeepWhatWasTyped(t *testing.T) {
	r := start(t, "en")
	v, page := r.visit(t, firstCase, "request-approval")
	long := strings.Repeat("字", 201)
	for _, c := range []struct{ name, value, says string }{
		{"purpose", "", "Please choose one."},
		{"purpose", "nonsense", "Please choose one."},
		{"text", long, "At most 600 letters or 200 Chinese characters."},
		{"text", "a\x00b", "characters that cannot be used"},
		{"recipient", " ", "Please fill this in."},
		{"recipient", "a\r\nb", "on one line"},
		{"days", "0", "from 1 to 90"},
		{"days", "91", "from 1 to 90"},
		{"days", "1e9", "from 1 to 90"},
		{"uses", "-1", "from 1 to 1000"},
		{"uses", "99999999999999999999", "from 1 to 1000"},
		{"pledge", "", "read it and tick the box"},
		{"name", "", "Please fill this in."},
	} {
		a := v.send(requestPath, complete(page, c.name, c.value))
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s=%q: %d", c.name, c.value, a.status)
		}
		contains(t, a, `role="alert"`, c.says, `href="#`+c.name+`"`, `id="`+c.name+`-wrong"`, `aria-invalid="true"`)
		if c.name != "recipient" {
			contains(t, a, `value="Audit Ltd."`)
		}
		if c.name == "text" && len(c.value) > 10 {
			contains(t, a, c.value)
		}
	}
	other := complete(page, "purpose", "other")
	other.Set("text", "")
	contains(t, v.send(requestPath, other), `id="text-wrong"`)
	if q := r.stub.questions(); len(q) != 0 {
		t.Errorf("the service was asked %d times", len(q))
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		r := start(t, lang)
		v, page := r.visit(t, firstCase, "request-approval")
		seen := map[string]string{}
		for _, code := range []string{cases.NoSuchCase, cases.NotOffered, cases.Incomplete, cases.TooOften, cases.WrongCode, cases.CodesLocked, cases.NoConsole, cases.FileChanged, cases.OnlyBegun} {
			r.stub.refuses(cases.AskRequest, control.Refusal(code))
			a := v.send(requestPath, complete(page))
			says := r.texts.Text("refusal." + code)
			if a.status != http.StatusUnprocessableEntity || says == "refusal."+code || seen[says] != "" {
				t.Errorf("%s: %d says %q as does %q", code, a.status, says, seen[says])
			}
			seen[says] = code
			contains(t, a, says, "for the yearly audit", `value="Anna Example"`)
		}
		r.stub.refuses(cases.AskRequest, control.Refusal("new-code"))
		contains(t, v.send(requestPath, complete(page)), "new-code")
		for err, id := range map[error]string{control.ErrNotRunning: "service.not-running", control.ErrBusy: "service.busy", control.ErrFailed: "service.other"} {
			r.stub.refuses(cases.AskRequest, fmt.Errorf("ask: %w", err))
			contains(t, v.send(requestPath, complete(page)), r.texts.Text(id))
		}
		r.stub.refuses(cases.AskList, control.ErrNotRunning)
		if a := v.get("/"); a.status != http.StatusBadGateway {
			t.Errorf("without the service: %d", a.status)
		}
		r.stub.refuses("", nil)
		if a := v.send(requestPath, complete(page)); a.status != http.StatusOK {
			t.Errorf("the same form again: %d", a.status)
		}
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	r := start(t, "en")
	v, page := r.visit(t, firstCase, "request-approval")
	other, otherPage := r.visit(t, firstCase, "request-approval")
	good := complete(page)
	for what, change := range map[string]func(*http.Request){
		"no origin":       func(r *http.Request) { r.Header.Del("Origin") },
		"foreign origin":  func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"null":            func(r *http.Request) { r.Header.Set("Origin", "null") },
		"other port":      func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") },
		"https":           func(r *http.Request) { r.Header.Set("Origin", "https://"+v.address) },
		"localhost":       func(r *http.Request) { r.Header.Set("Origin", "http://localhost") },
		"longer":          func(r *http.Request) { r.Header.Set("Origin", "http://"+v.address+".evil.example") },
		"two origins":     func(r *http.Request) { r.Header.Add("Origin", "https://evil.example") },
		"cross-site":      func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"same site":       func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"rebound":         func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Origin", "http://evil.example") },
		"no session":      func(r *http.Request) { r.Header.Set("Cookie", cookieName+"=x") },
		"other's session": func(r *http.Request) { r.Header.Set("Cookie", other.cookie()) },
	} {
		sender := v
		if strings.HasSuffix(what, "session") {
			sender = stranger(t, "http://"+v.address)
		}
		if a := sender.send(requestPath, good, change); a.status < 400 {
			t.Errorf("%s: %d", what, a.status)
		}
	}
	for what, f := range map[string]url.Values{
		"no token": complete(page, "csrf", ""), "another session's": complete(page, "csrf", otherPage.form().Get("csrf")),
		"no form": complete(page, "form", ""), "odd form": complete(page, "form", "../../x"), "short": complete(page, "csrf", good.Get("csrf")[1:]),
	} {
		a := v.send(requestPath, f)
		if a.status != http.StatusForbidden {
			t.Errorf("%s: %d", what, a.status)
		}
		contains(t, a, "What you typed is still here", "for the yearly audit")
	}
	big := complete(page, "text", strings.Repeat("a", maxBody))
	if a := v.send(requestPath, big); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", a.status)
	}
	if a := v.do(v.request(http.MethodPost, requestPath, "a;b=%zz")); a.status != http.StatusBadRequest {
		t.Errorf("a broken form: %d", a.status)
	}
	if q := r.stub.questions(); len(q) != 0 {
		t.Fatalf("the service was asked %d times", len(q))
	}
	// And nothing of this spoiled the form.
	if a := v.send(requestPath, good); a.status != http.StatusOK || len(r.stub.questions()) != 1 {
		t.Errorf("the right form: %d", a.status)
	}
	// What another session sent is not shown.
	sent := v.send(requestPath, good)
	if a := other.get(sent.at); a.status != http.StatusNotFound {
		t.Errorf("another session is shown what was sent: %d", a.status)
	}
}

func (v *visitor) cookie() string {
	for _, c := range v.client.Jar.Cookies(&url.URL{Scheme: "http", Host: v.address, Path: "/"}) {
		return c.Name + "=" + c.Value
	}
	return ""
}

func TestOnlyWhatIsOffered(t *testing.T) {
	r := start(t, "en")
	r.stub.list[0].Notice.EmployeeMay = []string{"masked-copy"}
	v, page := r.visit(t, firstCase, "")
	contains(t, page, "/masked-copy")
	for _, way := range []string{"request-approval", "justify", "not-customer-data", "code", "unknown"} {
		if strings.Contains(page.body, "/"+way+`"`) {
			t.Errorf("%s is offered", way)
		}
		if a := v.get("/case/" + firstCase + "/" + way); a.status < 400 {
			t.Errorf("the form of %s: %d", way, a.status)
		}
	}
	for _, path := range []string{"/case/none", "/case/none/justify", "/case/..%2f..", "/case/%00", "/case/" + firstCase + "/../..%2f", "/enter/", "/sent/none", "/static/style.css", "/messages/en.yaml"} {
		if a := v.get(path); a.status < 400 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestJustifyAndMistake(t *testing.T) {
	r := start(t, "en")
	r.stub.list[0].Notice.Action = "justify"
	person := synthetic.New(2).Person()
	v, _ := r.visit(t, firstCase, "")
	for way, about := range map[string]string{"justify": cases.AskJustify, "not-customer-data": cases.AskMistake} {
		path := "/case/" + firstCase + "/" + way
		page := v.get(path)
		contains(t, v.send(path, page.form("text", " ")), "Please fill this in.")
		a := v.send(path, page.form("text", "it is the number "+person.ResidentID+"\r\nof a test"))
		if a.status != http.StatusOK || !strings.HasPrefix(a.at, "/sent/") {
			t.Fatalf("%s: %d at %s", way, a.status, a.at)
		}
		q := r.stub.questions()
		var s cases.Said
		if len(q) != 1 || q[0].about != about || json.Unmarshal(q[0].body, &s) != nil || s.Case != firstCase {
			t.Fatalf("%s asked %d times", way, len(q))
		}
		if strings.Contains(s.Text, person.ResidentID) || !strings.HasSuffix(s.Text, "\nof a test") {
			t.Errorf("%s says something else, or not masked", way)
		}
	}
}

func TestSilence(t *testing.T) {
	r := start(t, "en")
	r.stub.list[0].Notice.EmployeeMay = []string{"silence"}
	r.stub.sent = cases.Sent{Until: time.Now().Add(24 * time.Hour)}
	v, _ := r.visit(t, firstCase, "")
	path := "/case/" + firstCase + "/silence"
	page := v.get(path)
	contains(t, page, "the security team sees that you silenced it")
	a := v.send(path, page.form())
	contains(t, a, "For a day you get no more notices")
	if q := r.stub.questions(); len(q) != 1 || q[0].about != cases.AskSilence {
		t.Errorf("asked %d times", len(q))
	}
	r.stub.list[0].Notice.EmployeeMay = nil
	if a := v.get(path); a.status != http.StatusConflict {
		t.Errorf("not offered, and still %d", a.status)
	}
}

func TestCode(t *testing.T) {
	r := start(t, "en")
	now := time.Now().UTC()
	r.stub.list[0].Steps = []cases.Step{{What: cases.Requested, Time: now, Text: "why"}}
	r.stub.sent = cases.Sent{Challenge: "K7QM-2FXP"}
	v, page := r.visit(t, firstCase, "request-approval")
	v.send(requestPath, complete(page, "challenge", "yes"))
	r.stub.questions()
	r.stub.sent = cases.Sent{Until: now.Add(time.Hour)}
	path := "/case/" + firstCase + "/code"
	page = v.get(path)
	contains(t, page, "K7QM-2FXP")
	r.stub.refuses(cases.AskCode, control.Refusal(cases.WrongCode))
	contains(t, v.send(path, page.form("code", "1234 0000")), "K7QM-2FXP", `value="1234 0000"`, "digit by digit")
	r.stub.refuses("", nil)
	contains(t, v.send(path, page.form("code", " 1234 5678 ")), "The code is right", "Until")
	q := r.stub.questions()
	if len(q) != 2 || string(q[1].body) != `{"case":"`+firstCase+`","code":"1234 5678"}` {
		t.Errorf("asked %d times", len(q))
	}
}

// masking is a page with a file to be masked and a folder for the copy.
func masking(t *testing.T, mask func(ctx context.Context, in, out, policy string) error) (r *running, file, folder string) {
	t.Helper()
	file, folder = filepath.Join(t.TempDir(), "customers.csv"), t.TempDir()
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = start(t, "en", func(o *Options) { o.Mask = mask })
	r.stub.list[0].Source, r.stub.list[0].Target = file, filepath.Join(folder, "customers.csv")
	return r, file, folder
}

const maskedPath = "/case/" + firstCase + "/masked-copy"

func TestMaskedCopy(t *testing.T) {
	r, file, folder := masking(t, func(_ context.Context, in, out, policy string) error {
		if policy != "what the service says" {
			t.Errorf("masked with %q", policy)
		}
		content, err := os.ReadFile(in)
		if err != nil {
			return err
		}
		return os.WriteFile(out, []byte(strings.Repeat("*", len(content))), 0o600)
	})
	r.stub.masking = "what the service says"
	v, page := r.visit(t, firstCase, "masked-copy")
	contains(t, page, `value="`+file+`"`, `value="`+folder+`"`, `value="customers.csv"`)
	f := page.form("file", file, "folder", folder, "copy", "customers.csv")
	a := v.send(maskedPath, f)
	contains(t, a, "The masked copy is saved", filepath.Join(folder, "customers.csv"))
	if got, _ := os.ReadFile(filepath.Join(folder, "customers.csv")); string(got) != "******" {
		t.Errorf("the copy holds %q", got)
	}
	q := r.stub.questions()
	if len(q) != 1 || q[0].about != cases.AskMasked || string(q[0].body) != `{"case":"`+firstCase+`","name":"customers.csv"}` {
		t.Errorf("asked %d times", len(q))
	}
	v.send(maskedPath, f) // again
	contains(t, v.send(maskedPath, v.get(maskedPath).form("file", file, "folder", folder, "copy", "customers.csv")), "is not replaced")
	if q := r.stub.questions(); len(q) != 0 {
		t.Errorf("asked %d times more", len(q))
	}
}

func TestMaskedCopyRefused(t *testing.T) {
	r, file, folder := masking(t, func(context.Context, string, string, string) error {
		return errors.New("customers.csv: no masked copy was made: <b>it is encrypted</b>")
	})
	v, page := r.visit(t, firstCase, "masked-copy")
	a := v.send(maskedPath, page.form("file", file, "folder", folder, "copy", "other.csv"))
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.status)
	}
	contains(t, a, "The masked copy was not saved.", "&lt;b&gt;it is encrypted&lt;/b&gt;", `value="other.csv"`)
	if q := r.stub.questions(); len(q) != 0 {
		t.Errorf("asked %d times", len(q))
	}
}

func TestTricksWithPaths(t *testing.T) {
	r, file, folder := masking(t, func(context.Context, string, string, string) error {
		t.Error("something was masked")
		return nil
	})
	if err := os.Symlink("/nowhere", filepath.Join(folder, "dangling.csv")); err != nil {
		t.Fatal(err)
	}
	number := synthetic.New(3).Person().Mobile
	v, page := r.visit(t, firstCase, "masked-copy")
	for _, c := range []struct{ file, folder, name, wrong string }{
		{"customers.csv", folder, "a.csv", "file"}, {"", folder, "a.csv", "file"}, {folder, folder, "a.csv", "file"},
		{"/dev/zero", folder, "a.csv", "file"}, {file + "\x00.txt", folder, "a.csv", "file"}, {"/" + strings.Repeat("a/", 2100), folder, "a.csv", "file"},
		{file, "..", "a.csv", "folder"}, {file, file, "a.csv", "folder"}, {file, folder + "/none", "a.csv", "folder"},
		{file, folder, "../a.csv", "copy"}, {file, folder, "..", "copy"}, {file, folder, ".", "copy"}, {file, folder, "", "copy"}, {file, folder, `a\b`, "copy"},
		{file, folder, "a\x00b", "copy"}, {file, folder, strings.Repeat("a", 256), "copy"}, {file, folder, "dangling.csv", "copy"}, {file, folder, number + ".csv", "copy"},
		{file, filepath.Dir(file), filepath.Base(file), "copy"},
	} {
		a := v.send(maskedPath, page.form("file", c.file, "folder", c.folder, "copy", c.name))
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="`+c.wrong+`-wrong"`) {
			t.Errorf("%.60q into %.60q as %.60q: %d", c.file, c.folder, c.name, a.status)
		}
	}
}

func TestNamesAreTextNotMarkup(t *testing.T) {
	r := start(t, "en")
	evil := `<script>alert(1)</script>"'&`
	c := stopped(firstCase, evil)
	c.Place, c.Source, c.Target = evil, "/home/"+evil+"/a.csv", "/media/"+evil+"/a.csv"
	c.Matches[0].Location, c.Matches[0].Masked, c.Matches[0].Class = evil, evil, evil
	c.Steps = []cases.Step{{What: evil, Text: evil, Time: time.Now()}, {What: cases.Requested, Time: time.Now()}}
	c.Notice.Rule, c.Notice.Outcome, c.Channel = evil, evil, evil
	c.Notice.Words.Title["en"] = evil
	r.stub.list = []cases.Case{c}
	v, _ := r.visit(t, firstCase, "")
	for _, path := range []string{"/", "/case/" + firstCase, maskedPath, requestPath, "/case/" + firstCase + "/code"} {
		a := v.get(path)
		if a.status != http.StatusOK || strings.Contains(a.body, "<script") || !strings.Contains(a.body, "&lt;/script&gt;") {
			t.Errorf("%s: %d\n%s", path, a.status, a.body)
		}
	}
}
