package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// Programs save by replacing: whoever opens or looks at a file meanwhile gets
// the one or the other, never that it is stale.
func TestWhoReadsWhatIsBeingReplaced(t *testing.T) {
	s := newStick(t, 64<<20)
	s.guard()
	path := filepath.Join(s.path, "notes")
	must(t, os.WriteFile(path, []byte("first"), 0o644))
	var over atomic.Bool
	var writers, readers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := range 150 {
				draft := filepath.Join(s.path, fmt.Sprint("draft", w))
				if err := errors.Join(os.WriteFile(draft, fmt.Append(nil, w, n), 0o644), os.Rename(draft, path)); err != nil {
					t.Error(err)
				}
			}
		})
		readers.Go(func() {
			for !over.Load() && !t.Failed() {
				if b, err := os.ReadFile(path); err != nil || len(b) == 0 {
					t.Errorf("read %q: %v", b, err)
				}
				if info, err := os.Stat(path); err != nil || info.Size() == 0 {
					t.Errorf("looked at: %v", err)
				}
			}
		})
	}
	writers.Wait()
	over.Store(true)
	readers.Wait()
}

// A guard that can open nothing more answers so, and does not go on as if the
// name were free.
func TestRenameWithoutDescriptors(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	draft, path := filepath.Join(s.path, "draft"), filepath.Join(s.path, "notes")
	must(t, os.WriteFile(draft, []byte("new"), 0o644))
	must(t, os.WriteFile(path, []byte("old"), 0o644))
	for _, p := range []string{draft, path} {
		must(t, unix.Stat(p, &unix.Stat_t{}))
	}
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	few := limit
	few.Cur = 128
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &few))
	var held []int
	for fd, err := unix.Dup(0); err == nil; fd, err = unix.Dup(0) {
		held = append(held, fd)
	}
	unix.Close(held[0]) // for the one, not for the other
	got := unix.Rename(draft, path)
	for _, fd := range held[1:] {
		unix.Close(fd)
	}
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	if got == nil {
		t.Error("renamed without a look at what had the name")
	}
	expect(t, path, "old")
	must(t, unix.Rename(draft, path))
	expect(t, path, "new")
}

// The number of a file that was removed may be another's before its removal is
// through.
func TestANumberThatIsUsedAgain(t *testing.T) {
	f := &fileSystem{}
	f.plant(&unix.Stat_t{Ino: 1, Mode: unix.S_IFDIR}, -1)
	top, st := f.tree.byID[1], &unix.Stat_t{Ino: 7, Mode: unix.S_IFREG}
	removed, _ := f.know(top, "removed", st, true)
	made, _ := f.know(top, "made", st, true)
	f.gone(removed)
	if again, known := f.know(top, "made", st, false); again != made || !known {
		t.Error("a file that was just made is not known by its number")
	}
	f.gone(made)
	if _, known := f.know(top, "made", st, false); known {
		t.Error("a file that was removed is known")
	}
}

// lingering takes its time when a judgement ends.
type lingering struct {
	secretive
	closing, goOn chan struct{}
}

func (j lingering) Open(a activity.Activity) Judgement {
	return lingeringJudgement{j.secretive.Open(a), j}
}

type lingeringJudgement struct {
	Judgement
	judge lingering
}

func (j lingeringJudgement) Finish(context.Context, io.ReaderAt, int64, bool) Verdict { return Allow }

func (j lingeringJudgement) Close() {
	select {
	case j.judge.closing <- struct{}{}:
	default:
	}
	<-j.judge.goOn
	j.Judgement.Close()
}

// A folder from which all files are gone is empty, also while what did not fit
// is still being taken away.
func TestAFolderWhoseFileIsBeingTakenAway(t *testing.T) {
	j := lingering{closing: make(chan struct{}, 1), goOn: make(chan struct{})}
	s := newStick(t, 32<<20)
	s.guardWith(j, s.scratch)
	folder := filepath.Join(s.path, "folder")
	must(t, os.Mkdir(folder, 0o755))
	if err := os.WriteFile(filepath.Join(folder, "big"), content(60<<20, false), 0o644); err == nil {
		t.Fatal("what does not fit was written")
	}
	select {
	case <-j.closing:
	case <-time.After(time.Minute):
		t.Fatal("what did not fit is not taken away")
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	removed := make(chan error, 1)
	go func() { removed <- os.Remove(folder) }()
	select {
	case err := <-removed:
		t.Errorf("did not wait: %v", err)
		removed <- err
	case <-time.After(200 * time.Millisecond):
	}
	close(j.goOn)
	must(t, <-removed)
}
