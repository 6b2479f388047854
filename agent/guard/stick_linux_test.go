package guard

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test needs root and must run in CI")
	}
	t.Skip("SKIPPED: this test mounts media and needs root")
}

// stick is a medium made out of a file.
type stick struct {
	t           testing.TB
	image, path string
	scratch     string
}

func newStick(t testing.TB, size int64) *stick {
	t.Helper()
	s := bareStick(t, size)
	s.run("mkfs.ext4", "-q", "-F", s.image)
	s.run("mount", "-o", "loop", s.image, s.path)
	os.Chmod(s.path, 0o777)
	return s
}

// bareStick is an image and a place to mount it.
func bareStick(t testing.TB, size int64) *stick {
	t.Helper()
	needRoot(t)
	dir, err := os.MkdirTemp("", "trustline-guard-")
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o755)
	s := &stick{t: t, image: filepath.Join(dir, "image"), path: filepath.Join(dir, "stick"), scratch: filepath.Join(dir, "scratch")}
	f, err := os.Create(s.image)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	f.Close()
	os.Mkdir(s.path, 0o755)
	t.Cleanup(func() {
		for range 5 {
			if unix.Unmount(s.path, unix.MNT_DETACH) != nil {
				break
			}
		}
		os.RemoveAll(dir)
	})
	return s
}

func waitFor(t testing.TB, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("waited in vain for %s", what)
			return
		}
	}
}

func (s *stick) run(name string, args ...string) {
	s.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// guard starts a guard whose judge denies what holds the marker.
func (s *stick) guard() *Guard {
	s.t.Helper()
	g, err := Start(context.Background(), Medium{MountPoint: s.path, Channel: activity.RemovableMedia}, markerJudge{}, Options{
		Scratch: s.scratch, sameProcess: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		g.Stop(ctx)
	})
	return g
}

// holds tells whether the raw medium holds a text anywhere.
func (s *stick) holds(text string) bool {
	s.t.Helper()
	unix.Sync()
	data, err := os.ReadFile(s.image)
	if err != nil {
		s.t.Fatal(err)
	}
	return bytes.Contains(data, []byte(text))
}
