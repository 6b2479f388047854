package e2e

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// listen runs the employee's session helper and answers what it shows.
func (c *company) listen(uid uint32, lang string) <-chan string {
	c.t.Helper()
	cmd := exec.Command(filepath.Join(programs, "trustline"), "session", "--print", "--socket", filepath.Join(c.dir, "control.sock"))
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "LANG=" + lang}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := make(chan string, 100)
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
		close(lines)
	}()
	return lines
}

// heard collects lines until one holds the text; it answers how long it took.
func heard(t *testing.T, lines <-chan string, text string, patience time.Duration) (all string, after time.Duration) {
	t.Helper()
	began, deadline := time.Now(), time.After(patience)
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				t.Fatalf("the helper ended; it had said: %s", all)
			}
			if all += l + "\n"; strings.Contains(l, text) {
				return all, time.Since(began)
			}
		case <-deadline:
			t.Fatalf("%q was not said within %s; said was: %s", text, patience, all)
		}
	}
}

func TestEmployeeIsToldInTheirLanguage(t *testing.T) {
	c := startCompany(t)
	for _, l := range []struct{ lang, reason string }{{"zh_CN.UTF-8", "500 位客户"}, {"en_US.UTF-8", "500 customers"}} {
		mine, others := c.listen(employee, l.lang), c.listen(12345, l.lang)
		time.Sleep(500 * time.Millisecond) // for both to subscribe
		name := "told-" + l.lang[:2] + ".csv"
		if _, err := c.as(`cp "$SRC" "$DST"`, c.give("customers.csv", name), filepath.Join(c.stick, name)); err == nil {
			t.Fatal("the list was copied")
		}
		said, after := heard(t, mine, l.reason, 30*time.Second)
		if !strings.Contains(said, name) {
			t.Errorf("%s: the file is not named: %s", l.lang, said)
		}
		t.Logf("%s: told %v after the refusal (aim < 1 s)", l.lang, after.Round(time.Millisecond))
		select {
		case l := <-others:
			t.Errorf("somebody else was told: %s", l)
		case <-time.After(300 * time.Millisecond):
		}
	}
}
