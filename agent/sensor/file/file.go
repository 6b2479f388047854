// Package file watches folders whose content leaves the workstation by itself,
// such as those of a cloud drive, and answers the files that were finished in
// them. It only sees: what is in the folder has already been written.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sync/errgroup"
)

const (
	settle     = 500 * time.Millisecond // without a change, before a file counts as finished
	missing    = 2 * time.Second        // before a folder that is not there is looked for again
	present    = 30 * time.Second       // the same where all are there and nothing was heard of them
	soon       = 100 * time.Millisecond // after something was heard: others mount in several steps
	unheard    = 10 * time.Second       // of a mount, however busy the machine is
	maxFolders = 10_000
	maxWaiting = 100_000
)

// Watcher watches folders and everything below them. A folder that is not
// there yet, or no more, is watched as soon as it is.
type Watcher struct {
	Folders []string
	Log     *slog.Logger
	// Mount answers what mount a folder lies on, "" where the system does not
	// say. It may be nil.
	Mount func(folder string) string
	// Mounted calls changed once when it listens and then whenever something was
	// mounted or unmounted, until the context ends. Where it is nil or fails,
	// Mount is asked as often as if a folder were missing.
	Mounted func(ctx context.Context, changed func()) error
	// Finished is called with the path of each file that was written and has
	// been left alone since, one after the other.
	Finished func(ctx context.Context, path string)
	// Ended, where it is not nil, is called when Run ends with what was on its
	// way: files that were not finished, and since when others may have been
	// written unseen.
	Ended func(files []string, since time.Time)
}

// watch is one life of a watcher. Everything in it belongs to its loop.
type watch struct {
	*Watcher
	notify  *fsnotify.Watcher
	folders map[string]bool      // all that are watched
	mounts  map[string]string    // what the configured ones were mounted as
	waiting map[string]time.Time // files, by when they changed last
	ready   []string             // files that are finished
	queued  map[string]bool      // the same, to find them
	last    time.Time            // when changes were known to be complete
	rooted  time.Time            // when the configured folders were last looked for
	again   *time.Timer          // until they are looked for once more
	hurried bool                 // which is soon
	heard   atomic.Bool          // mounts are heard of
}

// Run watches until the context ends.
func (w *Watcher) Run(ctx context.Context) error {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch folders: %w", err)
	}
	defer notify.Close()
	r := &watch{
		Watcher: w, notify: notify, folders: map[string]bool{}, mounts: map[string]string{}, waiting: map[string]time.Time{},
		queued: map[string]bool{}, last: time.Now(),
	}
	finished, mounted := make(chan string), make(chan time.Time, 1)
	group, ctx := errgroup.WithContext(ctx)
	if w.Mounted != nil {
		group.Go(func() error { r.listen(ctx, mounted); return nil })
	}
	group.Go(func() error {
		for path := range finished {
			w.Finished(ctx, path)
		}
		return nil
	})
	group.Go(func() error {
		defer close(finished)
		r.loop(ctx, finished, mounted)
		return nil
	})
	err = group.Wait()
	if w.Ended != nil {
		w.Ended(slices.Concat(r.ready, slices.Collect(maps.Keys(r.waiting))), r.last)
	}
	return err
}

// listen passes on when something was mounted: of several times the first.
func (r *watch) listen(ctx context.Context, mounted chan<- time.Time) {
	tell := func() {
		select {
		case mounted <- time.Now():
		default:
		}
	}
	err := r.Mounted(ctx, func() { r.heard.Store(true); tell() })
	if r.heard.Store(false); ctx.Err() == nil {
		r.Log.Warn("what is mounted is looked for now and then only", "error", err, "every", missing)
		tell()
	}
}

func (r *watch) loop(ctx context.Context, finished chan<- string, mounted <-chan time.Time) {
	r.addRoots(time.Time{})
	r.again = time.NewTimer(r.pause())
	defer r.again.Stop()
	var due <-chan time.Time
	for {
		var out chan<- string
		next := ""
		if len(r.ready) > 0 {
			out, next = finished, r.ready[0]
		}
		if due == nil && len(r.waiting) > 0 {
			due = time.After(settle)
		}
		select {
		case <-ctx.Done():
			return
		case e := <-r.notify.Events:
			r.see(e)
		case err := <-r.notify.Errors:
			r.missed(err)
		case <-due:
			due = nil
			r.settled()
		case out <- next:
			r.ready = r.ready[1:]
			delete(r.queued, next)
		case at := <-mounted:
			// What lies below a new mount and is older, others have written.
			if before := at.Add(-unheard); before.After(r.rooted) {
				r.rooted = before
			}
			r.hurry()
		case <-r.again.C:
			r.hurried = false
			r.lookAgain()
			r.again.Reset(r.pause())
		}
	}
}

// hurry has the folders looked for soon, however much is heard meanwhile.
func (r *watch) hurry() {
	if !r.hurried {
		r.hurried = true
		r.again.Reset(soon)
	}
}

// pause is how long nobody needs to look for the folders.
func (r *watch) pause() time.Duration {
	for _, folder := range r.Folders {
		if !r.folders[filepath.Clean(folder)] {
			return missing
		}
	}
	if r.Mount != nil && !r.heard.Load() {
		return missing
	}
	return present
}

// lookAgain finds folders that were not there, with what was written to them
// since they were looked for.
func (r *watch) lookAgain() { r.addRoots(r.rooted) }

// addRoots watches the folders that were not there before. What is found in
// them and newer than since counts as written; the zero time finds nothing,
// because what stands there was there before the watch began.
func (r *watch) addRoots(since time.Time) {
	began := time.Now()
	held := r.notify.WatchList()
	for _, folder := range r.Folders {
		folder = filepath.Clean(folder)
		anew := r.mountedAnew(folder)
		if r.folders[folder] {
			// Nobody says when what was watched goes below another file system,
			// and of one that is gone only the watch is taken away.
			if !anew && (r.mounts[folder] == "" || slices.Contains(held, folder)) {
				continue
			}
			r.gone(folder)
		}
		switch err := r.add(folder, since); {
		case err == nil && !since.IsZero():
			r.Log.Info("folder is watched again", "folder", folder)
		case err != nil && since.IsZero():
			r.Log.Error("folder is not watched yet", "folder", folder, "error", err)
		}
	}
	r.rooted, r.last = began, began
}

// mountedAnew tells whether another file system lies at a folder than when this
// was last asked.
func (r *watch) mountedAnew(folder string) bool {
	if r.Mount == nil {
		return false
	}
	was := r.mounts[folder]
	r.mounts[folder] = r.Mount(folder)
	return was != r.mounts[folder]
}

// missed looks at everything again: the system had more changes than it could
// keep.
func (r *watch) missed(err error) {
	r.Log.Warn("changes in watched folders are looked for once more", "error", err)
	if !errors.Is(err, fsnotify.ErrEventOverflow) {
		return
	}
	since := r.last
	clear(r.folders)
	r.addRoots(since)
}

// add watches a folder and all below it, and has files newer than since
// looked at unless that is zero.
func (r *watch) add(root string, since time.Time) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == root:
			return err
		case err != nil:
			return nil
		case d.IsDir():
			return r.addOne(path)
		case !since.IsZero() && d.Type().IsRegular():
			// A second earlier: file systems round times.
			if info, err := d.Info(); err == nil && info.ModTime().After(since.Add(-time.Second)) {
				r.wait(path)
			}
		}
		return nil
	})
}

func (r *watch) addOne(folder string) error {
	if len(r.folders) >= maxFolders && !r.folders[folder] {
		return fmt.Errorf("more than %d folders: name fewer in the configuration", maxFolders)
	}
	if err := r.notify.Add(folder); err != nil {
		return fmt.Errorf("watch %s: %w", folder, err)
	}
	r.folders[folder] = true
	return nil
}

func (r *watch) wait(path string) {
	if len(r.waiting) < maxWaiting {
		r.waiting[path] = time.Now()
	}
}

func (r *watch) see(e fsnotify.Event) {
	if !e.Has(fsnotify.Create) && !e.Has(fsnotify.Write) {
		if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
			r.gone(e.Name)
			if slices.ContainsFunc(r.Folders, func(f string) bool { return filepath.Clean(f) == e.Name }) {
				r.hurry()
			}
		}
		return
	}
	info, err := os.Lstat(e.Name)
	if err != nil {
		return
	}
	switch {
	case info.IsDir() && e.Has(fsnotify.Create):
		// Whatever is in it came with it.
		if err := r.add(e.Name, time.Unix(1, 0)); err != nil {
			r.Log.Error("folder is not watched", "folder", e.Name, "error", err)
		}
	case info.Mode().IsRegular():
		r.wait(e.Name)
	}
}

// gone forgets what has no longer this name.
func (r *watch) gone(path string) {
	delete(r.waiting, path)
	if !r.folders[path] {
		return
	}
	below := path + string(filepath.Separator)
	for folder := range r.folders {
		if folder == path || strings.HasPrefix(folder, below) {
			delete(r.folders, folder)
			// A folder that was moved away is still watched under its old name.
			_ = r.notify.Remove(folder)
		}
	}
}

func (r *watch) settled() {
	for path, changed := range r.waiting {
		if time.Since(changed) < settle {
			continue
		}
		delete(r.waiting, path)
		if !r.queued[path] && len(r.ready) < maxWaiting {
			r.ready = append(r.ready, path)
			r.queued[path] = true
		}
	}
	if len(r.waiting) == 0 {
		r.last = time.Now()
	}
}
