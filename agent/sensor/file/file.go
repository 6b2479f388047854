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
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	settle     = 500 * time.Millisecond // without a change, before a file counts as finished
	maxFolders = 10_000
	maxWaiting = 100_000
)

// Watcher watches folders and everything below them.
type Watcher struct {
	Folders []string
	Log     *slog.Logger
	// Finished is called with the path of each file that was written and has
	// been left alone since.
	Finished func(ctx context.Context, path string)

	notify  *fsnotify.Watcher
	folders int
	waiting map[string]time.Time
}

// Run watches until the context ends.
func (w *Watcher) Run(ctx context.Context) (err error) {
	if w.notify, err = fsnotify.NewWatcher(); err != nil {
		return fmt.Errorf("watch folders: %w", err)
	}
	defer w.notify.Close()
	w.waiting = map[string]time.Time{}
	for _, folder := range w.Folders {
		if err := w.add(folder, false); err != nil {
			w.Log.Error("folder is not watched", "folder", folder, "error", err)
		}
	}
	var due <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.notify.Events:
			if !ok {
				return nil
			}
			w.see(e)
			if due == nil && len(w.waiting) > 0 {
				due = time.After(settle)
			}
		case err := <-w.notify.Errors:
			w.Log.Warn("changes in watched folders may have been missed", "error", err)
		case <-due:
			w.finish(ctx)
			if due = nil; len(w.waiting) > 0 {
				due = time.After(settle)
			}
		}
	}
}

// add watches a folder and all below it. What is there already counts as
// finished when found is set: it was made before the watch began.
func (w *Watcher) add(root string, found bool) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == root {
				return err
			}
			return nil
		}
		if !d.IsDir() {
			if found && d.Type().IsRegular() {
				w.wait(path)
			}
			return nil
		}
		if w.folders >= maxFolders {
			return errors.New("more than 10,000 folders: name fewer in the configuration")
		}
		w.folders++
		return w.notify.Add(path)
	})
}

func (w *Watcher) wait(path string) {
	if len(w.waiting) < maxWaiting {
		w.waiting[path] = time.Now()
	}
}

func (w *Watcher) see(e fsnotify.Event) {
	if !e.Has(fsnotify.Create) && !e.Has(fsnotify.Write) {
		delete(w.waiting, e.Name)
		return
	}
	info, err := os.Lstat(e.Name)
	if err != nil {
		return
	}
	switch {
	case info.IsDir() && e.Has(fsnotify.Create):
		if err := w.add(e.Name, true); err != nil {
			w.Log.Error("folder is not watched", "error", err)
		}
	case info.Mode().IsRegular():
		w.wait(e.Name)
	}
}

func (w *Watcher) finish(ctx context.Context) {
	for path, changed := range w.waiting {
		if time.Since(changed) < settle {
			continue
		}
		delete(w.waiting, path)
		w.Finished(ctx, path)
	}
}
