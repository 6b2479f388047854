package console_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// lying is the record of a document with so many telephone numbers, found by a
// spot check.
func lying(t *testing.T, machine incident.Machine, order string, numbers int) incident.Incident {
	t.Helper()
	i, err := incident.New(incident.Activity, time.Now().Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	i.Machine, i.Severity, i.Channel, i.Operation, i.Order = machine, incident.Medium, "at-rest", "find", order
	i.Person = incident.Person{User: "zhang.wei", UID: 1000}
	i.Decision = incident.Decision{Action: "report", Rule: "spot-check", Reason: "spot-check", PolicyVersion: "3+a1b2c3d4", PolicyClasses: []string{"bulk-identifiers"}, Outcome: incident.Reported}
	i.File = incident.File{Name: "客户电话-2023.xlsx", Size: 24_000, Type: "text/plain", SHA256: strings.Repeat("ab", 32)}
	i.Destination = incident.Destination{Path: "/srv/share/销售部/旧项目"}
	i.Content = incident.Content{
		Status: "sensitive", Classes: []incident.Class{{ID: "cn-mobile", Count: numbers, Distinct: numbers, Confidence: 0.9}},
		Matches: []incident.Match{{Class: "cn-mobile", Masked: "138****1234", Location: "line 1", Confidence: 0.9, Reasons: []string{"11 digits"}}},
		Overdue: []incident.Overdue{{Class: "bulk-identifiers", Title: incident.Title{"zh": "批量号码", "en": "Bulk list of numbers"}, Days: 365, Age: 1133, Since: "changed"}},
		Excess:  []incident.Excess{{Kind: "cn-resident-id", Heading: "身份证号", Column: "D", Place: "Sheet1", Values: 200}, {Kind: "bank-card", Column: "E", Values: 60}},
	}
	if err := i.Validate(); err != nil {
		t.Fatal(err)
	}
	return i
}

func answered(t *testing.T, machine incident.Machine, code string, r task.Result) incident.Incident {
	t.Helper()
	i, err := incident.New(incident.Agent, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	i.Machine, i.Severity, i.Code, i.Detail = machine, incident.Low, code, r.Detail()
	return i
}

// tasks answers what a machine is told to do, unread of signatures.
func (r *running) tasks(t *testing.T, machine string) (all []task.Task) {
	t.Helper()
	for _, e := range r.orders(t, machine).Tasks {
		var one task.Task
		if err := json.Unmarshal(e.Payload, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

func ordering(change func(url.Values)) url.Values {
	v := url.Values{
		"whom": {"names"}, "names": {"sales-ws-02\n"}, "sample": {"5"}, "folders": {"/srv/share\r\n"}, "files": {"200"}, "days": {"7"},
		"least-cn-mobile": {"100"}, "least-people": {"20"}, "reason": {"季度抽查"},
	}
	change(v)
	return v
}

// A spot check is ordered on the page, told to its machine, and what came of it
// stands there; then the file is destroyed, which takes two people.
func TestASpotCheckAndADestructionAreOrdered(t *testing.T) {
	r := start(t)
	me := r.signIn(t)
	s, now := newSample(), time.Now()
	r.as(t, machineID(0))
	r.as(t, machineID(1))
	r.beat(t, s.heartbeat(0, now))
	r.beat(t, s.heartbeat(1, now))
	for name, change := range map[string]func(url.Values){
		"no reason":          func(v url.Values) { v.Del("reason") },
		"for ever":           func(v url.Values) { v.Set("days", "31") },
		"no number":          func(v url.Values) { v.Del("least-cn-mobile"); v.Del("least-people") },
		"an odd number":      func(v url.Values) { v.Set("least-cn-mobile", "-3") },
		"a folder upwards":   func(v url.Values) { v.Set("folders", "/srv/../etc") },
		"every file":         func(v url.Values) { v.Set("files", "1000000") },
		"an unknown machine": func(v url.Values) { v.Set("names", "sales-ws-02\nsales-ws-99") },
		"no machine":         func(v url.Values) { v.Set("names", "") },
		"a sample of none":   func(v url.Values) { v.Set("whom", "sample"); v.Set("sample", "0") },
	} {
		if res, body := r.form(t, r.URL()+"/discovery/new", ordering(change), me); res.StatusCode != 422 || !strings.Contains(body, `role="alert"`) {
			t.Errorf("%s: answered %d", name, res.StatusCode)
		}
	}
	if res, _ := r.form(t, r.URL()+"/discovery/new", ordering(func(url.Values) {})); res.Header.Get("Location") != "/login" && res.StatusCode < 300 {
		t.Errorf("without signing in: %d", res.StatusCode)
	}
	if len(r.tasks(t, machineID(1))) != 0 {
		t.Fatal("what was refused is told")
	}
	res, _ := r.form(t, r.URL()+"/discovery/new", ordering(func(url.Values) {}), me)
	page := res.Header.Get("Location")
	told := r.tasks(t, machineID(1))
	if len(told) != 1 || len(r.tasks(t, machineID(0))) != 0 || page != "/discovery/"+told[0].Check.Order || told[0].Check.AtLeast["cn-mobile"] != 100 || told[0].Check.Folders[0] != "/srv/share" {
		t.Fatalf("%d %s %+v", res.StatusCode, page, told)
	}
	ws := s.heartbeat(1, now).Machine
	file := lying(t, ws, told[0].Check.Order, 2000)
	r.send(t, file, answered(t, ws, task.CodeChecked, task.Result{Task: told[0].ID, About: told[0].Check.Order, Seen: 48213, Looked: 200, Found: 1}))
	_, body := r.get(t, page, me)
	for _, want := range []string{"48213", "客户电话-2023.xlsx", "/incidents/" + file.ID, "季度抽查"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not tell %s", want)
		}
	}
	if len(r.tasks(t, machineID(1))) != 0 {
		t.Error("done, and told again")
	}
	if _, body := r.get(t, "/discovery", me); !strings.Contains(body, "/incidents/"+file.ID) || !strings.Contains(body, page) {
		t.Error("what is kept too long, or the check, is not listed")
	}
	r.destroyed(t, me, ws, file)
	for whom, want := range map[string]int{"sample": 1, "all": 2} {
		before := len(r.tasks(t, machineID(0))) + len(r.tasks(t, machineID(1)))
		if res, _ := r.form(t, r.URL()+"/discovery/new", ordering(func(v url.Values) { v.Set("whom", whom); v.Set("sample", "1") }), me); res.StatusCode != 303 {
			t.Errorf("%s: %d", whom, res.StatusCode)
		}
		if told := len(r.tasks(t, machineID(0))) + len(r.tasks(t, machineID(1))) - before; told != want {
			t.Errorf("%s: %d machines are told", whom, told)
		}
	}
}

func (r *running) destroyed(t *testing.T, me *http.Cookie, ws incident.Machine, file incident.Incident) {
	t.Helper()
	at := r.URL() + "/incidents/" + file.ID + "/destroy"
	do := url.Values{"do": {"destroy"}, "reason": {"保存期已过"}}
	if res, _ := r.form(t, at, url.Values{"do": {"destroy"}}, me); res.StatusCode != 422 {
		t.Errorf("without a reason: %d", res.StatusCode)
	}
	if res, _ := r.form(t, at, do, me); res.StatusCode != 303 || len(r.tasks(t, ws.ID)) != 0 {
		t.Fatalf("one of two: %d", res.StatusCode)
	}
	if res, _ := r.form(t, at, do, me); res.StatusCode != 409 {
		t.Errorf("the same person twice: %d", res.StatusCode)
	}
	if _, err := r.beside(t).OrderDestruction(t.Context(), ed25519.NewKeyFromSeed(make([]byte, 32)), store.Account{ID: "2", Name: "wang"}, file.ID, "同意", 7, 1000, time.Now()); err != nil {
		t.Fatal(err)
	}
	told := r.tasks(t, ws.ID)
	if len(told) != 1 || told[0].Destruction.SHA256 != file.File.SHA256 || told[0].Destruction.Path != "/srv/share/销售部/旧项目/客户电话-2023.xlsx" {
		t.Fatalf("%+v", told)
	}
	r.send(t, answered(t, ws, task.CodeDestroyed, task.Result{Task: told[0].ID, About: file.ID, Where: "at-rest", Bytes: 24_000}))
	_, body := r.get(t, "/incidents/"+file.ID, me)
	for _, want := range []string{"wang", "24.0 kB", "1133", "身份证号"} {
		if !strings.Contains(body, want) {
			t.Errorf("the incident does not tell %s", want)
		}
	}
	if strings.Contains(body, `value="destroy"`) {
		t.Error("it can be destroyed twice")
	}
	// What the agent itself tells has nothing to be destroyed.
	if res, _ := r.form(t, r.URL()+"/incidents/0190aaaa-bbbb-7ccc-8ddd-00000000ffff/destroy", do, me); res.StatusCode != 404 {
		t.Errorf("of no incident: %d", res.StatusCode)
	}
}

// resting fills the pages about data at rest: a check that is answered in part,
// and destructions in every state.
func (r *running) resting(t *testing.T, s *sample, now time.Time) (check string, files []incident.Incident) {
	t.Helper()
	db, key := r.beside(t), ed25519.NewKeyFromSeed(make([]byte, 32))
	var machines []store.Machine
	for n := range 3 {
		h := s.heartbeat(n, now)
		h.Search = &incident.Search{Began: now.Add(-2 * time.Hour), Ended: now.Add(-time.Hour), Looked: 812, Known: 48_213, Found: n, Failed: 3}
		if n == 1 {
			h.Search.Ended = time.Time{}
		}
		r.beat(t, h)
		machines = append(machines, store.Machine{Heartbeat: h})
	}
	by := store.Account{ID: "1", Name: userName}
	check, err := db.OrderCheck(t.Context(), key, by, machines, task.Check{Folders: []string{"/srv/share", `D:\销售部`}, Files: 200, AtLeast: map[string]int{"people": 20, "cn-mobile": 100}}, "第三季度共享目录抽查", 7, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.OrderCheck(t.Context(), key, by, machines, task.Check{Files: 50, AtLeast: map[string]int{"bank-card": 20}}, "离职人员终端", 7, now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		files = append(files, lying(t, machines[n%3].Heartbeat.Machine, check, []int{2000, 500, 500, 500, 500}[n]))
	}
	r.send(t, files...)
	_, tasks, err := db.Check(t.Context(), check)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range tasks[:2] {
		r.send(t, answered(t, incident.Machine{ID: one.Machine, Name: one.MachineName, OS: "linux"}, task.CodeChecked, task.Result{Task: one.ID, About: check, Seen: 48_213, Looked: 200, Found: 2, Unreadable: 4, Cut: one.ID == tasks[0].ID}))
	}
	for n, f := range files[:4] {
		if _, err := db.OrderDestruction(t.Context(), key, by, f.ID, "保存期已过", 7, 1000, now); err != nil {
			t.Fatal(err)
		}
		ordered, err := db.TasksAbout(t.Context(), f.ID)
		if err != nil {
			t.Fatal(err)
		}
		switch result := (task.Result{Task: ordered[0].ID, About: f.ID}); n {
		case 2:
			result.Where, result.Bytes = "at-rest", 24_000
			r.send(t, answered(t, f.Machine, task.CodeDestroyed, result))
		case 3:
			result.Kept = task.KeptChanged
			r.send(t, answered(t, f.Machine, task.CodeKept, result))
		}
	}
	return check, files
}
