package guard

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// Two people, and one who may take the marker out.
const (
	anna = 2000
	bert = 2001
	may  = 2002
)

// personal lets the marker pass where everybody who wrote may take it out, and
// remembers who that was.
type personal struct {
	markerJudge
	mu   sync.Mutex
	last []int
}

func (j *personal) Open(a activity.Activity) Judgement {
	who := []int{a.Actor.UID}
	for _, o := range a.Others {
		who = append(who, o.UID)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last = who
	if slices.Equal(slices.Compact(slices.Clone(who)), []int{may}) {
		return approving{}
	}
	return markerJudge{}.Open(a)
}

// wrote expects who was said to have written what was judged last.
func (j *personal) wrote(t *testing.T, who ...int) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Equal(j.last, who) {
		t.Errorf("%v wrote it, judged for %v", who, j.last)
	}
}

// as does something as somebody else.
func as(t *testing.T, uid int, do func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if _, _, no := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); no != 0 {
			done <- no
			return
		}
		done <- do()
	}()
	must(t, <-done)
}

// opens opens a file as somebody.
func opens(t *testing.T, uid int, path string, flags int) (f *os.File) {
	t.Helper()
	as(t, uid, func() (err error) {
		f, err = os.OpenFile(path, flags, 0o666)
		return err
	})
	t.Cleanup(func() { f.Close() })
	return f
}

func writes(t *testing.T, f *os.File, text string) {
	t.Helper()
	_, err := f.WriteString(text)
	must(t, err)
}

// shared is a guarded medium with a file that everybody may write to.
func shared(t *testing.T) (s *stick, path string, j *personal) {
	t.Helper()
	s, j = newStick(t, 32<<20), &personal{}
	path = filepath.Join(s.path, "shared")
	must(t, os.WriteFile(path, []byte("from before\n"), 0o666))
	must(t, os.Chmod(path, 0o666))
	s.guardWith(j, s.scratch)
	return s, path, j
}

const appending = os.O_WRONLY | os.O_APPEND

// Whoever holds a file open goes on writing in their own name, whoever has
// opened it since.
func TestWhoGoesOnWritingAnswersForIt(t *testing.T) {
	s, path, j := shared(t)
	held := opens(t, anna, path, appending)
	writes(t, held, "a little\n")
	must(t, held.Sync())
	j.wrote(t, anna)

	other := opens(t, may, path, appending)
	writes(t, other, "harmless\n")
	must(t, other.Close())
	j.wrote(t, may)
	third := opens(t, bert, path, appending) // and writes nothing
	writes(t, held, marker)
	denied(t, held.Sync(), "what is written on")
	j.wrote(t, anna)
	held.Close()
	third.Close()
	if s.holds(marker) {
		t.Error("the marker is on the medium")
	}
	expect(t, path, "from before\na little\nharmless\n")
}

// What somebody may take out they may, also while others have the file open.
func TestWhoOnlyHoldsAFileOpenHasNoPartInIt(t *testing.T) {
	s, path, j := shared(t)
	held, third := opens(t, anna, path, os.O_RDWR), opens(t, bert, path, appending)
	other := opens(t, may, path, appending)
	writes(t, other, marker)
	must(t, other.Close())
	j.wrote(t, may)
	must(t, held.Close())
	must(t, third.Close())
	if !s.holds(marker) {
		t.Error("what may be there is not")
	}
}

// What several have written is judged for each of them.
func TestWhatSeveralWriteIsJudgedForEach(t *testing.T) {
	for name, write := range map[string]func(t *testing.T, path string) (error, []int){
		"the marker by who may, joined": func(t *testing.T, path string) (error, []int) {
			held, other := opens(t, anna, path, appending), opens(t, may, path, appending)
			writes(t, held, "harmless\n")
			writes(t, other, marker)
			return other.Close(), []int{anna, may}
		},
		"the marker by who may, first": func(t *testing.T, path string) (error, []int) {
			held, other := opens(t, anna, path, appending), opens(t, may, path, appending)
			writes(t, other, marker)
			writes(t, held, "harmless\n")
			return other.Close(), []int{may, anna}
		},
		"half of it each": func(t *testing.T, path string) (error, []int) {
			held, other := opens(t, anna, path, appending), opens(t, may, path, appending)
			writes(t, other, marker[:7])
			writes(t, held, marker[7:])
			return other.Close(), []int{may, anna}
		},
		"through a third": func(t *testing.T, path string) (error, []int) {
			held, other, third := opens(t, may, path, appending), opens(t, anna, path, appending), opens(t, bert, path, appending)
			writes(t, held, marker)
			writes(t, other, "a")
			writes(t, third, "b")
			writes(t, other, "c")
			return third.Close(), []int{may, anna, bert}
		},
		"cut by another": func(t *testing.T, path string) (error, []int) {
			held := opens(t, may, path, appending)
			writes(t, held, marker+" and more")
			as(t, anna, func() error { return unix.Truncate(path, int64(len("from before\n"+marker))) })
			return held.Close(), []int{may, anna}
		},
		"through a mapping, whoever's it was": func(t *testing.T, path string) (error, []int) {
			held, other := opens(t, may, path, os.O_RDWR), opens(t, anna, path, os.O_RDWR)
			must(t, held.Truncate(4096))
			m, err := unix.Mmap(int(held.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			must(t, err)
			copy(m, marker)
			err = unix.Msync(m, unix.MS_SYNC)
			must(t, unix.Munmap(m))
			if err == nil {
				err = held.Close()
			}
			other.Close()
			return err, []int{may, anna}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, path, j := shared(t)
			err, who := write(t, path)
			denied(t, err, "what they wrote together")
			j.wrote(t, who...)
			if s.holds(marker) {
				t.Error("the marker is on the medium")
			}
			expect(t, path, "from before\n")
		})
	}
}

// Somebody who may write to a file costs who made it no more than they could
// by themselves.
func TestWhatWasAllowedStaysWhenAnotherIsStopped(t *testing.T) {
	s, _, _ := shared(t)
	path := filepath.Join(s.path, "annas")
	maker := opens(t, anna, path, os.O_CREATE|os.O_WRONLY)
	must(t, os.Chmod(path, 0o666))
	writes(t, maker, "annas own\n")
	must(t, maker.Sync())
	writes(t, maker, "more\n")
	other := opens(t, bert, path, appending)
	writes(t, other, marker)
	denied(t, other.Close(), "what bert adds")
	maker.Close()
	expect(t, path, "annas own\n")
}

// A change that more people have a part in than are judged for goes no further.
func TestNotMoreThanAFewWriteTogether(t *testing.T) {
	_, path, _ := shared(t)
	var err error
	for n := range maxAuthors + 1 {
		f := opens(t, 3000+n, path, appending)
		if _, err = f.WriteString("x"); err != nil {
			break
		}
	}
	if err == nil {
		t.Errorf("more than %d write together", maxAuthors)
	}
}

// What one person does is judged once, however often the file is opened.
func TestOnePersonIsOneAuthor(t *testing.T) {
	s, path, j := shared(t)
	one, again := opens(t, may, path, appending), opens(t, may, path, os.O_RDWR)
	writes(t, one, "x")
	writes(t, again, "y")
	writes(t, one, marker)
	must(t, one.Close())
	must(t, again.Close())
	j.wrote(t, may)
	// A shell opens for the program.
	must(t, exec.Command("/bin/sh", "-c", `echo harmless > "$1"`, "sh", filepath.Join(s.path, "new")).Run())
	j.wrote(t, 0)
}
