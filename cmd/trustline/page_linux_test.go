package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/rules/synthetic"
)

// serveCases runs a service that tells people and answers about one case.
func serveCases(t *testing.T, c cases.Case) (*prompt.Teller, string, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var asked []string
	socket := filepath.Join(t.TempDir(), "control.sock")
	l, err := control.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &control.Server{
		Status: func(control.Caller) control.Status { return control.Status{} }, Log: slog.New(slog.DiscardHandler),
		Ask: func(_ context.Context, _ control.Caller, about string, body json.RawMessage) (any, error) {
			if about == cases.AskList {
				return cases.List{Cases: []cases.Case{c}}, nil
			}
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, about+" "+string(body))
			if about == cases.AskMasking {
				return cases.Masking{Policy: maskedWith}, nil
			}
			return cases.Sent{}, nil
		},
	}
	teller, err := prompt.NewTeller(server, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { server.Serve(ctx, l) })
	wg.Go(func() { teller.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return teller, socket, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
}

// maskedWith is what the service says has to be masked as well.
const maskedWith = `{"version": "masking", "detectors": [{"id": "project", "words": ["Blue Falcon"]}],
	"classes": [{"id": "masked", "any": [{"count": {"class": "project", "at-least": 1}}]}], "rules": [{"id": "masked", "when": {"class": "masked"}, "action": "report"}]}`

// caseOf is what the service keeps of an incident.
func caseOf(t *testing.T, n int, file string) cases.Case {
	t.Helper()
	notice, ok := prompt.FromIncident(stopped(n, file), ruleWords)
	if !ok {
		t.Fatal("nobody would be told")
	}
	return cases.Case{Notice: notice, Channel: notice.Channel, Place: notice.Medium}
}

// person is somebody with a browser, as far as cookies go.
func person(t *testing.T) func(method, target string, form url.Values) (status int, at, body string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Jar: jar, Transport: transport, Timeout: time.Minute}
	return func(method, target string, form url.Values) (int, string, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Request.URL.Path, string(body)
	}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]+)">`)

func fillIn(page string, more ...string) url.Values {
	f := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(page, -1) {
		f.Set(m[1], m[2])
	}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func TestPageSavesARealMaskedCopy(t *testing.T) {
	dir, folder := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "customers.csv")
	people := synthetic.New(7).People(30)
	var csv strings.Builder
	if err := synthetic.CSV(&csv, people, "zh"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(csv.String()+"\nfor Blue Falcon\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := caseOf(t, 1, "customers.csv")
	c.Source, c.Target = file, filepath.Join(folder, "customers.csv")
	_, socket, asked := serveCases(t, c)

	cmd := exec.Command("trustline", "page", "--print", "--socket", socket, c.Notice.ID)
	cmd.Env = append(cmd.Environ(), "LC_ALL=", "LANG=en_GB.UTF-8")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	link, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	link = strings.TrimSpace(link)
	ask := person(t)
	status, at, page := ask(http.MethodGet, link, nil)
	if status != http.StatusOK || at != "/case/"+c.Notice.ID {
		t.Fatalf("%d at %s", status, at)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	form := "http://" + u.Host + "/case/" + c.Notice.ID + "/masked-copy"
	_, _, page = ask(http.MethodGet, form, nil)
	status, at, page = ask(http.MethodPost, form, fillIn(page, "file", file, "folder", folder, "copy", "customers.csv"))
	if status != http.StatusOK || !strings.HasPrefix(at, "/sent/") {
		t.Fatalf("%d at %s\n%s", status, at, page)
	}
	copied, err := os.ReadFile(filepath.Join(folder, "customers.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if strings.Contains(string(copied), p.Mobile) || strings.Contains(string(copied), p.ResidentID) {
			t.Fatal("the copy holds somebody's number")
		}
	}
	if strings.Contains(string(copied), "Falcon") || !strings.Contains(string(copied), "for ***********") {
		t.Error("what the policy describes itself is not masked")
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "trustline-*.yaml")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if got := asked(); len(got) != 2 || !strings.HasPrefix(got[0], "masking ") || !strings.HasPrefix(got[1], "masked ") {
		t.Errorf("the service was told %q", got)
	}
	// What cannot be masked says so in the words of the command.
	locked := filepath.Join(dir, "locked.zip")
	list := exec.Command("7z", "a", "-psecret", locked, file)
	if out, err := list.CombinedOutput(); err != nil {
		t.Fatalf("7z: %v\n%s", err, out)
	}
	_, _, page = ask(http.MethodGet, form, nil)
	status, _, page = ask(http.MethodPost, form, fillIn(page, "file", locked, "folder", folder, "copy", "locked.zip"))
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "The masked copy was not saved.") || !strings.Contains(page, "locked.zip: no masked copy was made:") || strings.Contains(page, "trustline: ") {
		t.Errorf("%d:\n%s", status, page)
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
}

// A person at a real desktop clicks the notification, and presses a button of
// it: both times their browser is given a link that works.
func TestButtonsOpenThePage(t *testing.T) {
	for _, lang := range []struct{ env, button, heading string }{
		{"en_GB.UTF-8", "Request approval", "<h1>Request approval</h1>"}, {"zh_CN.UTF-8", "申请审批", "<h1>申请审批</h1>"},
	} {
		t.Run(lang.env, func(t *testing.T) {
			dir := t.TempDir()
			opened := filepath.Join(dir, "opened")
			t.Setenv("BROWSER", script(t, dir, "browser", `printf '%s\n' "$1" > `+opened+`.new && mv `+opened+`.new `+opened))
			menu := script(t, dir, "menu", `tee `+filepath.Join(dir, "offered")+` | grep -m1 -F '`+lang.button+`'`)
			startDesktop(t, lang.env, "[global]\ndmenu = "+menu+"\n")
			c := caseOf(t, 1, "客户.csv")
			teller, socket, _ := serveCases(t, c)
			background(t, exec.Command("trustline", "session", "--socket", socket))
			ask := person(t)
			link := func(how ...string) string {
				t.Helper()
				os.Remove(opened)
				incident := stopped(1, "客户.csv")
				incident.Decision.Rule += how[0] // what was closed before stays closed
				teller.Tell(t.Context(), incident, ruleWords)
				eventually(t, "notification", func() bool { return output(t, "dunstctl", "count", "displayed") == "1" })
				output(t, "dunstctl", how...)
				text := ""
				eventually(t, "browser", func() bool {
					data, err := os.ReadFile(opened)
					text = strings.TrimSpace(string(data))
					return err == nil
				})
				output(t, "dunstctl", "close-all")
				return text
			}
			status, at, page := ask(http.MethodGet, link("action"), nil)
			if status != http.StatusOK || at != "/case/"+c.Notice.ID || !strings.Contains(page, "客户.csv") {
				t.Errorf("a click leads to %s (%d)", at, status)
			}
			status, at, page = ask(http.MethodGet, link("context"), nil)
			if status != http.StatusOK || at != "/case/"+c.Notice.ID+"/request-approval" || !strings.Contains(page, lang.heading) {
				t.Errorf("the button leads to %s (%d)", at, status)
			}
		})
	}
}

func script(t *testing.T, dir, name, body string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBrowserOfThePersonsChoice(t *testing.T) {
	for set, want := range map[string]string{
		"":                       "xdg-open http://x",
		"firefox":                "firefox http://x",
		"firefox --new %s:links": "firefox --new http://x",
		":links":                 "xdg-open http://x",
	} {
		t.Setenv("BROWSER", set)
		if got := fmt.Sprint(strings.Join(browserCommand("http://x").Args, " ")); got != want {
			t.Errorf("%q: %s", set, got)
		}
	}
}

// What masks is ended with whoever waits for it, and leaves nothing behind.
func TestMaskingEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "slow")
	slow := script(t, dir, "mask", "trap 'exit 2' INT; echo started > "+fifo+"; while :; do sleep 0.1; done")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		os.ReadFile(fifo) // until it has started
		cancel()
	}()
	began := time.Now()
	err := maskWith(ctx, &terminal{}, slow, "in", "out", "")
	if err != context.Canceled || time.Since(began) > maskEnds {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}
