package guard

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openVolume is a folder that stands for a medium; names mean the same in
// capitals, as they do there.
func openVolume(path string) (*volume, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &volume{
		root: root, means: meaning, largest: maxFileSize, remove: root.Remove,
		free: func() (int64, error) {
			var st unix.Statfs_t
			err := unix.Statfs(path, &st)
			return int64(st.Bavail) * st.Bsize, err
		},
		setTimes:      func(name string, t [2]time.Time) error { return root.Chtimes(name, t[0], t[1]) },
		setAttributes: func(string, uint32) error { return nil },
		describe:      func(fs.FileInfo, *entry) {},
	}, nil
}

// What there is no room for is refused while it is written, and what is there
// stays.
func TestOverlayFullMedium(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"))
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	o := overlayAt(t, dir, markerJudge{})
	o.put("old", "as it was")
	fh := o.create("big")
	err := o.fill(fh, 6<<20)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("6 MiB onto 4: %v", err)
	}
	o.Release(fh)
	must(t, o.Remove("/big")) // as programs do that copy
	old := o.open("old", true)
	if err := o.Truncate(old, 100<<20); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("made long: %v", err)
	}
	o.Release(old)
	o.has(map[string]string{"old": "as it was"}, "big")
}

// What the service's own disk has no room for is refused, not let through.
func TestOverlayFullScratch(t *testing.T) {
	needRoot(t)
	small := t.TempDir()
	must(t, unix.Mount("tmpfs", small, "tmpfs", 0, "size=1m"))
	t.Cleanup(func() { _ = unix.Unmount(small, unix.MNT_DETACH) })
	o := overlayAt(t, t.TempDir(), markerJudge{})
	o.scratch.dir = small
	o.scratch.used.Store(memoryBudget)
	fh := o.create("big")
	if err := o.fill(fh, 3<<20); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("written with a full disk of the service's own: %v", err)
	}
	o.Release(fh)
	must(t, o.Remove("/big")) // as programs do that copy
	o.has(nil)
}

// Killed while a list is written, nothing of it is on the medium, nor anywhere else.
func TestOverlayKilled(t *testing.T) {
	const where = "TRUSTLINE_TEST_OVERLAY"
	if dir := os.Getenv(where); dir != "" {
		o := overlayAt(t, filepath.Join(dir, "stick"), markerJudge{})
		o.scratch.dir = filepath.Join(dir, "scratch")
		o.scratch.used.Store(memoryBudget)
		fh := o.create("list")
		must(t, o.Write(fh, []byte(marker[5:]), 5)) // the beginning comes last
		must(t, o.fill(o.create("harmless"), 1<<20))
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	dir := t.TempDir()
	for _, folder := range []string{"stick", "scratch"} {
		must(t, os.Mkdir(filepath.Join(dir, folder), 0o700))
	}
	must(t, os.WriteFile(filepath.Join(dir, "stick", temporaryName()), []byte("half of what was allowed"), 0o600))
	cmd := exec.Command(os.Args[0], "-test.run", "^TestOverlayKilled$")
	cmd.Env = append(os.Environ(), where+"="+dir)
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("it was not killed: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}
