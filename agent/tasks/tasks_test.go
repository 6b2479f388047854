package tasks

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/trustline/trustline/task"
)

func open(t *testing.T, path string) *Book {
	t.Helper()
	b, err := Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNothingIsDoneTwiceOrForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tasks.json")
	b := open(t, path)
	e, err := b.Begin(task.Task{ID: "1"}, nil)
	if err != nil || e == nil {
		t.Fatal(e, err)
	}
	if again, err := b.Begin(task.Task{ID: "1"}, nil); again != nil || err != nil {
		t.Errorf("begun twice: %+v %v", again, err)
	}
	if _, err := b.Begin(task.Task{ID: "2"}, &task.Result{Task: "2", Found: 3}); err != nil {
		t.Fatal(err)
	}
	if err := b.Change("1", func(e *Entry) { e.Path, e.Mark = "/srv/a", "1:2" }); err != nil {
		t.Fatal(err)
	}
	b = open(t, path)
	all := b.Open()
	if len(all) != 2 || all[0].Mark != "1:2" || all[0].Record != e.Record || all[1].Result.Found != 3 || all[1].Ended.IsZero() {
		t.Fatalf("%+v", all)
	}
	if err := errors.Join(b.Change("1", func(e *Entry) { e.Told = true }), b.Change("2", func(e *Entry) { e.Told = true })); err != nil {
		t.Fatal(err)
	}
	if b = open(t, path); len(b.Open()) != 0 || !b.Known("1") || !b.Known("2") || b.Known("3") {
		t.Errorf("%+v", b.Open())
	}
	if b.Change("3", func(*Entry) {}) == nil {
		t.Error("what was never begun is changed")
	}
}

func TestADamagedBookIsMovedAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tasks.json")
	for _, text := range []string{"not JSON", "[null]"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if b := open(t, path); len(b.Open()) != 0 {
			t.Errorf("%+v", b.Open())
		}
		if raw, err := os.ReadFile(path + ".damaged"); err != nil || string(raw) != text {
			t.Errorf("%q %v", raw, err)
		}
	}
}
