//go:build !windows

package installer

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// sleeper copies a program and runs it for that long.
func sleeper(t *testing.T, seconds string) (program string, ended <-chan struct{}) {
	t.Helper()
	content, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, content, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, seconds)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
	return program, done
}

func TestReleaseWaitsForAProgramsEnd(t *testing.T) {
	program, ended := sleeper(t, "1")
	if err := release(t.Context(), program, time.Minute); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("released while the program runs")
	}
}

func TestReleaseEndsWhatDoesNotEnd(t *testing.T) {
	program, ended := sleeper(t, "3600")
	other, unasked := sleeper(t, "3600")
	if err := release(t.Context(), program, time.Second/2); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("released while the program runs")
	}
	select {
	case <-unasked:
		t.Errorf("another program was ended: %s", other)
	default:
	}
}

func TestReleaseOfNoProgram(t *testing.T) {
	if err := Release(t.Context(), filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a program that is not there was released")
	}
}
