package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// guardWith starts a guard with a judge and a scratch folder of the test's own.
func (s *stick) guardWith(judge Judge, scratch string) *Guard {
	s.t.Helper()
	g, err := Start(context.Background(), Medium{MountPoint: s.path, Channel: activity.RemovableMedia}, judge, Options{
		Scratch: scratch, sameProcess: true, Log: slog.New(slog.DiscardHandler),
	})
	must(s.t, err)
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		g.Stop(ctx)
	})
	return g
}

// secretive proves nothing before the end, as a judge does for an archive.
type secretive struct{ markerJudge }

func (j secretive) Open(a activity.Activity) Judgement {
	return secretiveJudgement{j.markerJudge.Open(a)}
}

type secretiveJudgement struct{ Judgement }

func (secretiveJudgement) Released() int64 { return 0 }

func TestMediumFull(t *testing.T) {
	for name, judge := range map[string]Judge{"proven early": markerJudge{}, "proven late": secretive{}} {
		t.Run(name, func(t *testing.T) {
			s := newStick(t, 32<<20)
			g := s.guardWith(judge, s.scratch)
			path := filepath.Join(s.path, "keep")
			old := content(4<<20, false)
			must(t, os.WriteFile(path, old, 0o644))
			for _, name := range []string{"new", "keep"} {
				err := os.WriteFile(filepath.Join(s.path, name), content(60<<20, false), 0o644)
				if !errors.Is(err, unix.ENOSPC) {
					t.Errorf("%s: %v", name, err)
				}
			}
			waitFor(t, "the space to be free again", func() bool {
				var st unix.Statfs_t
				_, err := os.Lstat(filepath.Join(s.path, "new"))
				return errors.Is(err, os.ErrNotExist) && unix.Statfs(s.path, &st) == nil && int64(st.Bavail)*st.Bsize > 8<<20
			})
			waitFor(t, "the old content to show again", func() bool {
				got, err := os.ReadFile(path)
				return err == nil && bytes.Equal(got, old)
			})
			must(t, os.WriteFile(filepath.Join(s.path, "small"), content(4<<20, false), 0o644))
			s.holdsNothing(g, "keep", "small")
		})
	}
}

func TestScratchDiskFull(t *testing.T) {
	s := newStick(t, 256<<20)
	scratch := filepath.Join(filepath.Dir(s.path), "small")
	must(t, os.Mkdir(scratch, 0o700))
	s.run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", scratch)
	defer unix.Unmount(scratch, unix.MNT_DETACH)
	g := s.guardWith(secretive{}, scratch)
	err := os.WriteFile(filepath.Join(s.path, "big"), content(memoryBudget+20<<20, false), 0o644)
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v", err)
	}
	waitFor(t, "the scratch disk to be free again", func() bool {
		var st unix.Statfs_t
		return unix.Statfs(scratch, &st) == nil && st.Bfree > st.Blocks-10
	})
	must(t, os.WriteFile(filepath.Join(s.path, "small"), content(1<<20, false), 0o644))
	s.holdsNothing(g, "small")
}

// TestMediumPulledOut takes the device away in the middle of a copy: it has no
// block any more.
func TestMediumPulledOut(t *testing.T) {
	s := newStick(t, 128<<20)
	s.guard()
	source := filepath.Join(t.TempDir(), "source")
	must(t, os.WriteFile(source, content(20<<20, false), 0o644))
	copying := exec.Command("/bin/sh", "-c", `(cat "$1"; sleep 0.5; cat "$1") | dd of="$2" bs=64k conv=fsync`, "sh", source, filepath.Join(s.path, "copy"))
	must(t, copying.Start())
	time.Sleep(200 * time.Millisecond)
	loop, err := exec.Command("losetup", "-j", s.image, "-O", "NAME", "-n").Output()
	must(t, err)
	must(t, os.Truncate(s.image, 0))
	s.run("losetup", "-c", strings.TrimSpace(string(loop)))
	ended := make(chan error, 1)
	go func() { ended <- copying.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the copy succeeded")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the copy hangs")
	}
	// What the kernel remembers may still be read; nothing hangs.
	done := make(chan struct{})
	go func() {
		defer close(done)
		os.ReadDir(s.path)
		os.WriteFile(filepath.Join(s.path, "x"), []byte("x"), 0o644)
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the guard hangs")
	}
}

func TestTenThousandOpenFiles(t *testing.T) {
	s := newStick(t, 256<<20)
	cmd := s.process()
	count := func() int { return descriptors(t, fmt.Sprint(cmd.Process.Pid)) }
	before := count()
	const n = 10_000
	files := make([]*os.File, n)
	for i := range files {
		f, err := os.Create(filepath.Join(s.path, fmt.Sprint(i)))
		must(t, err)
		fmt.Fprint(f, i)
		files[i] = f
	}
	for i, f := range files {
		b := make([]byte, 8)
		if n, err := f.ReadAt(b, 0); err != io.EOF || string(b[:n]) != fmt.Sprint(i) {
			t.Fatalf("%d: %q %v", i, b, err)
		}
		must(t, f.Close())
	}
	expect(t, filepath.Join(s.path, "9999"), "9999")
	waitFor(t, "all descriptors to be closed", func() bool { return count() <= before+2 })
	must(t, cmd.Process.Signal(unix.SIGTERM))
	must(t, cmd.Wait())
	entries, err := os.ReadDir(s.path)
	must(t, err)
	if len(entries) != n+1 {
		t.Errorf("%d entries", len(entries))
	}
}

// descriptors answers how many files a process has open. Pipes do not count:
// the FUSE library keeps some for reading.
func descriptors(t testing.TB, process string) int {
	t.Helper()
	dir := "/proc/" + process + "/fd"
	entries, err := os.ReadDir(dir)
	must(t, err)
	n := 0
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && !strings.HasPrefix(target, "pipe:") {
			n++
		}
	}
	return n
}

// unfinished wants to see the end of what begins with PART.
type unfinished struct{ markerJudge }

func (j unfinished) Open(a activity.Activity) Judgement {
	return unfinishedJudgement{secretiveJudgement{j.markerJudge.Open(a)}}
}

type unfinishedJudgement struct{ secretiveJudgement }

func (j unfinishedJudgement) Finish(ctx context.Context, r io.ReaderAt, size int64, final bool) Verdict {
	b := make([]byte, size)
	if _, err := r.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return Deny
	}
	switch {
	case bytes.Contains(b, []byte(marker)):
		return Deny
	case bytes.HasPrefix(b, []byte("PART")) && !bytes.HasSuffix(b, []byte("END")):
		if final {
			return Deny
		}
		return Wait
	}
	return Allow
}

func TestUnfinishedContentIsHeld(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guardWith(unfinished{}, s.scratch)
	path := filepath.Join(s.path, "a")
	out, err := exec.Command("/bin/sh", "-c", `(printf "PART one "; cat /dev/null; printf "END") > "$1"`, "sh", path).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	expect(t, path, "PART one END")
	must(t, os.WriteFile(filepath.Join(s.path, "b"), []byte("PART without"), 0o644))
	waitFor(t, "the held file to go", func() bool {
		_, err := os.Lstat(filepath.Join(s.path, "b"))
		return errors.Is(err, os.ErrNotExist)
	})
	s.holdsNothing(g, "a")
}

func TestWhatWasJudgedEarlierIsNotJudgedAgain(t *testing.T) {
	s := newStick(t, 64<<20)
	g := s.guard()
	path := filepath.Join(s.path, "log")
	f, err := os.Create(path)
	must(t, err)
	var want strings.Builder
	for i := range 50 {
		line := fmt.Sprintf("line %d\n", i)
		want.WriteString(line)
		_, err := f.WriteString(line)
		must(t, err)
		must(t, f.Sync())
	}
	_, err = f.WriteString(marker)
	if err == nil {
		err = f.Sync()
	}
	denied(t, err, "sync")
	f.Close()
	s.holdsNothing(g)
}

func TestHarmlessReaderSeesPendingContent(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	path := filepath.Join(s.path, "a")
	must(t, os.WriteFile(path, []byte("old content"), 0o644))
	expect(t, path, "old content")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	must(t, err)
	f.WriteString("new")
	expect(t, path, "new")
	f.WriteString(" and " + marker)
	f.Close()
	expect(t, path, "old content")
}

func TestManyPeopleAtOnce(t *testing.T) {
	s := newStick(t, 128<<20)
	g := s.guard()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for k := range 30 {
				path := filepath.Join(s.path, fmt.Sprintf("%d-%d", i, k))
				if k%3 == 0 {
					if err := os.WriteFile(path, content(20_000, true), 0o644); !errors.Is(err, unix.EACCES) {
						t.Errorf("bad file: %v", err)
					}
					continue
				}
				if err := os.WriteFile(path, content(200_000, false), 0o644); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if s.holds(marker) {
		t.Error("the marker is on the raw medium")
	}
	entries, err := os.ReadDir(s.path)
	must(t, err)
	if len(entries) != 16*20+1 {
		t.Errorf("%d entries", len(entries))
	}
	must(t, g.Stop(t.Context()))
}
