package agent

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// A document with 2,000 telephone numbers that lies on a share is found, a
// harmless one is not, and neither is looked at again after a restart.
func TestAListThatLiesThereIsFound(t *testing.T) {
	dir := t.TempDir()
	share := filepath.Join(dir, "share", "old projects")
	var list bytes.Buffer
	for _, p := range synthetic.New(5).People(2000) {
		list.WriteString(p.Mobile + "\n")
	}
	for _, err := range []error{
		os.MkdirAll(share, 0o755), os.WriteFile(filepath.Join(share, "numbers.txt"), list.Bytes(), 0o644),
		os.WriteFile(filepath.Join(share, "plan.txt"), []byte("a plan"), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := DefaultConfig()
	c.State, c.Socket = filepath.Join(dir, "state"), filepath.Join(dir, "socket")
	c.Discovery.Folders = []string{filepath.Join(dir, "share")}
	run := func(until func(records []incident.Incident) bool) (records []incident.Incident) {
		t.Helper()
		a, err := New(c, "test", nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		arrived := make(chan incident.Incident, 10)
		a.judge.Record = func(_ context.Context, i incident.Incident) error {
			if i.Kind == incident.Activity {
				arrived <- i
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx, nobody{}) }()
		for end := time.After(30 * time.Second); !until(records); {
			select {
			case i := <-arrived:
				records = append(records, i)
			case <-time.After(100 * time.Millisecond):
			case <-end:
				t.Fatalf("only %d records", len(records))
			}
		}
		cancel()
		return append(records, drained(arrived, <-done, t)...)
	}
	found := run(func(r []incident.Incident) bool { return len(r) > 0 })
	if len(found) != 1 || found[0].Channel != "at-rest" || found[0].Decision.Rule != "report-customer-lists-at-rest" || found[0].File.Name != "numbers.txt" ||
		found[0].Destination.Path != share || found[0].Decision.Outcome != incident.Reported {
		t.Fatalf("%+v", found)
	}
	if err := os.WriteFile(filepath.Join(share, "more.txt"), list.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	// The next search is due in a day; one that never ended would find more.txt.
	begun := time.Now()
	again := run(func([]incident.Incident) bool { return time.Since(begun) > time.Second })
	for _, i := range again {
		if i.File.Name == "numbers.txt" {
			t.Errorf("looked at again: %+v", i.Decision)
		}
	}
}

func drained(arrived chan incident.Incident, err error, t *testing.T) (left []incident.Incident) {
	t.Helper()
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(arrived)
	for i := range arrived {
		left = append(left, i)
	}
	return left
}
