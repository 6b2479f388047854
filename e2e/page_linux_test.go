package e2e

import (
	"bufio"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// page is the employee's page, and a browser of theirs as far as cookies go.
type page struct {
	c      *company
	jar    string
	origin string
}

// openPage runs “trustline page” as the employee and comes in by its link.
func (c *company) openPage() (*page, string) {
	c.t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") != "" {
			c.t.Fatal("curl is missing: apt-get install curl")
		}
		c.t.Skip("NOT TESTED: curl is missing (apt-get install curl)")
	}
	cmd := exec.Command(filepath.Join(programs, "trustline"), "page", "--print", "--socket", filepath.Join(c.dir, "control.sock"))
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "LANG=en_GB.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: employee, Gid: employee}, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			c.t.Errorf("the page ended with %v", err)
		}
	})
	link, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		c.t.Fatal(err)
	}
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil {
		c.t.Fatal(err)
	}
	p := &page{c: c, jar: filepath.Join(c.dir, "home", "cookies"), origin: "http://" + u.Host}
	return p, p.curl(u.String())
}

// curl asks for an address as the employee and answers the page it leads to.
func (p *page) curl(args ...string) string {
	p.c.t.Helper()
	return p.curlAs(employee, args...)
}

func (p *page) curlAs(uid uint32, args ...string) string {
	p.c.t.Helper()
	cmd := exec.Command("curl", append([]string{"--silent", "--location", "--max-time", "60", "--cookie", p.jar, "--cookie-jar", p.jar}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.Output()
	if err != nil && uid == employee {
		p.c.t.Fatalf("curl: %v", err)
	}
	return string(out)
}

var (
	caseLink    = regexp.MustCompile(`href="(/case/[0-9a-f-]+)"`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]+)">`)
	textField   = regexp.MustCompile(`<input class="wide" type="text" id="([a-z]+)" name="[a-z]+" value="([^"]*)"`)
)

// send fills in the form at a path, over what already stands in it.
func (p *page) send(path string, values ...string) string {
	p.c.t.Helper()
	form := p.curl(p.origin + path)
	v := url.Values{}
	for _, fields := range []*regexp.Regexp{hiddenField, textField} {
		for _, m := range fields.FindAllStringSubmatch(form, -1) {
			v.Set(m[1], html.UnescapeString(m[2]))
		}
	}
	for i := 0; i+1 < len(values); i += 2 {
		v.Set(values[i], values[i+1])
	}
	return p.curl("--header", "Origin: "+p.origin, "--data", v.Encode(), p.origin+path)
}

// An employee whose copy was stopped saves a masked one to the stick instead,
// and asks for approval of the true one.
func TestEmployeeGoesOnFromTheirPage(t *testing.T) {
	c := startCompany(t)
	src := c.give("customers.csv", "page.csv")
	if _, err := c.as(`cp "$SRC" "$DST"`, src, filepath.Join(c.stick, "page.csv")); err == nil {
		t.Fatal("the list was copied")
	}
	p, history := c.openPage()
	if !strings.Contains(history, "page.csv: not copied") || caseLink.FindString(history) == "" {
		t.Fatalf("the history does not say what was stopped:\n%s", history)
	}
	at := caseLink.FindStringSubmatch(history)[1]
	if got := p.curlAs(12345, p.origin+at); got != "" {
		t.Errorf("somebody else is shown %q", got)
	}

	if got := p.send(at + "/masked-copy"); !strings.Contains(got, "The masked copy is saved") {
		t.Fatalf("no masked copy:\n%s", got)
	}
	copied, err := os.Open(filepath.Join(c.stick, "page.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if found := numbersIn(copied, customerNumbers(t, src)); found != 0 {
		t.Errorf("the copy on the stick holds %d customer numbers", found)
	}
	if got := p.curl(p.origin + at); !strings.Contains(got, "A masked copy was saved instead") {
		t.Errorf("the case does not tell of the copy:\n%s", got)
	}

	sent := p.send(at+"/request-approval", "purpose", "audit", "text", "for the audit", "recipient", "Audit Ltd.", "days", "7", "uses", "2", "pledge", "yes", "name", "Anna Example")
	if !strings.Contains(sent, "Your request is sent") || !strings.Contains(sent, "500") {
		t.Fatalf("the request was not sent:\n%s", sent)
	}
	if got := p.curl(p.origin + "/"); !strings.Contains(got, "Waiting for approval") {
		t.Errorf("the history does not say that approval was asked for:\n%s", got)
	}
	i := c.awaitIncident("the request", func(i incident.Incident) bool { return i.Code == "approval-requested" })
	if d := i.Detail; d["people"] != "500" || d["recipient"] != "Audit Ltd." || d["uses"] != "2" || time.Since(i.Time) > time.Minute {
		t.Errorf("the console was asked for %d people…, %v ago", len(d["people"]), time.Since(i.Time))
	}
	if got := p.curl(p.origin + "/company"); !strings.Contains(got, "What the company never sees") {
		t.Errorf("what the company sees is not shown:\n%s", got)
	}
}
