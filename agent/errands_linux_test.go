package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/agent/tasks"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/signed"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// errand is a service that is given tasks, and what it records.
type errand struct {
	*Agent
	t     *testing.T
	dir   string
	key   ed25519.PrivateKey
	other string // id of another machine

	mu      sync.Mutex
	records []incident.Incident
}

func newErrand(t *testing.T, dir string) *errand {
	t.Helper()
	c := DefaultConfig()
	c.State, c.Socket = filepath.Join(dir, "state"), filepath.Join(dir, "socket")
	a, err := New(c, "test", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	public, private, _ := ed25519.GenerateKey(nil)
	e := &errand{Agent: a, t: t, dir: dir, key: private, other: newID(t)}
	a.errands.keys = func() [][]byte { return [][]byte{public} }
	a.judge.Record = func(_ context.Context, all ...incident.Incident) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.records = append(e.records, all...)
		return nil
	}
	return e
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

// work runs the service's errands for the rest of the test.
func (e *errand) work() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); e.runErrands(ctx) }()
	e.t.Cleanup(func() {
		cancel()
		<-done
		if err := e.close(); err != nil {
			e.t.Error(err)
		}
	})
}

func (e *errand) task(check *task.Check, destruction *task.Destruction) task.Task {
	now := time.Now().UTC().Truncate(time.Second)
	return task.Task{ID: newID(e.t), Machine: e.machine.ID, Issued: now, Expires: now.Add(time.Hour), By: []string{"li"}, Check: check, Destruction: destruction}
}

func (e *errand) give(t task.Task) {
	e.t.Helper()
	s, err := t.Sign(e.key)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := e.takeTasks(e.t.Context(), []signed.Envelope{s}); err != nil {
		e.t.Fatal(err)
	}
}

// await answers the first record that is so.
func (e *errand) await(what string, is func(incident.Incident) bool) incident.Incident {
	e.t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		e.mu.Lock()
		n := slices.IndexFunc(e.records, is)
		if n >= 0 {
			defer e.mu.Unlock()
			return e.records[n]
		}
		e.mu.Unlock()
		if time.Now().After(end) {
			e.t.Fatalf("no record of %s", what)
		}
	}
}

func (e *errand) result(t task.Task) task.Result {
	e.t.Helper()
	i := e.await("the task's end", func(i incident.Incident) bool { return i.Detail["task"] == t.ID })
	if err := i.Validate(); err != nil {
		e.t.Error(err)
	}
	r, err := task.ParseResult(i.Code, i.Detail)
	if err != nil {
		e.t.Fatal(err)
	}
	return r
}

// numbers writes a document with so many telephone numbers and nothing else.
func (e *errand) numbers(name string, n int) string {
	e.t.Helper()
	var list bytes.Buffer
	for _, p := range synthetic.New(5).People(n) {
		list.WriteString(p.Mobile + "\n")
	}
	path := filepath.Join(e.dir, "share", name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, list.Bytes(), 0o644)); err != nil {
		e.t.Fatal(err)
	}
	return path
}

// find has a spot check find the file, and answers its record.
func (e *errand) find() incident.Incident {
	e.t.Helper()
	t := e.task(&task.Check{Order: newID(e.t), Folders: []string{filepath.Join(e.dir, "share")}, Files: 10, AtLeast: map[string]int{"cn-mobile": 100}}, nil)
	e.give(t)
	e.result(t)
	return e.await("the file", func(i incident.Incident) bool { return i.Order == t.Check.Order })
}

func named(i incident.Incident) string { return i.Destination.Path + "/" + i.File.Name }

// The document with 2,000 telephone numbers that lies unencrypted on a share is
// found by a spot check, and is gone once its destruction is ordered.
func TestASpotCheckFindsAndTheFileIsDestroyed(t *testing.T) {
	e := newErrand(t, t.TempDir())
	e.work()
	path := e.numbers("old/numbers.txt", 2000)
	e.numbers("few.txt", 20)
	if err := os.WriteFile(filepath.Join(e.dir, "share", "plan.txt"), []byte("a plan"), 0o644); err != nil {
		t.Fatal(err)
	}
	check := e.task(&task.Check{Order: newID(t), Folders: []string{filepath.Join(e.dir, "share"), "/not/there"}, Files: 100, AtLeast: map[string]int{"cn-mobile": 100, task.People: 20}}, nil)
	e.give(check)
	if r := e.result(check); r.About != check.Check.Order || r.Seen != 3 || r.Looked != 3 || r.Found != 1 || r.Failed != 0 || r.Nowhere {
		t.Errorf("%+v", r)
	}
	i := e.await("the file", func(i incident.Incident) bool { return i.Order == check.Check.Order })
	if i.Channel != "at-rest" || i.Decision.Rule != "spot-check" || named(i) != path || len(i.File.SHA256) != 64 || len(i.Content.Matches) == 0 || strings.Contains(i.Content.Matches[0].Masked, "0000000") {
		t.Fatalf("%+v", i)
	}
	if err := i.Validate(); err != nil {
		t.Error(err)
	}
	order := e.task(nil, &task.Destruction{Incident: i.ID, Path: named(i), SHA256: i.File.SHA256})
	e.give(order)
	if r := e.result(order); r.Kept != "" || r.Where != "at-rest" || r.Bytes != i.File.Size {
		t.Errorf("%+v", r)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
	results, err := e.finder.answer(control.Caller{UID: 0}, discovery.AskResults)
	if r, ok := results.(discovery.Results); err != nil || !ok || r.All != 1 || r.Found[0].Gone != discovery.Destroyed {
		t.Errorf("%+v %v", results, err)
	}
	if _, err := e.finder.answer(control.Caller{UID: 1000}, discovery.AskResults); err == nil {
		t.Error("anybody is told what was found")
	}
	// Whatever the console says again, nothing is done twice.
	e.give(order)
	e.give(check)
	other := e.task(nil, &task.Destruction{Incident: newID(t), Path: path, SHA256: i.File.SHA256})
	e.give(other) // behind the others
	e.result(other)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, o := range []task.Task{order, check} {
		if n := len(slices.DeleteFunc(slices.Clone(e.records), func(i incident.Incident) bool { return i.Detail["task"] != o.ID })); n != 1 {
			t.Errorf("a task was answered %d times", n)
		}
	}
}

// A destruction is carried out on the file that was meant or not at all, and
// the console is told why not.
func TestWhatIsNotDestroyed(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(e *errand, path string, o *task.Task)
		want  string
	}{
		"expired": {func(_ *errand, _ string, o *task.Task) {
			o.Issued, o.Expires = o.Issued.Add(-2*time.Hour), o.Issued.Add(-time.Hour)
		}, task.KeptExpired},
		"changed":       {func(e *errand, _ string, _ *task.Task) { e.numbers("numbers.txt", 1999) }, task.KeptChanged},
		"gone":          {func(e *errand, p string, _ *task.Task) { e.must(os.Remove(p)) }, task.KeptGone},
		"a second name": {func(e *errand, p string, _ *task.Task) { e.must(os.Link(p, p+".copy")) }, task.KeptLinked},
		"a link":        {func(e *errand, p string, _ *task.Task) { e.must(os.Rename(p, p+".real"), os.Symlink(p+".real", p)) }, task.KeptNotFile},
		"a linked folder": {func(e *errand, p string, _ *task.Task) {
			d := filepath.Dir(p)
			e.must(os.Rename(d, d+".real"), os.Symlink(d+".real", d))
		}, task.KeptNotFile},
		"another path":    {func(_ *errand, _ string, o *task.Task) { o.Destruction.Path += "x" }, task.KeptUnknown},
		"another content": {func(_ *errand, _ string, o *task.Task) { o.Destruction.SHA256 = strings.Repeat("ab", 32) }, task.KeptUnknown},
		"of no record here": {func(e *errand, _ string, o *task.Task) {
			o.Destruction.Incident, o.Destruction.SHA256 = newID(e.t), strings.Repeat("ab", 32)
		}, task.KeptChanged},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			e := newErrand(t, dir)
			e.work()
			path := e.numbers("numbers.txt", 2000)
			i := e.find()
			o := e.task(nil, &task.Destruction{Incident: i.ID, Path: named(i), SHA256: i.File.SHA256})
			c.spoil(e, path, &o)
			e.give(o)
			if r := e.result(o); r.Kept != c.want {
				t.Errorf("%+v, want %s", r, c.want)
			}
			if c.want == task.KeptGone {
				return
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("%v %v", info, err)
			}
		})
	}
}

// markOf is how the service knows a file again.
func markOf(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

func (e *errand) must(errs ...error) {
	e.t.Helper()
	if err := errors.Join(errs...); err != nil {
		e.t.Fatal(err)
	}
}

// Tasks of another machine, and such as the console did not sign, are refused
// and told of once.
func TestForgedTasksAreRefused(t *testing.T) {
	e := newErrand(t, t.TempDir())
	e.work()
	path := e.numbers("numbers.txt", 2000)
	i := e.find()
	o := e.task(nil, &task.Destruction{Incident: i.ID, Path: named(i), SHA256: i.File.SHA256})
	mine, theirs := o, o
	theirs.Machine = e.other
	_, stranger, _ := ed25519.GenerateKey(nil)
	forged, err := mine.Sign(stranger)
	e.must(err)
	replayed, err := theirs.Sign(e.key)
	e.must(err)
	for range 3 {
		e.must(e.takeTasks(t.Context(), []signed.Envelope{forged, replayed}))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	told := 0
	for _, i := range e.records {
		if i.Code == "task-forged" && i.Severity == incident.High {
			told++
		}
	}
	e.errands.mu.Lock()
	defer e.errands.mu.Unlock()
	if told != 2 || e.errands.waiting[o.ID] || e.errands.book.Known(o.ID) {
		t.Errorf("told %d times", told)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// What a service has begun before it was killed, the next one finishes.
func TestADestructionGoesOnAfterTheServiceWasKilled(t *testing.T) {
	dir := t.TempDir()
	e := newErrand(t, dir)
	path := e.numbers("numbers.txt", 2000)
	f, err := e.finder.examine(t.Context(), path)
	e.must(err)
	f.add = nil
	e.settle(t.Context(), f)
	i := e.await("the file", func(i incident.Incident) bool { return i.File.SHA256 != "" })
	begun, moved := e.task(nil, &task.Destruction{Incident: i.ID, Path: named(i), SHA256: i.File.SHA256}), task.Task{}
	if entry, err := e.errands.book.Begin(begun, nil); err != nil || entry == nil {
		t.Fatal(entry, err)
	}
	// A second one was moved aside and half overwritten.
	second := e.numbers("second.txt", 300)
	moved = e.task(nil, &task.Destruction{Incident: newID(t), Path: second, SHA256: strings.Repeat("ab", 32)})
	entry, err := e.errands.book.Begin(moved, nil)
	e.must(err)
	entry.Path = second
	e.must(e.errands.book.Change(moved.ID, func(c *tasks.Entry) { c.Path = second }), os.Rename(second, filepath.Join(filepath.Dir(second), ".trustline-"+moved.ID)),
		e.destroyOrder(*entry).Moved(markOf(t, filepath.Join(filepath.Dir(second), ".trustline-"+moved.ID))),
		os.WriteFile(filepath.Join(filepath.Dir(second), ".trustline-"+moved.ID), []byte("half"), 0o644), e.close())

	e = newErrand(t, dir)
	e.work()
	for _, o := range []task.Task{begun, moved} {
		if r := e.result(o); r.Kept != "" || r.Where != "at-rest" {
			t.Errorf("%+v", r)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// What was taken into quarantine is destroyed there, under the same conditions.
func TestWhatIsInQuarantineIsDestroyed(t *testing.T) {
	e := newErrand(t, t.TempDir())
	e.work()
	path := e.numbers("numbers.txt", 2000)
	f, err := e.finder.examine(t.Context(), path)
	e.must(err)
	f.decision.Action = rules.Quarantine
	e.settle(t.Context(), f)
	i := e.await("the file", func(i incident.Incident) bool { return i.File.SHA256 != "" })
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("not taken: %v", err)
	}
	wrong := e.task(nil, &task.Destruction{Incident: i.ID, Path: named(i), SHA256: strings.Repeat("ab", 32)})
	e.give(wrong)
	if r := e.result(wrong); r.Kept != task.KeptChanged {
		t.Errorf("%+v", r)
	}
	order := e.task(nil, &task.Destruction{Incident: i.ID, Path: named(i), SHA256: i.File.SHA256})
	e.give(order)
	if r := e.result(order); r.Kept != "" || r.Where != "quarantine" || r.Bytes != i.File.Size {
		t.Errorf("%+v", r)
	}
	if left, err := e.custody.store.List(); err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
}

// A folder may be named after a customer: the console knows it masked, and the
// machine which one is meant.
func TestAMaskedPathIsDestroyed(t *testing.T) {
	e := newErrand(t, t.TempDir())
	e.work()
	path := e.numbers("张伟 13812345678/名单-13912345678.txt", 2000)
	i := e.find()
	if n := named(i); strings.Contains(n, "13812345678") || strings.Contains(n, "13912345678") || !strings.Contains(n, "****") {
		t.Fatalf("told as it stands: %s", n)
	}
	order := e.task(nil, &task.Destruction{Incident: i.ID, Path: named(i), SHA256: i.File.SHA256})
	e.give(order)
	if r := e.result(order); r.Kept != "" {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	raw, err := os.ReadFile(filepath.Join(e.config.State, "tasks.json"))
	if err != nil || strings.Contains(string(raw), "13812345678") {
		t.Errorf("the book of tasks names the customer: %v", err)
	}
}

// A machine whose clock was set back does not know whether it is still time.
func TestAClockSetBackDestroysNothing(t *testing.T) {
	dir := t.TempDir()
	latest, err := json.Marshal(map[string]time.Time{"latest": time.Now().Add(24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "state"), 0o700), os.WriteFile(filepath.Join(dir, "state", "grants.json"), latest, 0o600)); err != nil {
		t.Fatal(err)
	}
	e := newErrand(t, dir)
	e.work()
	path := e.numbers("numbers.txt", 2000)
	i := e.find()
	order := e.task(nil, &task.Destruction{Incident: i.ID, Path: named(i), SHA256: i.File.SHA256})
	e.give(order)
	if r := e.result(order); r.Kept != task.KeptClock {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
