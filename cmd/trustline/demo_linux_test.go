package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// Whoever is still on the demo's stick when it ends is waited for.
func TestNothingStaysMounted(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs root and must run in CI")
		}
		t.Skip("SKIPPED: this test mounts something and needs root")
	}
	dir := t.TempDir()
	for range 2 {
		if err := unix.Mount("none", dir, "tmpfs", 0, "size=1m"); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	copying := exec.Command("sleep", "1")
	copying.Dir = dir
	if err := copying.Start(); err != nil {
		t.Fatal(err)
	}
	unmountAll(dir)
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || bytes.Contains(mounts, []byte(" "+dir+" ")) {
		t.Errorf("the stick is still mounted (%v)", err)
	}
	if err := copying.Wait(); err != nil {
		t.Error(err)
	}
}
