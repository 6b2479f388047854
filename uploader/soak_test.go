package uploader

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
	"github.com/trustline/trustline/uploader/spool"
)

// soakSize is how many incidents are sent where TRUSTLINE_SOAK does not say.
const soakSize = 1000

// realConsole is a trustline-console process that can be killed and started
// again on the same data and the same port.
type realConsole struct {
	t       *testing.T
	program string
	dir     string
	listen  string
	cmd     *exec.Cmd
	URL     string
	Pin     string
}

func buildConsole(t *testing.T) *realConsole {
	t.Helper()
	c := &realConsole{t: t, dir: t.TempDir(), listen: "127.0.0.1:0"}
	c.program = filepath.Join(t.TempDir(), "trustline-console")
	build := exec.Command("go", "build", "-o", c.program, "../cmd/trustline-console")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the console: %v\n%s", err, out)
	}
	t.Cleanup(c.kill)
	return c
}

func (c *realConsole) start() {
	c.t.Helper()
	ready := filepath.Join(c.dir, "ready")
	os.Remove(ready)
	c.cmd = exec.Command(c.program, "serve", "--data", filepath.Join(c.dir, "data"), "--listen", c.listen, "--ready-file", ready)
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	c.cmd.Stdout, c.cmd.Stderr = log, log
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	within(c.t, 30*time.Second, "the console serves", func() bool {
		data, err := os.ReadFile(ready)
		return err == nil && json.Unmarshal(data, c) == nil && c.URL != ""
	})
	u, err := url.Parse(c.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	c.listen = u.Host
}

// kill ends the console as a power cut of the program would.
func (c *realConsole) kill() {
	if c.cmd != nil && c.cmd.ProcessState == nil {
		c.cmd.Process.Kill()
		c.cmd.Wait()
	}
}

func (c *realConsole) token(kind string) string {
	c.t.Helper()
	out, err := exec.Command(c.program, "token", "create", "--name", kind, "--kind", kind, "--data", filepath.Join(c.dir, "data")).Output()
	if err != nil {
		c.t.Fatalf("make a token: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// enrol makes the machine of these tests one of the console's.
func (c *realConsole) enrol() func() (*tls.Certificate, error) {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	csr, err := enrol.NewCSR(key, machineName)
	if err != nil {
		c.t.Fatal(err)
	}
	client, err := NewClient(Config{URL: c.URL, Pin: c.Pin, Version: "1", Certificate: func() (*tls.Certificate, error) { return nil, errors.New("none yet") }})
	if err != nil {
		c.t.Fatal(err)
	}
	defer client.Close()
	raw, err := client.Enrol(c.t.Context(), enrol.Request{Token: c.token("enrol"), CSR: csr, Machine: enrol.Facts{ID: machineName, Name: "pc", OS: "linux", Version: "1"}})
	if err != nil {
		c.t.Fatal(err)
	}
	reply, _, err := enrol.ParseReply(raw, machineName, &key.PublicKey, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	return func() (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: reply.Chain, PrivateKey: key}, nil
	}
}

// all reads every incident the console has, page by page.
func (c *realConsole) all() []incident.Incident {
	c.t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Timeout: 10 * time.Second, Transport: transport}
	token, cursor := c.token("api"), ""
	var list []incident.Incident
	for {
		req, err := http.NewRequest(http.MethodGet, c.URL+"/api/v1/incidents?limit=500&cursor="+url.QueryEscape(cursor), nil)
		if err != nil {
			c.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := client.Do(req)
		if err != nil {
			c.t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		var page struct {
			Incidents []incident.Incident
			Next      string
		}
		if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(body, &page) != nil {
			c.t.Fatalf("%s: %v: %s", res.Status, err, body)
		}
		list = append(list, page.Incidents...)
		if cursor = page.Next; cursor == "" {
			return list
		}
	}
}

// TestSoakAgainstARealConsole keeps incidents while the console is killed and
// started again and the uploader too; at the end each is there exactly once.
// TRUSTLINE_SOAK=10000 makes it a long one.
func TestSoakAgainstARealConsole(t *testing.T) {
	size := soakSize
	if s := os.Getenv("TRUSTLINE_SOAK"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		size = n
	}
	console := buildConsole(t)
	console.start()
	agent := &soakAgent{t: t, dir: t.TempDir(), config: Config{URL: console.URL, Pin: console.Pin, Version: "1", Certificate: console.enrol()}}
	agent.start()

	// Incidents come in spread over the chaos, from four goroutines.
	kept := map[string]bool{}
	var mu sync.Mutex
	var putters sync.WaitGroup
	for range 4 {
		putters.Go(func() {
			for range size / 4 {
				i := newIncident(t, incident.High, "x")
				if agent.put(i) {
					mu.Lock()
					kept[i.ID] = true
					mu.Unlock()
				}
				time.Sleep(rand.N(8 * time.Millisecond))
			}
		})
	}
	done := make(chan struct{})
	go func() { putters.Wait(); close(done) }()
	kills, restarts := 0, 0
	for coming := true; coming; {
		select {
		case <-done:
			coming = false
		case <-time.After(100*time.Millisecond + rand.N(600*time.Millisecond)):
		}
		console.kill()
		kills++
		time.Sleep(rand.N(300 * time.Millisecond))
		if kills%3 == 0 {
			agent.restart()
			restarts++
		}
		console.start()
	}
	within(t, 2*time.Minute, "everything sent", func() bool { return agent.depth() == 0 })
	agent.stop()

	seen := map[string]int{}
	for _, i := range console.all() {
		seen[i.ID] += i.Count
	}
	for id := range kept {
		if seen[id] != 1 {
			t.Errorf("%s is there %d times", id, seen[id])
		}
	}
	if len(seen) != len(kept) || len(kept) != size/4*4 {
		t.Errorf("%d kept, the console has %d", len(kept), len(seen))
	}
	t.Logf("%d incidents, console killed %d times, uploader restarted %d times", len(kept), kills, restarts)
}

// soakAgent is a spool with its uploader that can be stopped and started again.
type soakAgent struct {
	t      *testing.T
	dir    string
	config Config

	mu     sync.RWMutex // written while there is no spool
	spool  *spool.Spool
	client *Client
	cancel context.CancelFunc
	ended  chan error
}

func (a *soakAgent) start() {
	a.t.Helper()
	key, err := spool.LoadKey(filepath.Join(a.dir, "key"))
	if err != nil {
		a.t.Fatal(err)
	}
	machine := incident.Machine{ID: machineName, Name: "pc", OS: "linux"}
	log := slog.New(slog.DiscardHandler)
	if a.spool, err = spool.Open(filepath.Join(a.dir, "spool"), key, machine, spool.Limits{}, log); err != nil {
		a.t.Fatal(err)
	}
	if a.client, err = NewClient(a.config); err != nil {
		a.t.Fatal(err)
	}
	vitals := func() incident.Heartbeat {
		return incident.Heartbeat{Schema: incident.SchemaVersion, Time: time.Now().UTC(), Started: time.Now().UTC(), Machine: machine, Version: "1", Mode: "enforce", Policy: "1"}
	}
	pace := Pace{First: 20 * time.Millisecond, Most: 200 * time.Millisecond, MostAsked: 200 * time.Millisecond, Beat: 100 * time.Millisecond}
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel, a.ended = cancel, make(chan error, 1)
	u := New(a.spool, a.client, vitals, pace, log)
	go func() { a.ended <- u.Run(ctx) }()
}

func (a *soakAgent) stop() {
	a.t.Helper()
	a.cancel()
	if err := <-a.ended; err != nil {
		a.t.Errorf("Run answered %v", err)
	}
	a.client.Close()
	if err := a.spool.Close(); err != nil {
		a.t.Error(err)
	}
}

func (a *soakAgent) restart() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stop()
	a.start()
}

func (a *soakAgent) put(i incident.Incident) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if err := a.spool.Put(context.Background(), i); err != nil {
		a.t.Error(fmt.Errorf("put: %w", err))
		return false
	}
	return true
}

func (a *soakAgent) depth() int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.spool.Depth().Records
}
