package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// output is what a program says, readable while it still speaks.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func (o *output) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if strings.Contains(o.String(), text) {
			return
		}
	}
	t.Fatalf("%q was not said within a minute; said was: %s", text, o)
}

// TestGuardCommand tries the guard in one line, as the documentation says.
func TestGuardCommand(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	image, stick, list := filepath.Join(dir, "stick.img"), filepath.Join(dir, "stick"), filepath.Join(dir, "list.csv")
	must := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	must("truncate", "-s", "64M", image)
	must("mkfs.ext4", "-qF", image)
	must("mkdir", stick)
	must("mount", "-o", "loop", image, stick)
	t.Cleanup(func() {
		for range 3 {
			if syscall.Unmount(stick, syscall.MNT_DETACH) != nil {
				break
			}
		}
	})
	f, err := os.Create(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := synthetic.CSV(f, synthetic.New(11).People(500), "zh"); err != nil {
		t.Fatal(err)
	}
	f.Close()

	var said output
	cmd := exec.Command(filepath.Join(programs, "trustline"), "guard", stick)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	said.await(t, "Guarding "+stick)
	if out, err := exec.Command("cp", list, stick).CombinedOutput(); err == nil || !strings.Contains(string(out), "Permission denied") {
		t.Errorf("the list was not stopped: %v: %s", err, out)
	}
	said.await(t, "blocked")
	if out, err := exec.Command("cp", "/etc/hostname", stick).CombinedOutput(); err != nil {
		t.Errorf("a harmless file was stopped: %v: %s", err, out)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the guard did not end cleanly: %v: %s", err, &said)
	}
	// The medium is what it was: writable, and without anything of ours.
	if err := os.WriteFile(filepath.Join(stick, "after.txt"), []byte("x"), 0o644); err != nil {
		t.Errorf("the medium was not given back: %v", err)
	}
	entries, err := os.ReadDir(stick)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch e.Name() {
		case "lost+found", "hostname", "after.txt":
		default:
			t.Errorf("%s is on the medium", e.Name())
		}
	}
}
