package installer

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// console is a real one, and what is read from it.
type console struct {
	t           *testing.T
	url         string
	pin, reader string // its key, and a token that may read
	enrol       string // a token with which a machine may be enrolled

	serving *exec.Cmd // nil where it runs elsewhere, or not
}

// startConsole runs one beside the test.
func startConsole(t *testing.T) *console {
	t.Helper()
	dir := t.TempDir()
	program, data := filepath.Join(dir, "trustline-console"), filepath.Join(dir, "data")
	build := exec.Command("go", "build", "-o", program, "../cmd/trustline-console")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	c := &console{t: t}
	t.Cleanup(c.stop)
	c.serve(program, data, "127.0.0.1:0")
	token := func(kind string) string {
		secret, err := exec.Command(program, "token", "create", "--kind", kind, "--name", "trial", "--data", data).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(secret))
	}
	c.reader, c.enrol = token("api"), token("enrol")
	return c
}

// serve starts it, and waits until it says where it serves.
func (c *console) serve(program, data, listen string) {
	c.t.Helper()
	c.serving = exec.Command(program, "serve", "--data", data, "--listen", listen)
	c.serving.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := c.serving.StdoutPipe()
	if err == nil {
		err = c.serving.Start()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for c.url, c.pin = "", ""; (c.url == "" || c.pin == "") && said.Scan(); {
		line := said.Text()
		c.url = cmp.Or(c.url, regexp.MustCompile(`https://[0-9.]+:[0-9]+`).FindString(line))
		c.pin = cmp.Or(c.pin, regexp.MustCompile(`sha256//[A-Za-z0-9+/=]+`).FindString(line))
	}
	if c.url == "" || c.pin == "" {
		c.t.Fatalf("the console does not say where it serves (%v)", said.Err())
	}
	go io.Copy(io.Discard, out)
}

func (c *console) stop() {
	_ = c.serving.Process.Kill()
	_ = c.serving.Wait()
}

// again starts one that was stopped where it was.
func (c *console) again() {
	c.t.Helper()
	c.serve(c.serving.Path, c.serving.Args[3], strings.TrimPrefix(c.url, "https://"))
}

// ask reads from the console's API.
func (c *console) ask(path string, v any) {
	c.t.Helper()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequest(http.MethodGet, c.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.reader)
	res, err := client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(body, v) != nil {
		c.t.Fatalf("%s: %d %s (%v)", path, res.StatusCode, body, err)
	}
}

// fleetMachine is one workstation as the console's API tells it.
type fleetMachine struct {
	Machine      struct{ ID, OS string }
	Version      string
	Media        int
	Capabilities map[string]string
	Declined     []any
}

func (c *console) fleet() []fleetMachine {
	var f struct{ Machines []fleetMachine }
	c.ask("/api/v1/fleet", &f)
	return f.Machines
}

// incidents answers how many of a code there are.
func (c *console) incidents(code string) (n int) {
	var f struct {
		Incidents []struct{ Code string }
	}
	c.ask("/api/v1/incidents?limit=200&kind=agent", &f)
	for _, i := range f.Incidents {
		if i.Code == code {
			n++
		}
	}
	return n
}

// activities answers how many incidents there are of a channel.
func (c *console) activities(channel string) int {
	var f struct{ Incidents []any }
	c.ask("/api/v1/incidents?channel="+channel, &f)
	return len(f.Incidents)
}

// heard answers how many incidents there are of files of a name.
func (c *console) heard(name string) (n int) {
	var f struct {
		Incidents []struct{ File struct{ Name string } }
	}
	c.ask("/api/v1/incidents?limit=200", &f)
	for _, i := range f.Incidents {
		if path.Base(i.File.Name) == name {
			n++
		}
	}
	return n
}
