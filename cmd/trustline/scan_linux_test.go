package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

func writeList(t *testing.T, path string, people int) {
	t.Helper()
	var b bytes.Buffer
	if err := synthetic.CSV(&b, synthetic.New(3).People(people), "zh"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestScanWithoutPermission scans as somebody who may not read everything.
func TestScanWithoutPermission(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("needs root to become somebody else")
		}
		t.Skip("needs root to become somebody else")
	}
	dir, err := os.MkdirTemp("", "scan")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "trustline")
	copyProgram(t, program)
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(filepath.Join(data, "closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeList(t, filepath.Join(data, "closed", "list.csv"), 5)
	writeList(t, filepath.Join(data, "secret.csv"), 5)
	writeList(t, filepath.Join(data, "open.csv"), 5)
	for path, mode := range map[string]os.FileMode{dir: 0o755, data: 0o755, filepath.Join(data, "closed"): 0o700, filepath.Join(data, "secret.csv"): 0o600} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, int) {
		c := exec.Command(program, args...)
		c.Dir = dir
		c.Env = []string{"LANG=C.UTF-8"}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, _ := c.CombinedOutput()
		return string(out), c.ProcessState.ExitCode()
	}
	out, status := run("scan", "--json", "data")
	got := map[string]string{}
	for line := range strings.Lines(out) {
		var l scanLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		got[l.Path] = string(l.Status) + " " + string(l.Reason)
	}
	want := map[string]string{"data/closed": "unreadable permission-denied", "data/secret.csv": "unreadable permission-denied", "data/open.csv": "sensitive "}
	for path, w := range want {
		if got[path] != w {
			t.Errorf("%s: %q, want %q", path, got[path], w)
		}
	}
	if len(got) != len(want) || status != exitFound {
		t.Errorf("exit %d: %v", status, got)
	}
	if out, status := run("scan", "data/secret.csv"); status != exitError || !strings.Contains(out, "permission denied; run as somebody who may read it") {
		t.Errorf("exit %d: %s", status, out)
	}
}

func copyProgram(t *testing.T, to string) {
	t.Helper()
	out, err := exec.Command("go", "build", "-o", to, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
}

// TestScanInterrupted stops a scan that waits for more input: what was found
// before is printed.
func TestScanInterrupted(t *testing.T) {
	dir := t.TempDir()
	writeList(t, filepath.Join(dir, "a.csv"), 5)
	catalog, err := message.Load(messages)
	if err != nil {
		t.Fatal(err)
	}
	in, hold := io.Pipe() // never ends
	defer hold.Close()
	var out, said bytes.Buffer
	term := &terminal{in: in, out: &out, err: &said, Printer: catalog.Printer("en")}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(300*time.Millisecond, cancel)
	root := newRoot(term)
	root.SetArgs([]string{"scan", filepath.Join(dir, "a.csv"), "-"})
	done := make(chan error, 1)
	go func() { done <- root.ExecuteContext(ctx) }()
	select {
	case err = <-done:
	case <-time.After(60 * time.Second):
		t.Fatal("the scan goes on")
	}
	if err != exitStatus(exitFound) || !strings.Contains(out.String(), "a.csv\n  5 people") || !strings.Contains(said.String(), "Interrupted") {
		t.Errorf("%v\n%s\n%s", err, out.String(), said.String())
	}
}

// TestScanDoesNotGrow scans many files and looks at what stays behind.
func TestScanDoesNotGrow(t *testing.T) {
	dir := t.TempDir()
	for i := range 300 {
		writeList(t, filepath.Join(dir, strings.Repeat("x", i%50+1)+string(rune('a'+i/50))+".csv"), 3)
	}
	s := &scanFiles{engine: rules.NewEngine(detect.DefaultPack(), rules.Limits{}), jobs: 4}
	files := 0
	if err := s.each(context.Background(), []string{dir}, func(scanned) error { files++; return nil }); err != nil || files != 300 {
		t.Fatalf("%d files, %v", files, err)
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	if len(open) > 40 {
		t.Errorf("%d descriptors are open", len(open))
	}
}
