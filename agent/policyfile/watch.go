package policyfile

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Times of the watch.
const (
	// settle is how long the folder has to be quiet before the file is read:
	// an editor writes in several steps.
	settle = 200 * time.Millisecond
	// settleAtMost bounds the wait where the folder never is quiet.
	settleAtMost = 2 * time.Second
	// lookAgain is how often the file is looked at where no event told of a
	// change: a folder made anew, a network file system, no watches left.
	lookAgain = 30 * time.Second
)

// Run watches the file until the context ends and tells of every change, first
// of those since New, and of what was offered. It watches the folder, not the file: editors rename, and
// Kubernetes swaps a symbolic link. Tell is called from Run's goroutine.
func (f *File) Run(ctx context.Context, tell func(Event)) error {
	if f.path == "" {
		return f.listen(ctx, tell)
	}
	f.tell(tell)
	var events <-chan fsnotify.Event
	var failures <-chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		f.log.Warn("policy file is looked at now and then only", "error", err, "every", lookAgain)
	} else {
		defer watcher.Close()
		events, failures = watcher.Events, watcher.Errors
	}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	f.watch(watcher)
	quiet := time.NewTimer(settle) // what changed between New and the watch
	defer quiet.Stop()
	var first time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.news:
			f.tell(tell)
		case e := <-events:
			if f.concerns(e) {
				if first.IsZero() {
					first = time.Now()
				}
				quiet.Reset(min(settle, max(0, settleAtMost-time.Since(first))))
			}
		case err := <-failures:
			f.log.Warn("policy file watch", "error", err)
			quiet.Reset(settle)
		case <-again.C:
			quiet.Reset(0)
		case <-quiet.C:
			first = time.Time{}
			f.watch(watcher)
			f.reload()
			f.tell(tell)
		}
	}
}

// listen tells of what was offered, where there is no file.
func (f *File) listen(ctx context.Context, tell func(Event)) error {
	for {
		f.tell(tell)
		select {
		case <-ctx.Done():
			return nil
		case <-f.news:
		}
	}
}

// tell tells what is pending.
func (f *File) tell(tell func(Event)) {
	f.taking.Lock()
	events := f.pending
	f.pending = nil
	f.taking.Unlock()
	for _, e := range events {
		tell(e)
	}
}

// watch adds the folders the file stands in: that of its path and that of what
// a symbolic link points to. Adding one again changes nothing.
func (f *File) watch(w *fsnotify.Watcher) {
	if w == nil {
		return
	}
	for _, dir := range f.folders() {
		if err := w.Add(dir); err != nil {
			f.log.Debug("policy folder cannot be watched", "error", err)
		}
	}
}

func (f *File) folders() []string {
	dirs := []string{filepath.Dir(f.path)}
	if real, err := filepath.EvalSymlinks(f.path); err == nil && filepath.Dir(real) != dirs[0] {
		dirs = append(dirs, filepath.Dir(real))
	}
	return dirs
}

// concerns tells whether an event in the folder may have changed the file:
// about its name, or about the hidden links Kubernetes swaps ("..data").
func (f *File) concerns(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod && filepath.Base(e.Name) != filepath.Base(f.path) {
		return false
	}
	base := filepath.Base(e.Name)
	if base == filepath.Base(f.path) || strings.HasPrefix(base, "..") {
		return true
	}
	for _, dir := range f.folders() {
		if e.Name == dir {
			return true
		}
	}
	real, err := filepath.EvalSymlinks(f.path)
	return err == nil && base == filepath.Base(real)
}
