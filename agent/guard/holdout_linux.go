package guard

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// holdoutWatch keeps trying to make mounts read-only on which somebody held
// files open for writing when the medium was taken over. The guard lies over
// them meanwhile; only those files can still be written past it.
type holdoutWatch struct {
	dev     uint64
	log     *slog.Logger
	quit    chan struct{}
	stopped chan struct{}

	mu   sync.Mutex
	left []func() error // makes a mount read-only
	who  []Holdout
}

const holdoutPause = time.Second

func watchHoldouts(dev uint64, log *slog.Logger) *holdoutWatch {
	w := &holdoutWatch{dev: dev, log: log, quit: make(chan struct{}), stopped: make(chan struct{}), who: writersOf(dev)}
	for _, h := range w.who {
		log.Warn("a program holds files of the medium open for writing", "pid", h.PID, "program", h.Program)
	}
	go w.run()
	return w
}

func (w *holdoutWatch) add(makeReadOnly func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = append(w.left, makeReadOnly)
}

func (w *holdoutWatch) run() {
	defer close(w.stopped)
	for {
		select {
		case <-w.quit:
			return
		case <-time.After(holdoutPause):
		}
		if w.try() {
			return
		}
	}
}

// try answers whether nobody is left.
func (w *holdoutWatch) try() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = slices.DeleteFunc(w.left, func(makeReadOnly func() error) bool {
		err := makeReadOnly()
		return err == nil || gone(err)
	})
	w.who = nil
	if len(w.left) > 0 {
		w.who = writersOf(w.dev)
	}
	return len(w.left) == 0
}

func (w *holdoutWatch) holdouts() []Holdout {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Holdout(nil), w.who...)
}

func (w *holdoutWatch) stop() {
	if w == nil {
		return
	}
	close(w.quit)
	<-w.stopped
}

// writersOf answers the processes that have a file of a device open for
// writing.
func writersOf(dev uint64) []Holdout {
	var found []Holdout
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	for _, dir := range processes {
		if holdsOpen(dir, dev) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			path, _, _ := executable(uint32(pid))
			found = append(found, Holdout{PID: pid, Program: path})
		}
	}
	return found
}

func holdsOpen(process string, dev uint64) bool {
	folder, err := os.Open(filepath.Join(process, "fd"))
	if err != nil {
		return false
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(-1)
	for _, n := range names {
		// Never through a path of the medium: the link's own target is looked
		// at, which does not ask a guard.
		var st unix.Statx_t
		err := unix.Statx(int(folder.Fd()), n, unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &st)
		if err == nil && unix.Mkdev(st.Dev_major, st.Dev_minor) == dev && writable(process, n) {
			return true
		}
	}
	return false
}

func writable(process, fd string) bool {
	info, err := os.ReadFile(filepath.Join(process, "fdinfo", fd))
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(info, []byte("flags:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	flags, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 8, 32)
	return err == nil && flags&unix.O_ACCMODE != unix.O_RDONLY
}
