package agent

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// A share whose server is gone keeps its reader for ever, and not the service.
func TestTheServiceEndsThoughAShareHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := unlessStuck(ctx, make(chan error)); ok {
		t.Error("nothing came, and something is told")
	}
	came := make(chan error, 1)
	came <- nil
	if _, ok := unlessStuck(ctx, came); !ok {
		t.Error("what came is not told")
	}
}

// A share that is mounted is searched where it is named, and not from above.
func TestASharesOwnFolderIsSearched(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: this test mounts a file system and needs root")
	}
	dir := t.TempDir()
	share := filepath.Join(dir, "share")
	if err := errors.Join(os.Mkdir(share, 0o755), syscall.Mount("tmpfs", share, "tmpfs", 0, "size=1m")); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(share, syscall.MNT_DETACH)
	if err := os.WriteFile(filepath.Join(share, "list.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int{share: 1, dir: 0} {
		s, err := discovery.Draw(t.Context(), []string{folder}, nil, nil, 10, time.Minute)
		if err != nil || s.Seen != want {
			t.Errorf("%s: %+v %v", folder, s, err)
		}
	}
}

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
		_, arrived, end := running(t, c)
		for late := time.After(30 * time.Second); !until(records); {
			select {
			case i := <-arrived:
				records = append(records, i)
			case <-time.After(100 * time.Millisecond):
			case <-late:
				t.Fatalf("only %d records", len(records))
			}
		}
		end()
		close(arrived)
		for i := range arrived {
			records = append(records, i)
		}
		return records
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
