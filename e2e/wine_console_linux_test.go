package e2e

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// reviewers is a console that this Windows reports to, as its API tells.
type reviewers struct {
	w        *windows
	url, pin string
	token    string // that may read
}

// reportsTo starts a console and has the configuration name it.
func (w *windows) reportsTo(config string) *reviewers {
	w.t.Helper()
	program, data, ready := filepath.Join(programs, "trustline-console"), filepath.Join(w.dir, "console"), filepath.Join(w.dir, "ready")
	serve := exec.Command(program, "serve", "--data", data, "--listen", "127.0.0.1:0", "--ready-file", ready)
	serve.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := serve.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = serve.Process.Kill(); _ = serve.Wait() })
	r := &reviewers{w: w}
	var told struct{ URL, Pin string }
	w.until("the console serves", func() bool {
		raw, err := os.ReadFile(ready)
		return err == nil && json.Unmarshal(raw, &told) == nil && told.URL != ""
	})
	r.url, r.pin = told.URL, told.Pin
	token := func(kind string) string {
		out, err := exec.Command(program, "token", "create", "--kind", kind, "--name", "wine", "--data", data).Output()
		if err != nil {
			w.t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	r.token = token("api")
	w.write("ProgramData/Trustline/token", token("enrol"))
	w.write("ProgramData/Trustline/agent.yaml", config+"console: {url: '"+r.url+"', pin: '"+r.pin+"', token-file: 'C:\\ProgramData\\Trustline\\token'}\n")
	return r
}

// have answers how many incidents of a channel were dealt with in a way.
func (r *reviewers) have(channel, outcome string) int {
	r.w.t.Helper()
	return len(r.people(channel, outcome))
}

// people answers whose incidents these are.
func (r *reviewers) people(channel, outcome string) (names []string) {
	r.w.t.Helper()
	for _, i := range r.incidents(channel, outcome) {
		names = append(names, i.Person.User)
	}
	return names
}

// files answers the names of files by the incidents' IDs.
func (r *reviewers) files(channel, outcome string) map[string]string {
	r.w.t.Helper()
	names := map[string]string{}
	for _, i := range r.incidents(channel, outcome) {
		if names[i.ID] != "" || i.Count > 1 {
			r.w.t.Errorf("the incident %s is at the console more than once", i.ID)
		}
		names[i.ID] = filepath.Base(i.File.Name)
	}
	return names
}

// reviewed is an incident as the API tells it.
type reviewed struct {
	ID     string
	Count  int
	Person struct{ User string }
	File   struct{ Name string }
}

func (r *reviewers) incidents(channel, outcome string) []reviewed {
	r.w.t.Helper()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequest(http.MethodGet, r.url+"/api/v1/incidents?limit=200&channel="+channel+"&outcome="+outcome, nil)
	if err != nil {
		r.w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	res, err := client.Do(req)
	if err != nil {
		r.w.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct{ Incidents []reviewed }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusOK {
		r.w.t.Fatalf("the console answers %d (%v)", res.StatusCode, err)
	}
	return answer.Incidents
}
