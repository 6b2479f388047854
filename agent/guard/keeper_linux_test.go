package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

func newKeeper(t *testing.T) *Keeper {
	t.Helper()
	k := NewKeeper(markerJudge{}, Options{Scratch: filepath.Join(t.TempDir(), "scratch"), sameProcess: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	t.Cleanup(func() { k.stop(t) })
	return k
}

func (k *Keeper) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := k.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func mediumAt(path string) Medium {
	return Medium{MountPoint: path, Channel: activity.RemovableMedia}
}

// states answers the state of every kept medium by its mount point.
func (k *Keeper) states() map[string]State {
	m := map[string]State{}
	for _, r := range k.Reports() {
		m[r.Medium.MountPoint] = r.State
	}
	return m
}

func guarded(t *testing.T, s *stick) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(s.path, "harmless"), []byte("harmless"), 0o600))
	denied(t, os.WriteFile(filepath.Join(s.path, "list"), []byte(marker), 0o600), "write a list")
}

func TestKeeperKeepsEveryMedium(t *testing.T) {
	a, b := newStick(t, 32<<20), newStick(t, 32<<20)
	k := newKeeper(t)
	ctx := context.Background()
	if failed := k.Keep(ctx, []Medium{mediumAt(a.path)}); len(failed) > 0 {
		t.Fatal(failed)
	}
	guarded(t, a)
	both := []Medium{mediumAt(a.path), mediumAt(b.path)}
	for range 3 { // listed again and again, each is taken over once
		if failed := k.Keep(ctx, both); len(failed) > 0 {
			t.Fatal(failed)
		}
	}
	guarded(t, a)
	guarded(t, b)
	k.stop(t)
	for _, s := range []*stick{a, b} {
		must(t, os.WriteFile(filepath.Join(s.path, "given back"), []byte(marker), 0o600))
	}
	if len(k.Reports()) > 0 {
		t.Errorf("still kept: %v", k.states())
	}
}

// abort ends the kernel's connection to the guard at a path, as root can.
func abort(t *testing.T, path string) {
	t.Helper()
	const connections = "/sys/fs/fuse/connections"
	if _, err := os.Stat(filepath.Join(connections, "..", "connections")); err == nil {
		_ = unix.Mount("fusectl", connections, "fusectl", 0, "") // there already on most machines
	}
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	must(t, os.WriteFile(filepath.Join(connections, fmt.Sprint(unix.Minor(st.Dev)), "abort"), []byte("1"), 0o200))
}

// A guard that dies is brought back; until then nothing can be written.
func TestKeeperBringsALostGuardBack(t *testing.T) {
	s := newStick(t, 32<<20)
	k := newKeeper(t)
	ctx := context.Background()
	all := []Medium{mediumAt(s.path)}
	k.Keep(ctx, all)
	guarded(t, s)
	for range 3 {
		abort(t, s.path)
		select {
		case <-k.Lost():
		case <-time.After(60 * time.Second):
			t.Fatal("nobody noticed that the guard is gone")
		}
		if err := os.WriteFile(filepath.Join(s.path, "list"), []byte(marker), 0o600); !errors.Is(err, unix.EROFS) {
			t.Fatalf("written without a guard: %v, want a read-only medium", err)
		}
		if failed := k.Keep(ctx, all); len(failed) > 0 {
			t.Fatal(failed)
		}
		guarded(t, s)
	}
}

// Whoever unmounts the guard ejects the medium: nothing is left to write to,
// and the device is free.
func TestUnmountingTheGuardEjects(t *testing.T) {
	s := newStick(t, 32<<20)
	k := newKeeper(t)
	k.Keep(context.Background(), []Medium{mediumAt(s.path)})
	guarded(t, s)
	must(t, unix.Unmount(s.path, 0))
	select {
	case <-k.Lost():
	case <-time.After(60 * time.Second):
		t.Fatal("nobody noticed that the guard is gone")
	}
	if _, err := topMount(s.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something is still mounted: %v", err)
	}
}

// A medium that is taken out is forgotten, and taken over anew when it is back.
func TestKeeperForgetsWhatIsGone(t *testing.T) {
	s := newStick(t, 32<<20)
	k := newKeeper(t)
	ctx := context.Background()
	k.Keep(ctx, []Medium{mediumAt(s.path)})
	guarded(t, s)
	must(t, unix.Unmount(s.path, 0))
	waitFor(t, "the guard's end", func() bool { return k.states()[s.path] != Guarding })
	k.Keep(ctx, nil)
	if len(k.Reports()) > 0 {
		t.Errorf("still kept: %v", k.states())
	}
	s.run("mount", "-o", "loop", s.image, s.path)
	if failed := k.Keep(ctx, []Medium{mediumAt(s.path)}); len(failed) > 0 {
		t.Fatal(failed)
	}
	guarded(t, s)
}

// What cannot be taken over is told once, and the others are guarded.
func TestKeeperTellsWhatItCannotGuard(t *testing.T) {
	s := newStick(t, 32<<20)
	k := newKeeper(t)
	ctx := context.Background()
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	all := []Medium{mediumAt(nowhere), mediumAt(s.path)}
	if failed := k.Keep(ctx, all); len(failed) != 1 || failed[0].Medium.MountPoint != nowhere || failed[0].Err == nil {
		t.Errorf("failed: %v", failed)
	}
	if failed := k.Keep(ctx, all); len(failed) > 0 {
		t.Errorf("told again: %v", failed)
	}
	guarded(t, s)
}

// What cannot be taken over is tried again, but not whenever something is
// mounted: trying is such a change as well.
func TestKeeperTriesAgainInItsOwnTime(t *testing.T) {
	s := bareStick(t, 32<<20)
	k := newKeeper(t)
	k.pause = time.Second
	ctx, all := context.Background(), []Medium{mediumAt(s.path)}
	if failed := k.Keep(ctx, all); len(failed) != 1 {
		t.Fatalf("%v: nothing is mounted there", failed)
	}
	first := k.Reports()[0].Since
	for range 100 {
		k.Keep(ctx, all)
	}
	if again := k.Reports()[0].Since; time.Since(first) < k.pause && !again.Equal(first) {
		t.Error("it is tried all the time")
	}
	s.run("mkfs.ext4", "-q", "-F", s.image)
	s.run("mount", "-o", "loop", s.image, s.path)
	for tries := 0; k.states()[s.path] != Guarding; tries++ {
		select {
		case <-k.Lost():
			if failed := k.Keep(ctx, all); len(failed) > 0 || tries > 3 {
				t.Fatalf("told again: %v", failed)
			}
		case <-time.After(time.Minute):
			t.Fatal("nobody tries again")
		}
	}
	guarded(t, s)
}
