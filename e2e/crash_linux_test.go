package e2e

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process finds the program of ours that runs with the given argument.
func (c *company) process(program, arg string) int {
	c.t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		c.t.Fatal(err)
	}
	for _, dir := range dirs {
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			continue
		}
		args := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
		if filepath.Base(args[0]) == program && args[len(args)-1] == arg {
			pid, err := strconv.Atoi(filepath.Base(dir))
			if err != nil {
				c.t.Fatal(err)
			}
			return pid
		}
	}
	c.t.Fatalf("no process %s with %s", program, arg)
	return 0
}

func (c *company) config() string { return filepath.Join(c.dir, "agent.yaml") }

// killAgent ends the service the hard way and waits until it is gone.
func (c *company) killAgent() {
	c.t.Helper()
	pid := c.process("trustline", c.config())
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
	for range 3000 {
		// The last thread to go takes the locks along, and the first may be gone before.
		threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || strings.Contains(string(data), ") Z ") && len(threads) <= 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatal("the service does not die")
}

// spawn starts a program of ours that lives until the test ends.
func (c *company) spawn(name, program string, args ...string) {
	c.t.Helper()
	log, err := os.OpenFile(filepath.Join(c.dir, name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(programs, program), args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		timer := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
		defer timer.Stop()
		cmd.Wait()
	})
}

// restartAgent starts the service again, as systemd would, and waits until
// the stick is guarded.
func (c *company) restartAgent() {
	c.t.Helper()
	c.spawn("agent", "trustline", "run", "--config", c.config())
	c.awaitGuarding()
}

func (c *company) awaitGuarding() {
	c.t.Helper()
	var out []byte
	for range 1200 {
		out, _ = exec.Command(filepath.Join(programs, "trustline"), "status", "--json", "--socket", filepath.Join(c.dir, "control.sock")).CombinedOutput()
		if strings.Contains(string(out), `"guarding"`) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatalf("the stick is not guarded after a minute: %s\n%s", out, c.logs())
}

// writable tells whether anybody, root included, can put a byte on the stick.
func (c *company) writable() bool {
	f, err := os.Create(filepath.Join(c.stick, "probe"))
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = f.WriteString("x")
	return err == nil
}

// slowCopy writes the sample in pieces with pauses, as a slow program does.
const slowCopy = `python3 - <<'END'
import os, time
data = open(os.environ["SRC"], "rb").read()
with open(os.environ["DST"], "wb", buffering=0) as out:
    for i in range(0, len(data), 1000):
        out.write(data[i:i+1000])
        time.sleep(0.004)
END`

func TestKillDuringCopyLeavesNothingAndFailsClosed(t *testing.T) {
	c := startCompany(t)
	numbers := customerNumbers(t, filepath.Join(c.dir, "data", "customers.csv"))
	for round := range 6 {
		name := fmt.Sprintf("killed-%d.csv", round)
		src := c.give("customers.csv", name)
		copied := make(chan error, 1)
		go func() {
			_, err := c.as(slowCopy, src, filepath.Join(c.stick, name))
			copied <- err
		}()
		time.Sleep(time.Duration(100+round*11) * time.Millisecond)
		c.killAgent()
		if err := <-copied; err == nil {
			t.Error("the copy succeeded although the service was killed during it")
		}
		if c.writable() {
			t.Fatal("the stick can be written to while the service is dead")
		}
		c.searchImage(numbers, filepath.Join(c.dir, "data", "customers.xlsx"))
		c.restartAgent()
		if said, err := c.as(`cp "$SRC" "$DST"`, src, filepath.Join(c.stick, "again-"+name)); err == nil || !strings.Contains(said, "Permission denied") {
			t.Errorf("after the restart the list was not stopped: %v: %s", err, said)
		}
		if said, err := c.as(`cp "$SRC" "$DST"`, c.give("menu.txt", "menu.txt"), filepath.Join(c.stick, fmt.Sprintf("menu-%d.txt", round))); err != nil {
			t.Errorf("after the restart a harmless file was stopped: %v: %s", err, said)
		}
	}
	c.searchImage(numbers, filepath.Join(c.dir, "data", "customers.xlsx"))
}

func TestEveryToldIncidentArrivesExactlyOnce(t *testing.T) {
	c := startCompany(t)
	console := c.process("trustline-console", filepath.Join(c.dir, "console.ready"))
	if err := syscall.Kill(console, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	const each = 5
	deny := func(prefix string) {
		t.Helper()
		for n := range each {
			name := fmt.Sprintf("%s-%d.csv", prefix, n)
			if _, err := c.as(`cp "$SRC" "$DST"`, c.give("customers.csv", name), filepath.Join(c.stick, name)); err == nil {
				t.Fatalf("%s was copied", name)
			}
		}
	}
	deny("console-down")
	// The machine goes down and comes up: nothing the service had in memory
	// survives, and the console is still away.
	c.killAgent()
	c.restartAgent()
	deny("after-restart")

	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	c.spawn("console", "trustline-console", "serve", "--data", filepath.Join(c.dir, "console"), "--listen", u.Host)
	c.awaitConsole()
	for _, prefix := range []string{"console-down", "after-restart"} {
		for n := range each {
			c.awaitOnce(fmt.Sprintf("%s-%d.csv", prefix, n))
		}
	}
}

func (c *company) awaitConsole() {
	c.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if c.consoleAnswers() {
			return
		}
	}
	c.t.Fatalf("the console does not answer\n%s", c.logs())
}

// awaitOnce waits for the incident about one file and checks that there is
// exactly one.
func (c *company) awaitOnce(file string) {
	c.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for {
		list, _ := c.incidents()
		count := 0
		for _, i := range list {
			if filepath.Base(i.File.Name) == file {
				count += i.Count
			}
		}
		if count == 1 {
			return
		}
		if count > 1 {
			c.t.Fatalf("%s: %d incidents, want one", file, count)
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%s: no incident reached the console\n%s", file, c.logs())
		}
		time.Sleep(200 * time.Millisecond)
	}
}
