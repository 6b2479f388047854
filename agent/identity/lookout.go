package identity

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file has to be left alone before it is read: a token may
// be written in several steps.
const settle = 200 * time.Millisecond

// lookout waits for what others put into the folders of an identity: tokens, and
// what trustline enrol has done.
type lookout struct {
	files   []string
	watcher *fsnotify.Watcher // nil where the system gives none
}

func (i *Identity) newLookout() *lookout {
	l := &lookout{files: []string{filepath.Join(i.Folder, keptName)}}
	if i.TokenFile != "" {
		l.files = append(l.files, i.TokenFile)
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		i.Log.Warn("tokens are looked for now and then only", "error", err)
		return l
	}
	l.watcher = watcher
	return l
}

func (l *lookout) close() {
	if l.watcher != nil {
		_ = l.watcher.Close()
	}
}

// watch watches the folders and answers whether all are there to be watched.
func (l *lookout) watch() bool {
	if l.watcher == nil {
		return false
	}
	all := true
	for _, file := range l.files {
		all = l.watcher.Add(filepath.Dir(file)) == nil && all // once more changes nothing
	}
	return all
}

// concerns tells whether an event may be about one of the files, or about the
// hidden links that Kubernetes swaps ("..data").
func (l *lookout) concerns(e fsnotify.Event) bool {
	base := filepath.Base(e.Name)
	return strings.HasPrefix(base, "..") || slices.ContainsFunc(l.files, func(file string) bool {
		return base == filepath.Base(file) || e.Name == filepath.Dir(file)
	})
}

// wait waits for news, for a kick, or for so long.
func (l *lookout) wait(ctx context.Context, kick <-chan struct{}, most time.Duration) {
	var events <-chan fsnotify.Event
	var failures <-chan error
	if l.watcher != nil {
		events, failures = l.watcher.Events, l.watcher.Errors
	}
	due, last := time.NewTimer(most), time.NewTimer(most) // however much happens
	defer due.Stop()
	defer last.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-kick:
			return
		case <-due.C:
			return
		case <-last.C:
			return
		case e := <-events:
			if l.concerns(e) {
				due.Reset(min(settle, most))
			}
		case <-failures: // events were lost, perhaps
			due.Reset(min(settle, most))
		}
	}
}
