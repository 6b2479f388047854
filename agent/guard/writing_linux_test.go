package guard

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

func TestTruncate(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	path := filepath.Join(s.path, "a")
	old := content(100_000, false)
	must(t, os.WriteFile(path, old, 0o644))
	must(t, os.Truncate(path, 50_000))
	expect(t, path, string(old[:50_000]))
	must(t, os.Truncate(path, 60_000))
	expect(t, path, string(old[:50_000])+strings.Repeat("\x00", 10_000))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	must(t, f.Truncate(10))
	if info, err := f.Stat(); err != nil || info.Size() != 10 {
		t.Errorf("size while pending: %v %v", info.Size(), err)
	}
	_, err = f.WriteAt([]byte("end"), 20)
	must(t, err)
	must(t, f.Close())
	expect(t, path, string(old[:10])+strings.Repeat("\x00", 10)+"end")
}

// The kernel tells later that a file was closed than the program that closed
// it goes on: what the next program does must not fall into that gap.
func TestNothingIsLostRightAfterClosing(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	old, at := content(4000, false), time.Unix(1_600_000_000, 0)
	var workers errgroup.Group
	for w := range 8 {
		path := filepath.Join(s.path, fmt.Sprint(w))
		workers.Go(func() error {
			for range 300 {
				if err := errors.Join(os.WriteFile(path, old, 0o644), os.Truncate(path, 100), os.Chtimes(path, at, at)); err != nil {
					return err
				}
				info, err := os.Stat(path)
				if err != nil {
					return err
				}
				if info.Size() != 100 || !info.ModTime().Equal(at) {
					return fmt.Errorf("%s holds %d bytes of %v", path, info.Size(), info.ModTime())
				}
			}
			return nil
		})
	}
	must(t, workers.Wait())
}

func TestAppendAndEditInPlace(t *testing.T) {
	s := newStick(t, 64<<20)
	g := s.guard()
	path := filepath.Join(s.path, "big")
	old := content(8<<20, false)
	must(t, os.WriteFile(path, old, 0o644))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt([]byte("EDIT"), 4<<20)
	must(t, err)
	b := make([]byte, 8)
	_, err = f.ReadAt(b, 4<<20-2)
	must(t, err)
	want := bytes.Clone(old)
	copy(want[4<<20:], "EDIT")
	if !bytes.Equal(b, want[4<<20-2:4<<20+6]) {
		t.Errorf("the writer does not see its own edit: %q", b)
	}
	must(t, f.Close())
	expect(t, path, string(want))
	// Put together from what is there and what is added.
	for i, part := range []string{marker[:7], marker[7:14], marker[14:]} {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		must(t, err)
		f.WriteString(part)
		if err := f.Close(); i < 2 {
			must(t, err)
		} else {
			denied(t, err, "the last part")
		}
	}
	expect(t, path, string(want)+marker[:14])
	s.holdsNothing(g, "big")
}

func TestOutOfOrderWritesAreJudgedAsAWhole(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	f, err := os.Create(filepath.Join(s.path, "a"))
	must(t, err)
	_, err = f.WriteAt([]byte(marker[10:]), 10)
	must(t, err)
	_, err = f.WriteAt([]byte(marker[:10]), 0)
	must(t, err)
	denied(t, f.Close(), "close")
	s.holdsNothing(g)
}

func TestTwoWritersOfOneFile(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	path := filepath.Join(s.path, "a")
	a, err := os.Create(path)
	must(t, err)
	b, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer b.Close()
	a.WriteString(marker[:10])
	_, err = b.WriteAt([]byte(marker[12:]), 12)
	must(t, err)
	_, err = a.WriteAt([]byte(marker[10:12]), 10)
	must(t, err)
	denied(t, a.Close(), "first close")
	_, err = b.WriteAt([]byte("more"), 100)
	denied(t, err, "write after denial")
	s.holdsNothing(g)
}

func TestFallocate(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	path := filepath.Join(s.path, "a")
	data := content(100_000, false)
	must(t, os.WriteFile(path, data, 0o644))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	must(t, unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 1000, 5000))
	must(t, unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_ZERO_RANGE, 90_000, 20_000))
	must(t, unix.Fallocate(int(f.Fd()), 0, 0, 120_000))
	if err := unix.Fallocate(int(f.Fd()), 0, 0, 1<<40); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("more than there is: %v", err)
	}
	if err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_COLLAPSE_RANGE, 0, 4096); !errors.Is(err, unix.EOPNOTSUPP) {
		t.Errorf("collapse: %v", err)
	}
	must(t, f.Close())
	want := append(bytes.Clone(data[:90_000]), make([]byte, 30_000)...)
	clear(want[1000:6000])
	expect(t, path, string(want))
}

func TestMappedWritesAfterClose(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	const script = `
import mmap, os, sys
path, text = sys.argv[1], os.environ["MARKER"] if sys.argv[2] == "bad" else "harmless mapping"
f = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
os.ftruncate(f, 8192)
m = mmap.mmap(f, 8192)
os.close(f)
m[4000:4000+len(text)] = text.encode()
m.close()
`
	good, bad := filepath.Join(s.path, "good"), filepath.Join(s.path, "bad")
	if out, err := python(t, script, good, "good"); err != nil {
		t.Fatal(out)
	}
	want := make([]byte, 8192)
	copy(want[4000:], "harmless mapping")
	waitFor(t, "the mapped content", func() bool {
		got, err := os.ReadFile(good)
		return err == nil && bytes.Equal(got, want)
	})
	python(t, script, bad, "bad")
	waitFor(t, "the file to be taken back", func() bool {
		_, err := os.Lstat(bad)
		return errors.Is(err, os.ErrNotExist)
	})
	s.holdsNothing(g, "good")
}

func TestCopyWithinAndInto(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	source := filepath.Join(t.TempDir(), "list")
	must(t, os.WriteFile(source, content(50_000, true), 0o644))
	const script = `
import os, sys
a = os.open(sys.argv[1], os.O_RDONLY)
b = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT, 0o644)
n = os.fstat(a).st_size
while n > 0:
    try:
        k = os.copy_file_range(a, b, n)
    except OSError as e:
        if e.errno != 18: raise
        k = os.write(b, os.read(a, n))
    n -= k
os.close(b)
`
	if out, err := python(t, script, source, filepath.Join(s.path, "bad")); err == nil || !strings.Contains(out, "Permission denied") {
		t.Errorf("copy in: %v %s", err, out)
	}
	a := filepath.Join(s.path, "a")
	data := content(300_000, false)
	must(t, os.WriteFile(a, data, 0o644))
	if out, err := python(t, script, a, filepath.Join(s.path, "b")); err != nil {
		t.Error(out)
	}
	expect(t, filepath.Join(s.path, "b"), string(data))
	s.holdsNothing(g, "a", "b")
}

func TestDirectIO(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	buf := make([]byte, 3*4096)
	off := 4096 - int(uintptr(unsafe.Pointer(&buf[0]))%4096)
	page := buf[off : off+4096]
	for _, name := range []string{"good", "bad"} {
		clear(page)
		copy(page, "harmless")
		if name == "bad" {
			copy(page, marker)
		}
		fd, err := unix.Open(filepath.Join(s.path, name), unix.O_CREAT|unix.O_WRONLY|unix.O_DIRECT, 0o644)
		must(t, err)
		_, err = unix.Write(fd, page)
		if name == "good" {
			must(t, err)
		} else {
			denied(t, err, "direct write")
		}
		unix.Close(fd)
	}
	s.holdsNothing(g, "good")
}

// TestSecondWriterCannotCostTheFirstTheirFile writes again before the kernel
// has told that the first writer is gone.
func TestSecondWriterCannotCostTheFirstTheirFile(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	path := filepath.Join(s.path, "a")
	for range 200 {
		must(t, os.Remove(s.create(path)))
		must(t, os.WriteFile(path, []byte("harmless"), 0o644))
		denied(t, os.WriteFile(path, []byte(marker), 0o644), "second")
		expect(t, path, "harmless")
		if t.Failed() {
			return
		}
	}
}

// What is appended stands where the file ends, also right after a longer or a
// shorter content was stopped: the kernel has not heard of the old one's return.
func TestAppendedAfterADenial(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	old := "what was there before, longer than what is stopped\n"
	for name, stop := range map[string]int{"appended": os.O_APPEND, "over it": os.O_TRUNC} {
		for _, access := range []int{os.O_WRONLY, os.O_RDWR} {
			path := filepath.Join(s.path, fmt.Sprint(name, access))
			must(t, os.WriteFile(path, []byte(old), 0o644))
			expect(t, path, old)
			f, err := os.OpenFile(path, os.O_WRONLY|stop, 0)
			must(t, err)
			_, err = f.WriteString(marker)
			denied(t, errors.Join(err, f.Close()), "write and close")
			f, err = os.OpenFile(path, access|os.O_APPEND, 0)
			must(t, err)
			writes(t, f, "new\n")
			writes(t, f, "newer\n")
			must(t, f.Close())
			expect(t, path, old+"new\nnewer\n")
		}
	}
}
