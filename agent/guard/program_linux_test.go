package guard

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// trusting lets cp do everything where only root can have put it, and nobody
// else has written with it.
type trusting struct{ markerJudge }

func (trusting) Open(a activity.Activity) Judgement {
	for _, by := range append(a.Others, a.Actor) {
		if !by.Proven || filepath.Base(by.Program) != "cp" {
			return markerJudge{}.Open(a)
		}
	}
	return approving{}
}

type approving struct{}

func (approving) Write(context.Context, []byte) Verdict                    { return Allow }
func (approving) Reset()                                                   {}
func (approving) Released() int64                                          { return 0 }
func (approving) Finish(context.Context, io.ReaderAt, int64, bool) Verdict { return Allow }
func (approving) Close()                                                   {}

// TestWhoCallsItselfCp tries what a person can do to have a program of theirs
// taken for one that may do everything.
func TestWhoCallsItselfCp(t *testing.T) {
	s := newStick(t, 32<<20)
	dir, err := os.MkdirTemp("/tmp", "trustline-cp-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o777))
	list := filepath.Join(dir, "list.csv")
	must(t, os.WriteFile(list, []byte(marker), 0o644))
	s.run("cp", "/usr/bin/cp", filepath.Join(dir, "cp"))
	s.guardWith(trusting{}, s.scratch)
	for name, step := range map[string]struct {
		command string
		allowed bool
	}{
		"the system's":                  {`cp "$1" "$2"`, true},
		"another program":               {`cat "$1" > "$2"`, false},
		"a copy of root's":              {`"$3"/cp "$1" "$2"`, false},
		"their own":                     {`mkdir "$3/own" && cp /usr/bin/cp "$3/own/cp" && "$3/own/cp" "$1" "$2"`, false},
		"on the medium":                 {`mkdir "$4/bin" && cp /usr/bin/cp "$4/bin/cp" && "$4/bin/cp" "$1" "$2"`, false},
		"in a folder of theirs":         {`cp /usr/bin/dd "$3/x" && mkdir "$3/gone" && mv "$3/x" "$3/gone/cp" && "$3/gone/cp" if="$1" of="$2"`, false},
		"over the system's, for itself": {`unshare -rm sh -c 'mount --bind /usr/bin/dd /usr/bin/cp && cp if="$1" of="$2"' sh "$1" "$2"`, false},
		"on a file system that lies":    {`unshare -rm sh -c 'mount -t tmpfs none /usr/local && mkdir /usr/local/bin && cp /usr/bin/cp /usr/local/bin/cp && /usr/local/bin/cp "$1" "$2"' sh "$1" "$2"`, false},
	} {
		target := filepath.Join(s.path, strings.ReplaceAll(name, " ", "-"))
		out, err := asPerson(2000, 2000, nil, step.command, list, target, dir, s.path)
		data, _ := os.ReadFile(target)
		if arrived := strings.Contains(string(data), marker); arrived != step.allowed {
			t.Errorf("%s: arrived %v (%v: %s)", name, arrived, err, out)
		}
		if !step.allowed && !strings.Contains(out, "denied") && !strings.Contains(out, "Operation not permitted") {
			t.Errorf("%s: not stopped for what was written: %v: %s", name, err, out)
		}
	}
}

// A medium brought along may hold files of root and folders that nobody else
// may write to: whoever made it was root on another machine.
func TestWhatRootOwnsOnAMediumProvesNothing(t *testing.T) {
	s := bareStick(t, 32<<20)
	s.run("mkfs.ext4", "-q", "-F", s.image)
	place := "/opt/trustline-test-medium"
	must(t, os.MkdirAll(place, 0o755))
	t.Cleanup(func() { os.Remove(place) })
	for options, want := range map[string]bool{"loop": true, "loop,nosuid,nodev": false} {
		s.run("mount", "-o", options, s.image, place)
		t.Cleanup(func() { unix.Unmount(place, unix.MNT_DETACH) })
		program := filepath.Join(place, "sleep")
		s.run("cp", "/usr/bin/sleep", program)
		cmd := exec.Command(program, "60")
		must(t, cmd.Start())
		path, running, ok := executable(uint32(cmd.Process.Pid))
		if got := ok && installed(path, running); got != want || path != program {
			t.Errorf("mounted with %s: proven %v, %s", options, got, path)
		}
		must(t, os.Chmod(program, 0o775))
		if installed(path, running) {
			t.Error("what a group may write to is proven")
		}
		must(t, os.Remove(program))
		if path, _, ok := executable(uint32(cmd.Process.Pid)); ok || path != program {
			t.Errorf("a program that is gone: %s, %v", path, ok)
		}
		cmd.Process.Kill()
		cmd.Wait()
		must(t, unix.Unmount(place, 0))
	}
}

// TestNobodyWritesInAnothersName has a person join a file that a program which
// may do everything is writing.
func TestNobodyWritesInAnothersName(t *testing.T) {
	for _, size := range []int{10, 3 << 20} { // the latter is passed on while it is written
		s := newStick(t, 64<<20)
		s.guardWith(trusting{}, s.scratch)
		path := filepath.Join(s.path, "backup")
		fifo := filepath.Join(t.TempDir(), "fifo")
		must(t, unix.Mkfifo(fifo, 0o600))
		cmd := exec.Command("cp", "--copy-contents", fifo, path)
		must(t, cmd.Start())
		feed, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		must(t, err)
		_, err = feed.Write(make([]byte, size))
		must(t, err)
		waitFor(t, "the program to write", func() bool {
			info, err := os.Stat(path)
			return err == nil && info.Size() >= int64(size)
		})
		joined, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		_, err = joined.WriteAt([]byte(marker), 3)
		must(t, err)
		denied(t, joined.Close(), "close of who joined")
		feed.Close()
		cmd.Wait()
		if s.holds(marker) {
			t.Errorf("%d bytes: the marker is on the medium", size)
		}
	}
}

// TestNobodyGoesOnWritingInAnothersName has the person hold the file open before
// the program which may do everything writes it, and go on afterwards.
func TestNobodyGoesOnWritingInAnothersName(t *testing.T) {
	s := newStick(t, 64<<20)
	s.guardWith(trusting{}, s.scratch)
	path, harmless := filepath.Join(s.path, "backup"), filepath.Join(t.TempDir(), "harmless")
	must(t, os.WriteFile(harmless, []byte("harmless"), 0o600))
	held, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	must(t, err)
	_, err = held.Write([]byte("x"))
	must(t, err)
	must(t, held.Sync())
	must(t, exec.Command("cp", harmless, path).Run())
	if _, err = held.Write([]byte(marker)); err == nil {
		err = held.Sync()
	}
	denied(t, err, "what is written on")
	held.Close()
	if s.holds(marker) {
		t.Error("the marker is on the medium")
	}
}
