package mounts

import (
	"context"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWatchSeesMounts(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs root and must run in CI")
		}
		t.Skip("SKIPPED: this test mounts something and needs root")
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen, ended := make(chan time.Time, 100), make(chan error, 1)
	go func() { ended <- Watch(ctx, func() { seen <- time.Now() }) }()
	<-seen // it has begun
	dir := t.TempDir()
	defer unix.Unmount(dir, unix.MNT_DETACH)
	for _, step := range []struct {
		name   string
		change func() error
	}{
		{"mount", func() error { return unix.Mount("none", dir, "tmpfs", 0, "size=1m") }},
		{"remount", func() error { return unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, "") }},
		{"unmount", func() error { return unix.Unmount(dir, 0) }},
	} {
		for len(seen) > 0 {
			<-seen
		}
		start := time.Now()
		if err := step.change(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		select {
		case at := <-seen:
			t.Logf("%s seen after %v", step.name, at.Sub(start))
		case <-time.After(time.Minute):
			t.Errorf("%s is not seen", step.name)
		}
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the watch does not end with its context")
	}
}

// TestWatchSleeps: waiting costs nothing.
func TestWatchSleeps(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Watch(ctx, func() {}) }()
	// The quietest of several seconds: others mount things meanwhile.
	least := time.Hour
	for range 10 {
		before := cpuTime(t)
		time.Sleep(time.Second)
		if least = min(least, cpuTime(t)-before); least < 20*time.Millisecond {
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if least > 20*time.Millisecond {
		t.Errorf("%v of a processor in the quietest second of waiting", least)
	}
}

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
