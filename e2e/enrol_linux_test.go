package e2e

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// enrolled is what the fleet's list says of this machine.
type enrolled struct {
	Machine            struct{ ID string }
	CertificateExpires time.Time
	Revoked            time.Time
}

func (c *company) machine() enrolled {
	c.t.Helper()
	res, err := c.ask("/api/v1/fleet")
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	var fleet struct{ Machines []enrolled }
	if err != nil || json.Unmarshal(raw, &fleet) != nil || len(fleet.Machines) != 1 {
		c.t.Fatalf("fleet: %v: %s", err, raw)
	}
	return fleet.Machines[0]
}

func (c *company) status() string {
	// Its exit code tells whether all is well, which here it need not be.
	out, _ := exec.Command(filepath.Join(programs, "trustline"), "status", "--socket", filepath.Join(c.dir, "control.sock")).CombinedOutput()
	return string(out)
}

// console runs a command of the console on its data.
func (c *company) console(args ...string) string {
	c.t.Helper()
	out, err := exec.Command(filepath.Join(programs, "trustline-console"), append(args, "--data", filepath.Join(c.dir, "console"))...).Output()
	if err != nil {
		c.t.Fatalf("trustline-console %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

func (c *company) until(what string, is func() bool) {
	c.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if is() {
			return
		}
	}
	c.t.Fatalf("not within a minute: %s\n%s\n%s", what, c.status(), c.logs())
}

// TestEnrolledRevokedAndBack: a machine enrols itself, is revoked in the middle
// of its work, goes on guarding, and after it was released and given a new
// token loses nothing of what happened meanwhile.
func TestEnrolledRevokedAndBack(t *testing.T) {
	c := startCompany(t)
	token := filepath.Join(c.dir, "token")
	gone := func() bool { _, err := os.Stat(token); return os.IsNotExist(err) }
	c.until("the token is used and removed", gone)
	m := c.machine()
	if left := time.Until(m.CertificateExpires); left < 29*24*time.Hour || left > 31*24*time.Hour {
		t.Errorf("the certificate holds for %v", left)
	}
	identity := filepath.Join(c.dir, "state", "identity.json")
	if info, err := os.Stat(identity); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	c.until("status says until when", func() bool { return strings.Contains(c.status(), "renewed by itself") })
	deny := func(name string) {
		t.Helper()
		if _, err := c.as(`cp "$SRC" "$DST"`, c.give("customers.csv", name), filepath.Join(c.stick, name)); err == nil {
			t.Fatalf("%s was copied", name)
		}
	}
	deny("before.csv")
	c.awaitOnce("before.csv")

	c.console("machine", "revoke", m.Machine.ID)
	deny("meanwhile.csv")
	c.until("status says that it is revoked", func() bool { return strings.Contains(c.status(), "revoked on the console") })
	list, _ := c.incidents()
	for _, i := range list {
		if filepath.Base(i.File.Name) == "meanwhile.csv" {
			t.Error("a revoked machine's incident was taken")
		}
	}
	// A token alone does not bring it back.
	fresh := c.console("token", "create", "--name", "again", "--kind", "enrol")
	if err := os.WriteFile(token, []byte(fresh), 0o600); err != nil {
		t.Fatal(err)
	}
	c.until("refused although there is a token", func() bool {
		return strings.Contains(c.logs(), "revoked on the console; ask an administrator to release it there")
	})
	if gone() {
		t.Error("the token is gone although it was not used")
	}
	c.console("machine", "release", m.Machine.ID)
	c.until("enrolled anew", gone)
	c.awaitOnce("meanwhile.csv")
	if again := c.machine(); again.Machine.ID != m.Machine.ID || !again.Revoked.IsZero() {
		t.Errorf("%+v, was %+v", again, m)
	}
}
