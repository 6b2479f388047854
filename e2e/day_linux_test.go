package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// reviewer is somebody signed in at the console.
type reviewer struct {
	c    *company
	http *http.Client
}

// signIn makes the first account and is signed in with it.
func (c *company) signIn() *reviewer {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.dir, "console.ready"))
	var ready struct{ Setup string }
	if err == nil {
		err = json.Unmarshal(raw, &ready)
	}
	jar, jarErr := cookiejar.New(nil)
	if err != nil || jarErr != nil || ready.Setup == "" {
		c.t.Fatal(err, jarErr, "no set-up link")
	}
	r := &reviewer{c, &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}}
	r.post(strings.TrimPrefix(ready.Setup, c.url), url.Values{"name": {"chen"}, "password": {"correct horse battery"}, "again": {"correct horse battery"}})
	return r
}

func (r *reviewer) page(path string) string {
	r.c.t.Helper()
	req, err := http.NewRequestWithContext(r.c.t.Context(), http.MethodGet, r.c.url+path, nil)
	if err != nil {
		r.c.t.Fatal(err)
	}
	return r.do(req)
}

func (r *reviewer) post(path string, values url.Values) string {
	r.c.t.Helper()
	req, err := http.NewRequestWithContext(r.c.t.Context(), http.MethodPost, r.c.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		r.c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", r.c.url)
	return r.do(req)
}

func (r *reviewer) do(req *http.Request) string {
	r.c.t.Helper()
	req.Header.Set("Accept-Language", "en")
	res, err := r.http.Do(req)
	if err != nil {
		r.c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		r.c.t.Fatalf("%s %s: %s %v\n%.1500s", req.Method, req.URL.Path, res.Status, err, body)
	}
	return string(body)
}

// A day of one employee, with real processes: stopped, a masked copy instead,
// an approval asked for and given, the copy made once and not twice.
func TestADayOfOneEmployee(t *testing.T) {
	c := startCompany(t)
	security := c.signIn()
	src, dst := c.give("customers.csv", "day.csv"), filepath.Join(c.stick, "day.csv")
	if _, err := c.as(`cp "$SRC" "$DST"`, src, dst); err == nil {
		t.Fatal("the list was copied")
	}
	p, history := c.openPage()
	at := caseLink.FindStringSubmatch(history)[1]
	if got := p.send(at + "/masked-copy"); !strings.Contains(got, "The masked copy is saved") {
		t.Fatalf("no masked copy:\n%s", got)
	}
	p.send(at+"/request-approval", "purpose", "contract", "text", "printing", "recipient", "Print Ltd.", "days", "1", "uses", "1", "pledge", "yes", "name", "Anna Example")
	request := c.awaitIncident("the request", func(i incident.Incident) bool { return i.Code == "approval-requested" })
	if _, err := c.as(`cp "$SRC" "$DST"`, src, dst); err == nil {
		t.Fatal("asking was enough")
	}
	if list := security.page("/approvals"); !strings.Contains(list, request.ID) {
		t.Fatalf("nobody is told of the request:\n%s", list)
	}
	security.post("/approvals/"+request.ID, url.Values{"do": {"approve"}, "people": {"500"}, "uses": {"1"}, "days": {"1"}})
	approved := time.Now()
	c.until("the approval on the machine", func() bool { return strings.Contains(p.curl(p.origin+at), "Approval was given") })
	t.Logf("approved and usable after %v", time.Since(approved).Round(10*time.Millisecond))
	if out, err := c.as(`cp "$SRC" "$DST"`, src, dst); err != nil {
		t.Fatalf("the approved copy: %v: %s", err, out)
	}
	if copied, err := os.ReadFile(dst); err != nil || !bytes.Equal(copied, must(os.ReadFile(src))(t)) {
		t.Errorf("the approved copy is not the file: %v", err)
	}
	if _, err := c.as(`cp "$SRC" "$DST.again"`, src, dst); err == nil {
		t.Error("the copy was approved once and made twice")
	}
	c.awaitIncident("the use", func(i incident.Incident) bool { return i.Code == "grant-used" })
	again := c.awaitIncident("the second copy", func(i incident.Incident) bool { return i.Decision.GrantFailed == "used-up" })
	if again.Decision.Outcome != incident.Prevented {
		t.Errorf("the second copy: %+v", again.Decision)
	}
	timeline := security.page("/incidents/" + request.Detail["incident"])
	for _, step := range []string{"Masked copy saved instead", "Approval requested", "approved", "Approval used"} {
		if !strings.Contains(timeline, step) {
			t.Errorf("the incident does not tell: %s", step)
		}
	}
}

// must answers a value or ends the test.
func must[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// What the console publishes is in force on the machine within seconds, and a
// restart without the console keeps it.
func TestAPolicyFromTheConsole(t *testing.T) {
	c := startCompany(t)
	security := c.signIn()
	src := c.give("customers.csv", "policy.csv")
	security.post("/policy", url.Values{"do": {"publish"}, "after": {"0"}, "serial": {"0"}, "reason": {"trial"}, "text": {`version: "report"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules: [{id: only-reported, title: Lists, when: {class: list, channel: removable-media}, action: report}]
`}})
	published := time.Now()
	c.awaitIncident("the new policy", func(i incident.Incident) bool {
		return i.Code == "policy-changed" && strings.HasPrefix(i.Detail["policy"], "report+")
	})
	t.Logf("published and in force after %v", time.Since(published).Round(10*time.Millisecond))
	if out, err := c.as(`cp "$SRC" "$DST"`, src, filepath.Join(c.stick, "policy.csv")); err != nil {
		t.Fatalf("the policy only reports: %v: %s", err, out)
	}
	c.awaitIncident("the copy", func(i incident.Incident) bool { return i.Decision.Rule == "only-reported" })
	security.post("/policy", url.Values{"do": {"publish"}, "after": {"1"}, "serial": {"1"}, "reason": {"back"}, "text": {`version: "block"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules: [{id: stopped, title: Lists, when: {class: list, channel: removable-media}, action: block}]
`}})
	c.awaitIncident("the next policy", func(i incident.Incident) bool {
		return i.Code == "policy-changed" && strings.HasPrefix(i.Detail["policy"], "block+")
	})
	c.killAgent()
	c.restartAgent()
	c.awaitGuarding()
	if _, err := c.as(`cp "$SRC" "$DST"`, src, filepath.Join(c.stick, "policy2.csv")); err == nil {
		t.Error("after a restart the policy is another one")
	}
	if !strings.Contains(c.status(), "block+") {
		t.Errorf("status: %s", c.status())
	}
}
