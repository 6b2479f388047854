package tenure

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestHowRunsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	now := time.Now()
	next := func(boot string, want Ending) *Tenure {
		t.Helper()
		r, before, since, err := begin(path, "1.0", boot, now)
		if err != nil || before != want || (want == None) != since.IsZero() {
			t.Fatalf("%q since %v, want %q (%v)", before, since, want, err)
		}
		return r
	}
	next("a", None)
	r := next("a", Killed)
	if err := r.End(Permitted, now); err != nil {
		t.Fatal(err)
	}
	next("a", Permitted)
	r = next("b", PowerLoss)
	if err := r.End(Stopped, now); err != nil {
		t.Fatal(err)
	}
	next("c", Stopped)
	if _, before, _, err := begin(path, "1.1", "c", now); err != nil || before != Upgraded {
		t.Errorf("after an upgrade: %q %v", before, err)
	}
	if _, before, _, err := begin(path, "1.0", "c", now); err != nil || before != Upgraded {
		t.Errorf("after going back: %q %v", before, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	next("c", None)
}

func TestRemoving(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	r, _, _, err := begin(path, "1.0", "a", time.Now())
	if err != nil || r.Removing() {
		t.Fatalf("a new run is said to be removed (%v)", err)
	}
	if err := Remove(filepath.Dir(path)); err != nil || !r.Removing() {
		t.Errorf("not said to be removed (%v)", err)
	}
	if r, _, _, err := begin(path, "1.0", "a", time.Now()); err != nil || r.Removing() {
		t.Errorf("installed again it is still said to be removed (%v)", err)
	}
}

func TestTheMachineIsRunning(t *testing.T) {
	if ShuttingDown() {
		t.Error("the machine is said to be going down")
	}
	if _, err := os.Stat("/proc/sys/kernel/random/boot_id"); err == nil && len(bootID()) != 36 {
		t.Errorf("boot %q", bootID())
	}
}
