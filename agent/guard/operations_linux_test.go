package guard

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// denied fails the test unless the error is "Permission denied".
func denied(t testing.TB, err error, what string) {
	t.Helper()
	if !errors.Is(err, unix.EACCES) {
		t.Errorf("%s: got %v, want permission denied", what, err)
	}
}

// holdsNothing fails the test when anything is left on the stick that was not
// allowed, seen from outside the guard.
func (s *stick) holdsNothing(g *Guard, allowed ...string) {
	s.t.Helper()
	if s.holds(marker) {
		s.t.Error("the marker is on the raw medium")
	}
	fd, err := unix.Openat(g.takeover.root, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	must(s.t, err)
	f := os.NewFile(uintptr(fd), "root")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	must(s.t, err)
	for _, n := range names {
		if n == "lost+found" {
			continue
		}
		found := false
		for _, a := range allowed {
			found = found || a == n
		}
		if !found {
			s.t.Errorf("%q is left on the medium", n)
		}
	}
}

func python(t testing.TB, script string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("/usr/bin/python3", append([]string{"-c", script}, args...)...)
	cmd.Env = append(os.Environ(), "MARKER="+marker)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestNamesAreJudged(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	at := func(name string) string { return filepath.Join(s.path, name) }
	must(t, os.WriteFile(at("a"), []byte("x"), 0o644))
	bad := at("list of " + marker)
	denied(t, os.WriteFile(bad, []byte("x"), 0o644), "create")
	denied(t, os.Mkdir(bad, 0o755), "mkdir")
	denied(t, unix.Mkfifo(bad, 0o644), "mkfifo")
	denied(t, os.Symlink("a", bad), "symlink")
	denied(t, os.Symlink(marker, at("innocent")), "symlink target")
	denied(t, os.Link(at("a"), bad), "link")
	denied(t, os.Rename(at("a"), bad), "rename")
	denied(t, unix.Setxattr(at("a"), "user.note", []byte("x "+marker), 0), "xattr value")
	denied(t, unix.Setxattr(at("a"), "user."+marker, []byte("x"), 0), "xattr name")
	denied(t, os.WriteFile(at(hidden+"x"), []byte("x"), 0o644), "a name of the guard's own")
	s.holdsNothing(g, "a")
}

func TestDeviceNodesAreRefused(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	if err := unix.Mknod(filepath.Join(s.path, "disk"), unix.S_IFBLK|0o666, int(unix.Mkdev(7, 0))); !errors.Is(err, unix.EPERM) {
		t.Errorf("got %v", err)
	}
	must(t, unix.Mkfifo(filepath.Join(s.path, "pipe"), 0o600))
	if info, err := os.Lstat(filepath.Join(s.path, "pipe")); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("%v %v", info, err)
	}
}

func TestRename(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	at := func(name string) string { return filepath.Join(s.path, name) }
	must(t, os.Mkdir(at("d"), 0o755))
	must(t, os.WriteFile(at("a"), []byte("first"), 0o644))
	must(t, os.WriteFile(at("b"), []byte("second"), 0o644))
	if err := unix.Renameat2(-1, at("a"), -1, at("b"), unix.RENAME_NOREPLACE); !errors.Is(err, unix.EEXIST) {
		t.Errorf("no-replace: %v", err)
	}
	must(t, unix.Renameat2(-1, at("a"), -1, at("b"), unix.RENAME_EXCHANGE))
	expect(t, at("a"), "second")
	expect(t, at("b"), "first")
	must(t, os.Rename(at("a"), at("d/a")))
	must(t, os.Rename(at("d"), at("e")))
	expect(t, at("e/a"), "second")
	must(t, os.Rename(at("b"), at("e/a")))
	expect(t, at("e/a"), "first")

	// A file still being written is judged before it is moved.
	f, err := os.Create(at("new"))
	must(t, err)
	f.WriteString("harmless")
	must(t, os.Rename(at("new"), at("e/new")))
	f.WriteString(" and more")
	must(t, f.Close())
	expect(t, at("e/new"), "harmless and more")

	f, err = os.Create(at("worse"))
	must(t, err)
	f.WriteString(marker[:10])
	must(t, os.Rename(at("worse"), at("e/a")))
	f.WriteString(marker[10:])
	denied(t, f.Close(), "close after rename")
	if _, err := os.Lstat(at("e/a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was put together after a rename: %v", err)
	}
	s.holdsNothing(g, "e")
}

func expect(t testing.TB, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %d bytes (%v), want %d", filepath.Base(path), len(got), err, len(want))
	}
}

func TestRenameOverPendingFile(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	at := func(name string) string { return filepath.Join(s.path, name) }
	must(t, os.WriteFile(at("a"), []byte("first"), 0o644))
	f, err := os.Create(at("b"))
	must(t, err)
	f.WriteString("on its way")
	must(t, os.Rename(at("a"), at("b")))
	must(t, f.Close())
	expect(t, at("b"), "first")
	s.holdsNothing(g, "b")
}

func TestLinks(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	at := func(name string) string { return filepath.Join(s.path, name) }
	must(t, os.WriteFile(at("a"), []byte("one"), 0o644))
	must(t, os.Link(at("a"), at("b")))
	must(t, os.WriteFile(at("b"), []byte("two"), 0o644))
	expect(t, at("a"), "two")
	must(t, os.Remove(at("a")))
	expect(t, at("b"), "two")
	denied(t, os.WriteFile(at("b"), []byte("x "+marker), 0o644), "write")
	expect(t, at("b"), "two")

	outside := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(outside, []byte("outside"), 0o600))
	must(t, os.Symlink(outside, at("way out")))
	if target, err := os.Readlink(at("way out")); err != nil || target != outside {
		t.Errorf("readlink: %q %v", target, err)
	}
	must(t, os.Lchown(at("way out"), 1234, 1234))
	var st unix.Stat_t
	must(t, unix.Stat(outside, &st))
	if st.Uid == 1234 {
		t.Error("the guard followed a link out of the medium")
	}
	must(t, os.Symlink("../../../../etc", at("up")))
	if _, err := os.Lstat(at("up")); err != nil {
		t.Error(err)
	}
}

func TestUnnamedFile(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	for name, text := range map[string]string{"good": "harmless", "bad": marker} {
		fd, err := unix.Open(s.path, unix.O_TMPFILE|unix.O_RDWR, 0o644)
		must(t, err)
		_, err = unix.Write(fd, []byte(text))
		if name == "good" {
			must(t, err)
		} else {
			denied(t, err, "write")
		}
		err = unix.Linkat(unix.AT_FDCWD, procPath(fd), unix.AT_FDCWD, filepath.Join(s.path, name), unix.AT_SYMLINK_FOLLOW)
		if name == "good" {
			must(t, err)
			expect(t, filepath.Join(s.path, name), text)
		} else if err == nil {
			t.Error("a denied file got a name")
		}
		unix.Close(fd)
	}
	s.holdsNothing(g, "good")
}

func TestUnlinkOfOpenFile(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	path := filepath.Join(s.path, "a")
	f, err := os.Create(path)
	must(t, err)
	f.WriteString("hello ")
	must(t, os.Remove(path))
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after unlink: %v", err)
	}
	f.WriteString("world")
	b := make([]byte, 11)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "hello world" {
		t.Errorf("%q %v", b, err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != 11 {
		t.Errorf("%v %v", info, err)
	}
	must(t, f.Close())
	s.holdsNothing(g)
}

func TestLocksAndIoctls(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	const script = `
import fcntl, os, sys, errno
a = open(sys.argv[1], "w"); b = open(sys.argv[1], "r+")
fcntl.flock(a, fcntl.LOCK_EX)
try:
    fcntl.flock(b, fcntl.LOCK_EX | fcntl.LOCK_NB); sys.exit("flock did not exclude")
except BlockingIOError: pass
fcntl.lockf(a, fcntl.LOCK_EX)
if os.fork() == 0:
    try:
        fcntl.lockf(open(sys.argv[1], "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB); os._exit(1)
    except BlockingIOError: os._exit(0)
if os.wait()[1] != 0: sys.exit("lockf did not exclude")
try:
    fcntl.ioctl(a, 0x80086601, b"\0" * 8); sys.exit("flags were answered")
except OSError as e:
    if e.errno not in (errno.ENOTTY, errno.EOPNOTSUPP): sys.exit(str(e))
`
	if out, err := python(t, script, filepath.Join(s.path, "a")); err != nil {
		t.Error(out)
	}
}

func TestNamesOfAllKinds(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	for _, name := range []string{strings.Repeat("n", 255), strings.Repeat("名", 85), "会议记录 2024.txt", "new\nline", " ", "-rf", "a\\040b"} {
		path := filepath.Join(s.path, name)
		must(t, os.WriteFile(path, []byte(name), 0o644))
		expect(t, path, name)
	}
	if err := os.WriteFile(filepath.Join(s.path, strings.Repeat("n", 256)), nil, 0o644); !errors.Is(err, unix.ENAMETOOLONG) {
		t.Errorf("256 bytes: %v", err)
	}
	entries, err := os.ReadDir(s.path)
	must(t, err)
	if len(entries) != 8 {
		t.Errorf("%d entries", len(entries))
	}
}

func TestManyEntries(t *testing.T) {
	s := newStick(t, 64<<20)
	s.guard()
	want := map[string]bool{"lost+found": true}
	for i := range 3000 {
		name := strings.Repeat("x", i%40) + "-" + string(rune('a'+i%26)) + strings.Repeat("y", i/40)
		want[name] = true
		must(t, os.WriteFile(filepath.Join(s.path, name), []byte(name), 0o644))
	}
	open, err := os.Create(filepath.Join(s.path, "still open"))
	must(t, err)
	defer open.Close()
	open.WriteString("x")
	want["still open"] = true
	entries, err := os.ReadDir(s.path)
	must(t, err)
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.Name()] || !want[e.Name()] {
			t.Errorf("%q is listed and should not be, or twice", e.Name())
		}
		seen[e.Name()] = true
	}
	if len(seen) != len(want) {
		t.Errorf("%d of %d entries", len(seen), len(want))
	}
}

func (s *stick) create(path string) string {
	s.t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
	must(s.t, err)
	must(s.t, f.Close())
	return path
}
