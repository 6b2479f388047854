package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// programs is where TestMain has built the two programs.
var programs string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "trustline-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer os.RemoveAll(dir)
	// The employee of the tests has to be able to run what is in it.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	build := exec.Command("go", "build", "-o", dir+"/", "../cmd/trustline", "../cmd/trustline-console")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the programs: %v\n%s", err, out)
		return 2
	}
	programs = dir
	return m.Run()
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test needs root and must run in CI")
	}
	t.Skip("SKIPPED: this test mounts media and needs root")
}

// company is one running trial: console, agent, stick, samples.
type company struct {
	t     *testing.T
	dir   string
	stick string
	image string
	url   string
	token string
	demo  *exec.Cmd
	out   *bytes.Buffer
	done  chan struct{}
}

// startCompany runs `trustline demo` and waits until it says it is running.
func startCompany(t *testing.T) *company {
	t.Helper()
	needRoot(t)
	dir := t.TempDir()
	for p := dir; p != os.TempDir() && p != "/"; p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := &company{t: t, dir: dir, stick: filepath.Join(dir, "stick"), image: filepath.Join(dir, "stick.img"), out: &bytes.Buffer{}, done: make(chan struct{})}
	c.demo = exec.Command(filepath.Join(programs, "trustline"), "demo", "--dir", dir, "--listen", "127.0.0.1:0")
	c.demo.Env = append(os.Environ(), "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
	c.demo.Stderr = c.out
	stdout, err := c.demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.demo.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		defer close(c.done)
		seen := false
		for s := bufio.NewScanner(stdout); s.Scan(); {
			if !seen && strings.Contains(s.Text(), "Ctrl-C stops everything") {
				seen = true
				close(ready)
			}
		}
		c.demo.Wait()
	}()
	t.Cleanup(c.stop)
	select {
	case <-ready:
	case <-c.done:
		t.Fatalf("the demo ended early: %s\n%s", c.out, c.logs())
	case <-time.After(180 * time.Second):
		t.Fatalf("the demo was not ready after three minutes: %s\n%s", c.out, c.logs())
	}
	c.readConsole()
	return c
}

func (c *company) readConsole() {
	c.t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.dir, "console.ready"))
	if err != nil {
		c.t.Fatal(err)
	}
	var ready struct{ URL string }
	if err := json.Unmarshal(raw, &ready); err != nil {
		c.t.Fatal(err)
	}
	c.url = ready.URL
	out, err := exec.Command(filepath.Join(programs, "trustline-console"), "token", "create", "--name", "e2e", "--data", filepath.Join(c.dir, "console")).Output()
	if err != nil {
		c.t.Fatalf("make an API token: %v", err)
	}
	c.token = strings.TrimSpace(string(out))
}

// stop ends the trial as Ctrl-C does and checks that nothing is left mounted.
func (c *company) stop() {
	c.demo.Process.Signal(syscall.SIGINT)
	select {
	case <-c.done:
	case <-time.After(90 * time.Second):
		c.demo.Process.Kill()
		c.t.Errorf("the demo did not stop\n%s", c.logs())
	}
	if mounts, _ := os.ReadFile("/proc/self/mountinfo"); bytes.Contains(mounts, []byte(c.stick)) {
		c.t.Error("the stick is still mounted after the demo has stopped")
		for range 5 {
			syscall.Unmount(c.stick, syscall.MNT_DETACH)
		}
	}
	if c.t.Failed() {
		c.t.Log(c.logs())
	}
}

func (c *company) logs() string {
	var b strings.Builder
	for _, name := range []string{"agent.log", "console.log"} {
		data, _ := os.ReadFile(filepath.Join(c.dir, name))
		if len(data) > 8000 {
			data = data[len(data)-8000:]
		}
		fmt.Fprintf(&b, "--- %s\n%s\n", name, data)
	}
	return b.String()
}

// ask calls the console's API as a script would.
func (c *company) ask(path string) (*http.Response, error) {
	client := &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DisableKeepAlives: true,
	}}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, c.url+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	return client.Do(req)
}

func (c *company) consoleAnswers() bool {
	res, err := c.ask("/api/v1/incidents?limit=1")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// incidents answers what the console has, newest first.
func (c *company) incidents() (list []incident.Incident, raw []byte) {
	c.t.Helper()
	res, err := c.ask("/api/v1/incidents?limit=500")
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err = io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("incidents: %s: %v: %s", res.Status, err, raw)
	}
	var page struct{ Incidents []incident.Incident }
	if err := json.Unmarshal(raw, &page); err != nil {
		c.t.Fatalf("incidents: %v", err)
	}
	return page.Incidents, raw
}

// awaitIncident waits for the first incident that matches.
func (c *company) awaitIncident(what string, match func(incident.Incident) bool) incident.Incident {
	c.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		list, _ := c.incidents()
		for _, i := range list {
			if match(i) {
				return i
			}
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("no incident for %s after a minute; the console has %d", what, len(list))
		}
		time.Sleep(100 * time.Millisecond)
	}
}
