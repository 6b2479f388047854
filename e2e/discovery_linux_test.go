package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// office is a console and a service on a machine whose disk is what matters.
type office struct {
	*company
	service *exec.Cmd
}

func startOffice(t *testing.T) *office {
	t.Helper()
	needRoot(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := &office{company: &company{t: t, dir: dir, out: &bytes.Buffer{}}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(o.logs())
		}
	})
	o.start("console", "trustline-console", "serve", "--data", filepath.Join(dir, "console"), "--listen", "127.0.0.1:0", "--ready-file", filepath.Join(dir, "console.ready"))
	o.until("the console is ready", func() bool { _, err := os.Stat(filepath.Join(dir, "console.ready")); return err == nil })
	o.readConsole()
	var ready struct{ URL, Pin string }
	raw, err := os.ReadFile(filepath.Join(dir, "console.ready"))
	config := filepath.Join(dir, "agent.yaml")
	if err := errors.Join(err, json.Unmarshal(raw, &ready),
		os.WriteFile(filepath.Join(dir, "token"), []byte(o.console("token", "create", "--name", "office", "--kind", "enrol")), 0o600),
		os.WriteFile(config, []byte("state: "+dir+"/state\nsocket: "+dir+"/control.sock\ndiscovery: {folders: ["+dir+"/archive]}\nconsole:\n  url: "+ready.URL+"\n  pin: "+ready.Pin+"\n  token-file: "+dir+"/token\n"), 0o600),
		os.MkdirAll(filepath.Join(dir, "archive"), 0o755), os.MkdirAll(filepath.Join(dir, "share", "old"), 0o755)); err != nil {
		t.Fatal(err)
	}
	o.serve()
	return o
}

// serve starts the service.
func (o *office) serve() {
	o.service = o.start("agent", "trustline", "run", "--config", filepath.Join(o.dir, "agent.yaml"))
}

// start starts a program for the rest of the test.
func (o *office) start(name, program string, args ...string) *exec.Cmd {
	o.t.Helper()
	log, err := os.OpenFile(filepath.Join(o.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		o.t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(programs, program), args...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
	cmd.Stdout, cmd.Stderr = log, log
	if err := errors.Join(cmd.Start(), log.Close()); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // or it has ended
		_ = cmd.Wait()
	})
	return cmd
}

// another is a second person with a browser.
func (o *office) another(name string) *administrator {
	o.t.Helper()
	out := strings.Fields(o.company.console("account", "create", "--name", name, "--role", "reviewer"))
	jar, err := cookiejar.New(nil)
	if err != nil || len(out) == 0 {
		o.t.Fatal(out, err)
	}
	a := &administrator{o.company, &http.Client{Timeout: time.Minute, Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	a.post(o.url+"/login", url.Values{"name": {name}, "password": {out[len(out)-1]}})
	return a
}

// numbers writes the unencrypted document with 2,000 telephone numbers.
func (o *office) numbers() (path string) {
	o.t.Helper()
	var list bytes.Buffer
	for _, p := range synthetic.New(5).People(2000) {
		list.WriteString(p.Mobile + "\n")
	}
	path = filepath.Join(o.dir, "share", "old", "numbers.txt")
	if err := os.WriteFile(path, list.Bytes(), 0o644); err != nil {
		o.t.Fatal(err)
	}
	return path
}

func (o *office) discovery(args ...string) string {
	out, _ := exec.Command(filepath.Join(programs, "trustline"), append(append([]string{"discovery"}, args...), "--socket", filepath.Join(o.dir, "control.sock"))...).CombinedOutput()
	return string(out)
}

// The norm's own case, with real processes: a spot check finds the unencrypted
// document with 2,000 telephone numbers, two people order its destruction, it
// is gone, and the record says so. What is put there afterwards stays, whatever
// the service is told again.
func TestASpotCheckEndsInADestruction(t *testing.T) {
	o := startOffice(t)
	path := o.numbers()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	admin := o.administrator()
	reviewer := o.another("li.reviewer")
	o.until("the machine is enrolled", func() bool { return strings.Contains(o.console("machine", "list"), "valid") })
	begun := time.Now()
	reviewer.post(o.url+"/discovery/new", url.Values{"whom": {"all"}, "folders": {o.dir + "/share"}, "files": {"50"}, "days": {"7"}, "least-cn-mobile": {"100"}, "reason": {"Q3"}})
	found := o.awaitIncident("the document", func(i incident.Incident) bool { return i.Order != "" })
	if found.File.Name != "numbers.txt" || found.Destination.Path != filepath.Dir(path) || found.Content.Classes[0].Distinct < 1990 || strings.Contains(found.Content.Matches[0].Masked, string(content[:11])) {
		t.Fatalf("%+v", found)
	}
	t.Logf("found %v after it was ordered", time.Since(begun).Round(10*time.Millisecond))
	o.until("the machine has answered", func() bool { return strings.Contains(o.console("spot-check", "show", found.Order), "done") })
	if page := reviewer.page("/discovery/" + found.Order); !strings.Contains(page, "/incidents/"+found.ID) || !strings.Contains(page, "numbers.txt") {
		t.Errorf("the page does not tell what was found:\n%s", page)
	}
	if list := o.discovery("results"); !strings.Contains(list, path) || !strings.Contains(list, "mobile") {
		t.Errorf("the machine does not know what was found: %s", list)
	}
	destroy := o.url + "/incidents/" + found.ID + "/destroy"
	order := url.Values{"do": {"destroy"}, "reason": {"not encrypted"}}
	reviewer.post(destroy, order)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("one of two was enough: %v", err)
	}
	admin.post(destroy, order)
	record := o.awaitIncident("the destruction", func(i incident.Incident) bool { return i.Code == "file-destroyed" })
	if record.Detail["incident"] != found.ID || record.Detail["sha256"] != found.File.SHA256 || record.Detail["user"] != "li.reviewer, chen.admin" || record.Detail["path"] != path {
		t.Errorf("%+v", record.Detail)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
	timeline := reviewer.page("/incidents/" + found.ID)
	for _, step := range []string{"li.reviewer", "chen.admin", "ordered the destruction", "File destroyed", "overwritten and taken away"} {
		if !strings.Contains(timeline, step) {
			t.Errorf("the incident does not tell: %s", step)
		}
	}
	audit := o.console("audit", "export")
	for _, action := range []string{"spot-check-ordered", "spot-check-done", "destruction-ordered", "file-destroyed"} {
		if !strings.Contains(audit, action) {
			t.Errorf("the record does not tell: %s", action)
		}
	}
	o.console("audit", "verify")

	// The same content under the same path, and the service killed: the order was
	// for one file, once.
	if err := errors.Join(os.WriteFile(path, content, 0o644), o.service.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	_ = o.service.Wait() // it was killed
	o.serve()
	o.until("the service is back", func() bool { return strings.Contains(o.discovery("status"), "Folders:") })
	o.awaitIncident("the service says that it was killed", func(i incident.Incident) bool { return i.Code == "service-killed" })
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, content) {
		t.Errorf("%d bytes %v", len(again), err)
	}
}

// A list that is kept too long and holds more than it has to is told of, once
// the policy says so; the search is asked for on the machine.
func TestListsKeptTooLongAndTooRich(t *testing.T) {
	o := startOffice(t)
	var list bytes.Buffer
	if err := synthetic.XLSX(&list, synthetic.New(3).People(60), "zh"); err != nil {
		t.Fatal(err)
	}
	path, old := filepath.Join(o.dir, "archive", "list.xlsx"), time.Now().AddDate(-3, 0, 0)
	if err := errors.Join(os.WriteFile(path, list.Bytes(), 0o644), os.Chtimes(path, old, old)); err != nil {
		t.Fatal(err)
	}
	admin := o.administrator()
	o.until("the machine is enrolled", func() bool { return strings.Contains(o.console("machine", "list"), "valid") })
	admin.publish(o.policyText("house", "enforce")+"retention:\n  - {class: customer-list, days: 365}\nminimum:\n  - {list: [person-name, cn-mobile], without: [cn-resident-id, bank-card]}\n", 0)
	o.until("the policy holds", o.runs("house"))
	o.until("a search can be asked for", func() bool {
		out := o.discovery("run")
		return !strings.Contains(out, "goes on already") && !strings.Contains(out, "not running")
	})
	i := o.awaitIncident("the list", func(i incident.Incident) bool { return len(i.Content.Overdue) > 0 })
	if o := i.Content.Overdue[0]; o.Class != "customer-list" || o.Days != 365 || o.Age < 1094 {
		t.Errorf("%+v", i.Content.Overdue)
	}
	if len(i.Content.Excess) == 0 || i.Content.Excess[0].Kind != "cn-resident-id" || i.Content.Excess[0].Heading == "" {
		t.Errorf("%+v", i.Content.Excess)
	}
	// The document was read by a process that gives way to everybody.
	if n := o.niceWorkers(); n == 0 {
		t.Error("no reader of documents has the least priority")
	}
	if page := admin.page("/incidents/" + i.ID); !strings.Contains(page, "may be kept for 365 days") || !strings.Contains(page, "which a list like this does without") {
		t.Errorf("the page does not tell:\n%s", page)
	}
	if out := o.discovery("results"); !strings.Contains(out, "may be kept for 365 days") || !strings.Contains(out, path) {
		t.Errorf("the machine does not tell: %s", out)
	}
	o.until("the console knows how the search goes", func() bool {
		res, err := o.ask("/api/v1/fleet")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		var fleet struct{ Machines []incident.Heartbeat }
		return json.NewDecoder(res.Body).Decode(&fleet) == nil && len(fleet.Machines) == 1 && fleet.Machines[0].Search != nil
	})
}

// niceWorkers counts the service's readers of documents with the least priority.
func (o *office) niceWorkers() (n int) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		o.t.Fatal(err)
	}
	for _, path := range stats {
		raw, _ := os.ReadFile(path) // it may have ended
		_, rest, _ := strings.Cut(string(raw), ") ")
		fields := strings.Fields(rest) // from the third on: state, parent, …, the nineteenth is nice
		if len(fields) > 16 && fields[1] == strconv.Itoa(o.service.Process.Pid) && fields[16] == "19" {
			n++
		}
	}
	return n
}
