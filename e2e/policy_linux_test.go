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
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// administrator is a person with a browser.
type administrator struct {
	*company
	http *http.Client
}

// administrator uses the set-up link that the console gave at its first start.
func (c *company) administrator() *administrator {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.dir, "console.ready"))
	if err != nil {
		c.t.Fatal(err)
	}
	var ready struct{ Setup string }
	if err := json.Unmarshal(raw, &ready); err != nil || ready.Setup == "" {
		c.t.Fatalf("no set-up link: %v", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	a := &administrator{c, &http.Client{Timeout: time.Minute, Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	const password = "a long enough password"
	a.post(ready.Setup, url.Values{"name": {"chen.admin"}, "password": {password}, "again": {password}})
	return a
}

// post sends a form; whatever goes well leads elsewhere.
func (a *administrator) post(address string, values url.Values) {
	a.t.Helper()
	res, err := a.http.PostForm(address, values)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusSeeOther {
		a.t.Fatalf("answered %s %v: %.500s", res.Status, err, body)
	}
}

func (a *administrator) publish(text string, after int) {
	a.t.Helper()
	a.post(a.url+"/policy", url.Values{"text": {text}, "reason": {"a test"}, "after": {strconv.Itoa(after)}})
}

// runs tells whether the agent says that it runs a version.
func (c *company) runs(version string) func() bool {
	return func() bool {
		out, _ := exec.Command(filepath.Join(programs, "trustline"), "status", "--json", "--socket", filepath.Join(c.dir, "control.sock")).Output()
		var s struct {
			Status struct{ Policy struct{ Version string } }
		}
		return json.Unmarshal(out, &s) == nil && strings.HasPrefix(s.Status.Policy.Version, version+"+")
	}
}

// policyText answers the built-in policy under another version and mode.
func (c *company) policyText(version, mode string) string {
	c.t.Helper()
	out, err := exec.Command(filepath.Join(programs, "trustline"), "policy", "show").Output()
	if err != nil {
		c.t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^version:.*$`).ReplaceAllString(string(out), "version: "+version)
	text = regexp.MustCompile(`(?m)^mode:.*\n`).ReplaceAllString(text, "")
	return strings.Replace(text, "version: "+version, "version: "+version+"\nmode: "+mode, 1)
}

func (c *company) copies(name string) bool {
	c.t.Helper()
	_, err := c.as(`cp "$SRC" "$DST"`, c.give("customers.csv", name), filepath.Join(c.stick, name))
	return err == nil
}

// TestAConsolesPolicyHoldsWithoutIt: published in the browser, it is in force on the
// machine within seconds, and holds through a restart without the console.
func TestAConsolesPolicyHoldsWithoutIt(t *testing.T) {
	c := startCompany(t)
	a := c.administrator()
	if c.copies("before.csv") {
		t.Fatal("the built-in policy lets a list of customers through")
	}
	c.awaitOnce("before.csv") // enrolled, that is
	begin := time.Now()
	a.publish(c.policyText("watching", "report-only"), 0)
	c.until("the agent runs what was published", c.runs("watching"))
	t.Logf("in force %v after it was published", time.Since(begin).Round(time.Millisecond))
	if !c.copies("watched.csv") {
		t.Error("a policy that only reports has stopped a copy")
	}
	c.awaitIncident("the new policy", func(i incident.Incident) bool {
		return i.Code == "policy-changed" && strings.HasPrefix(i.Detail["policy"], "watching+")
	})
	begin = time.Now()
	a.publish(c.policyText("strict", "enforce"), 1)
	c.until("the agent runs the second", c.runs("strict"))
	t.Logf("the second in force %v after it was published", time.Since(begin).Round(time.Millisecond))
	if c.copies("strict.csv") {
		t.Error("the second policy does not stop a list of customers")
	}
	a.publish(c.policyText("watching", "report-only"), 2)
	c.until("the agent runs the first again", c.runs("watching"))

	// Without the console, after a restart.
	if err := syscall.Kill(c.process("trustline-console", filepath.Join(c.dir, "console.ready")), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.until("the console is gone", func() bool { return !c.consoleAnswers() })
	c.killAgent()
	c.restartAgent()
	if !c.runs("watching")() || !c.copies("offline.csv") {
		t.Errorf("after a restart without the console another policy holds: %s", c.status())
	}
	// Whoever edits what is kept gets the built-in policy, and an incident.
	c.killAgent()
	kept := filepath.Join(c.dir, "state", "console-policy.json")
	raw, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, bytes.Replace(raw, []byte(`"payload":"`), []byte(`"payload":"AAAA`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	c.restartAgent()
	if c.runs("watching")() || c.copies("edited.csv") {
		t.Errorf("an edited policy is in force: %s", c.status())
	}
	if !strings.Contains(c.logs(), "policy-forged") {
		t.Error("nobody is told of the edited policy")
	}
}
