package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// page answers a page of the console in English.
func (a *administrator) page(path string) string {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.url+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "en")
	res, err := a.http.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		a.t.Fatalf("%s: %s %v\n%.1500s", path, res.Status, err, body)
	}
	return string(body)
}

// A day of one employee, with real processes: stopped, a masked copy instead,
// an approval asked for and given, the copy made once and not twice.
func TestADayOfOneEmployee(t *testing.T) {
	c := startCompany(t)
	security := c.administrator()
	src, dst := c.give("customers.csv", "day.csv"), filepath.Join(c.stick, "day.csv")
	if _, err := c.as(`cp "$SRC" "$DST"`, src, dst); err == nil {
		t.Fatal("the list was copied")
	}
	p, history := c.openPage()
	at := caseLink.FindStringSubmatch(history)[1]
	if got := p.send(at + "/masked-copy"); !strings.Contains(got, "The masked copy is saved") {
		t.Fatalf("no masked copy:\n%s", got)
	}
	c.nothingIsFound("day")
	p.send(at+"/request-approval", "purpose", "contract", "text", "printing", "recipient", "Print Ltd.", "days", "1", "uses", "1", "pledge", "yes", "name", "Anna Example")
	request := c.awaitIncident("the request", func(i incident.Incident) bool { return i.Code == "approval-requested" })
	if _, err := c.as(`cp "$SRC" "$DST"`, src, dst); err == nil {
		t.Fatal("asking was enough")
	}
	if list := security.page("/approvals"); !strings.Contains(list, request.ID) {
		t.Fatalf("nobody is told of the request:\n%s", list)
	}
	security.post(c.url+"/approvals/"+request.ID, url.Values{"do": {"approve"}, "people": {"500"}, "uses": {"1"}, "days": {"1"}})
	approved := time.Now()
	c.until("the approval on the machine", func() bool { return strings.Contains(p.curl(p.origin+at), "Approval was given") })
	t.Logf("approved and usable after %v (aim < 5 s)", time.Since(approved).Round(10*time.Millisecond))
	if out, err := c.as(`cp "$SRC" "$DST"`, src, dst); err != nil {
		t.Fatalf("the approved copy: %v: %s", err, out)
	}
	copied, err := os.ReadFile(dst)
	if err != nil {
		t.Fatal(err)
	}
	if file, err := os.ReadFile(src); err != nil || !bytes.Equal(copied, file) {
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
	c.approvalExpires(security, p, at, src, dst)
	if page := security.page("/incidents/" + again.ID); !strings.Contains(page, "was used up") || !strings.Contains(page, "/incidents/"+request.Detail["incident"]) {
		t.Error("the incident of the second copy does not tell why the approval did not hold")
	}
	timeline := security.page("/incidents/" + request.Detail["incident"])
	for _, step := range []string{"Masked copy saved instead", "Approval requested", "approved", "Approval used", "Stopped although approved", "was used up", "had expired"} {
		if !strings.Contains(timeline, step) {
			t.Errorf("the incident does not tell: %s", step)
		}
	}
}

// approvalExpires asks for two more copies; the first is made in time, and the
// second is stopped although one is left.
func (c *company) approvalExpires(security *administrator, p *page, at, src, dst string) {
	c.t.Helper()
	wish := []string{"purpose", "contract", "text", "once more", "recipient", "Print Ltd.", "days", "1", "uses", "2", "pledge", "yes", "name", "Anna Example"}
	seen := map[string]bool{}
	ask := func() string {
		p.send(at+"/request-approval", wish...)
		i := c.awaitIncident("another request", func(i incident.Incident) bool {
			return i.Code == "approval-requested" && i.Detail["uses"] == "2" && !seen[i.ID]
		})
		seen[i.ID] = true
		return i.ID
	}
	short, other := ask(), ask()
	const within = 40 * time.Second // long enough for a busy machine to make one copy
	if out, err := exec.Command("go", "run", "./testdata/approve", filepath.Join(c.dir, "console"), short, within.String()).CombinedOutput(); err != nil {
		c.t.Fatalf("approve for %s: %v: %s", within, err, out)
	}
	over := time.Now().Add(within)
	// The console tells machines at once of what is answered on its pages.
	security.post(c.url+"/approvals/"+other, url.Values{"do": {"refuse"}, "reason": {"asked twice"}})
	c.until("the short approval is used", func() bool { _, err := c.as(`cp "$SRC" "$DST.short"`, src, dst); return err == nil })
	time.Sleep(time.Until(over.Add(time.Second)))
	if _, err := c.as(`cp "$SRC" "$DST.late"`, src, dst); err == nil {
		c.t.Error("a copy was made after the approval's time")
	}
	c.awaitIncident("the copy after expiry", func(i incident.Incident) bool {
		return i.Decision.GrantFailed == "expired" && i.Decision.Outcome == incident.Prevented
	})
}

// nothingIsFound looks at the masked copy of a file on the stick with the
// program that people would look with.
func (c *company) nothingIsFound(name string) {
	c.t.Helper()
	copies, err := filepath.Glob(filepath.Join(c.stick, name+"*"))
	if err != nil || len(copies) != 1 {
		c.t.Fatalf("masked copies: %v, %v", copies, err)
	}
	if out, err := exec.Command(filepath.Join(programs, "trustline"), "scan", copies[0]).CombinedOutput(); err != nil {
		c.t.Errorf("the masked copy is not clean: %v: %s", err, out)
	}
}
