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
	if _, before, _, err := begin(path, "1.1", "c", now); err != nil || before != Replaced {
		t.Errorf("after an upgrade: %q %v", before, err)
	}
	if _, before, _, err := begin(path, "1.0", "c", now); err != nil || before != Replaced {
		t.Errorf("after going back: %q %v", before, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	next("c", None)
}

func TestLeaving(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "run.json"), time.Now()
	r, _, _, err := begin(path, "1.0", "a", now)
	if err != nil || r.Leaving(now) != None {
		t.Fatalf("a new run is said to be %q (%v)", r.Leaving(now), err)
	}
	for _, how := range []Ending{Removed, Upgraded} {
		if err := Leave(filepath.Dir(path), how); err != nil || r.Leaving(now) != how {
			t.Errorf("said to be %q, not %q (%v)", r.Leaving(now), how, err)
		}
	}
	if late := r.Leaving(now.Add(noted + time.Minute)); late != None {
		t.Errorf("what did not come to pass is still said to be %q", late)
	}
	for _, no := range []Ending{None, Permitted, Shutdown, Killed, "removed, or so"} {
		if err := Leave(filepath.Dir(path), no); err != nil || r.Leaving(now) != None {
			t.Errorf("%q is taken for %q (%v)", no, r.Leaving(now), err)
		}
	}
	if err := Leave(filepath.Dir(path), Removed); err != nil {
		t.Fatal(err)
	}
	if r, _, _, err := begin(path, "1.0", "a", now); err != nil || r.Leaving(now) != None {
		t.Errorf("installed again it is still said to be %q (%v)", r.Leaving(now), err)
	}
	if err := Leave(filepath.Join(filepath.Dir(path), "none"), Removed); err != nil {
		t.Errorf("where nothing has run: %v", err)
	}
}

// Whoever stops the service as if to upgrade it has not, where no other version
// comes.
func TestPretendedUpgrade(t *testing.T) {
	for version, want := range map[string]Ending{"1.1": Upgraded, "0.9": Upgraded, "1.0": Pretended} {
		path, now := filepath.Join(t.TempDir(), "run.json"), time.Now()
		r, _, _, err := begin(path, "1.0", "a", now)
		if err == nil {
			err = r.End(Upgraded, now)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, before, _, err := begin(path, version, "b", now); err != nil || before != want {
			t.Errorf("then %s runs: %q, want %q (%v)", version, before, want, err)
		}
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
