package store_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// tasked is a console with machines that are told to do something.
type tasked struct {
	*store.Store
	t        *testing.T
	key      ed25519.PrivateKey
	public   ed25519.PublicKey
	machines []store.Machine
}

var (
	orderer = store.Account{ID: "0190aaaa-0000-7ccc-8ddd-000000000001", Name: "li"}
	another = store.Account{ID: "0190aaaa-0000-7ccc-8ddd-000000000002", Name: "wang"}
)

func newTasked(t *testing.T) *tasked {
	t.Helper()
	s := &tasked{Store: open(t, t.TempDir()), t: t}
	s.public, s.key, _ = ed25519.GenerateKey(nil)
	for _, name := range []string{"ws-1", "ws-2"} {
		id := "0190aaaa-bbbb-7ccc-8ddd-00000000000" + name[3:]
		s.machines = append(s.machines, store.Machine{Heartbeat: incident.Heartbeat{Machine: incident.Machine{ID: id, Name: name, OS: "linux"}}})
	}
	return s
}

// tell opens what a machine is told.
func (s *tasked) tell(n int) (all []*task.Task) {
	s.t.Helper()
	id := s.machines[n].Heartbeat.Machine.ID
	envelopes, err := s.Tasks(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range envelopes {
		got, err := task.Open(e, id, s.public)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, got)
	}
	return all
}

// answer has a machine answer with a result.
func (s *tasked) answer(n int, code string, r task.Result) {
	s.t.Helper()
	i, err := incident.New(incident.Agent, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	i.Machine, i.Severity, i.Code, i.Detail = s.machines[n].Heartbeat.Machine, incident.Low, code, r.Detail()
	s.add(i)
}

func (s *tasked) add(i incident.Incident) {
	s.t.Helper()
	if _, err := s.AddIncidents(s.t.Context(), []incident.Incident{i}, time.Now()); err != nil {
		s.t.Fatal(err)
	}
}

// lying is the record of a file with so many telephone numbers.
func (s *tasked) lying(n, numbers int) incident.Incident {
	s.t.Helper()
	i, err := incident.New(incident.Activity, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	i.Machine, i.Severity, i.Channel, i.Operation = s.machines[n].Heartbeat.Machine, incident.Medium, "at-rest", "find"
	i.Decision = incident.Decision{Action: "report", Rule: "spot-check", Reason: "spot-check", Outcome: incident.Reported}
	i.File, i.Destination.Path = incident.File{Name: "numbers.txt", SHA256: strings.Repeat("ab", 32)}, "/srv/share"
	i.Content = incident.Content{Status: "sensitive", Classes: []incident.Class{{ID: "cn-mobile", Count: numbers, Distinct: numbers}}}
	return i
}

func (s *tasked) actions() string {
	s.t.Helper()
	var all []string
	if err := s.Audit(s.t.Context(), func(e store.Entry) error { all = append(all, e.Name+" "+e.Action); return nil }); err != nil {
		s.t.Fatal(err)
	}
	if _, _, _, err := s.VerifyAudit(s.t.Context(), ""); err != nil {
		s.t.Error(err)
	}
	return strings.Join(all, ", ")
}

func TestASpotCheckIsToldAndAnswered(t *testing.T) {
	s, now := newTasked(t), time.Now()
	id, err := s.OrderCheck(t.Context(), s.key, orderer, s.machines, task.Check{Files: 50, AtLeast: map[string]int{"cn-mobile": 100}}, "季度抽查", 7, now)
	if err != nil {
		t.Fatal(err)
	}
	first, second := s.tell(0), s.tell(1)
	if len(first) != 1 || len(second) != 1 || first[0].Check.Order != id || first[0].ID == second[0].ID || first[0].By[0] != "li" {
		t.Fatalf("%+v %+v", first, second)
	}
	r := task.Result{Task: first[0].ID, About: id, Seen: 900, Looked: 50, Found: 1}
	s.answer(1, task.CodeChecked, r) // not its own
	s.answer(0, task.CodeChecked, task.Result{Task: r.Task, About: uuid.NewString()})
	if len(s.tell(0)) != 1 {
		t.Fatal("another machine, or another order, has ended it")
	}
	s.answer(0, task.CodeChecked, r)
	s.answer(0, task.CodeChecked, task.Result{Task: r.Task, About: id}) // the first holds
	if len(s.tell(0)) != 0 || len(s.tell(1)) != 1 {
		t.Fatal("done, and told again")
	}
	found, foreign := s.lying(0, 2000), s.lying(0, 2000)
	found.Order, foreign.Order, foreign.Machine.ID = id, id, uuid.NewString()
	s.add(found)
	s.add(foreign)
	c, tasks, err := s.Check(t.Context(), id)
	if err != nil || c.Machines != 2 || c.Answered != 1 || c.Looked != 50 || c.Found != 1 || len(tasks) != 2 || tasks[0].State != store.TaskDone || tasks[1].State != store.TaskOpen {
		t.Errorf("%+v %+v %v", c, tasks, err)
	}
	if list, err := s.FoundBy(t.Context(), id, 10); err != nil || len(list) != 1 || list[0].ID != found.ID {
		t.Errorf("%+v %v", list, err)
	}
	if all, err := s.Checks(t.Context(), 10); err != nil || len(all) != 1 || all[0].Reason != "季度抽查" {
		t.Errorf("%+v %v", all, err)
	}
	if got := s.actions(); got != "li spot-check-ordered, ws-1 spot-check-done" {
		t.Errorf("the record says: %s", got)
	}
	if _, _, err := s.Check(t.Context(), uuid.NewString()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestADestructionIsOrderedByWhoMay(t *testing.T) {
	s, now := newTasked(t), time.Now()
	small, large, other := s.lying(0, 999), s.lying(0, 2000), s.lying(0, 5)
	other.File.SHA256 = ""
	for _, i := range []incident.Incident{small, large, other} {
		s.add(i)
	}
	order := func(by store.Account, id string) (bool, error) {
		return s.OrderDestruction(t.Context(), s.key, by, id, "保存期已过", 7, 1000, now)
	}
	if told, err := order(orderer, small.ID); !told || err != nil {
		t.Fatal(told, err)
	}
	if got := s.tell(0); len(got) != 1 || got[0].Destruction.Path != "/srv/share/numbers.txt" || got[0].Destruction.Incident != small.ID {
		t.Fatalf("%+v", got)
	}
	if _, err := order(another, small.ID); !errors.Is(err, store.ErrChanged) {
		t.Errorf("ordered twice: %v", err)
	}
	if _, err := order(orderer, other.ID); !errors.Is(err, store.ErrNotAtRest) {
		t.Errorf("what cannot be told apart: %v", err)
	}
	if told, err := order(orderer, large.ID); told || err != nil || len(s.tell(0)) != 1 {
		t.Fatal("one account is enough for 2,000", told, err)
	}
	if _, err := order(orderer, large.ID); !errors.Is(err, store.ErrSamePerson) {
		t.Errorf("the same twice: %v", err)
	}
	if told, err := order(another, large.ID); !told || err != nil {
		t.Fatal(told, err)
	}
	got := s.tell(0)
	if len(got) != 2 || strings.Join(got[1].By, ",") != "li,wang" {
		t.Fatalf("%+v", got)
	}
	s.answer(0, task.CodeKept, task.Result{Task: got[0].ID, About: small.ID, Kept: task.KeptChanged})
	s.answer(0, task.CodeDestroyed, task.Result{Task: got[1].ID, About: large.ID, Where: "at-rest", Bytes: 24000})
	for id, state := range map[string]string{small.ID: store.TaskKept, large.ID: store.TaskDone} {
		if tasks, err := s.TasksAbout(t.Context(), id); err != nil || len(tasks) != 1 || tasks[0].State != state {
			t.Errorf("%+v %v", tasks, err)
		}
	}
	// What was not done can be ordered again, what was done cannot.
	if told, err := order(orderer, small.ID); !told || err != nil {
		t.Error(told, err)
	}
	if _, err := order(orderer, large.ID); !errors.Is(err, store.ErrChanged) {
		t.Errorf("destroyed twice: %v", err)
	}
	if err := s.WithdrawDestruction(t.Context(), another, small.ID, "误报", now); err != nil || len(s.tell(0)) != 0 {
		t.Errorf("withdrawn, and told: %v", err)
	}
	if err := s.WithdrawDestruction(t.Context(), another, small.ID, "", now); !errors.Is(err, store.ErrChanged) {
		t.Errorf("withdrawn twice: %v", err)
	}
	want := "li destruction-ordered, li destruction-ordered, wang destruction-ordered, ws-1 file-not-destroyed, ws-1 file-destroyed, li destruction-ordered, wang destruction-withdrawn"
	if got := s.actions(); got != want {
		t.Errorf("the record says: %s", got)
	}
	if related, err := s.Related(t.Context(), large.ID); err != nil || len(related) != 1 || related[0].Code != task.CodeDestroyed {
		t.Errorf("%+v %v", related, err)
	}
}

// After its time a task is told to nobody and is called what it is.
func TestATaskExpires(t *testing.T) {
	s, past := newTasked(t), time.Now().Add(-8*24*time.Hour)
	i := s.lying(0, 5)
	s.add(i)
	if told, err := s.OrderDestruction(t.Context(), s.key, orderer, i.ID, "", 7, 1000, past); !told || err != nil {
		t.Fatal(told, err)
	}
	tasks, err := s.TasksAbout(t.Context(), i.ID)
	if err != nil || len(tasks) != 1 || tasks[0].State != store.TaskExpired || len(s.tell(0)) != 0 {
		t.Errorf("%+v %v", tasks, err)
	}
	if told, err := s.OrderDestruction(t.Context(), s.key, orderer, i.ID, "", 7, 1000, time.Now()); !told || err != nil {
		t.Errorf("not once more: %v %v", told, err)
	}
}
