package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen collects finished files by their path below the folder.
type seen struct {
	t      *testing.T
	folder string
	mu     sync.Mutex
	files  []string
}

func observe(t *testing.T, folder string, slow func()) *seen {
	t.Helper()
	s := &seen{t: t, folder: folder}
	w := &Watcher{Folders: []string{folder}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Finished: func(_ context.Context, path string) {
		slow()
		rel, err := filepath.Rel(folder, path)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.files = append(s.files, rel)
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *seen) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.files)
}

func (s *seen) expect(names ...string) {
	s.t.Helper()
	for end := time.Now().Add(missing + time.Minute); ; time.Sleep(20 * time.Millisecond) {
		list := s.list()
		if !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(list, n) }) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("finished: %q, want %q", list, names)
		}
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// watching waits until the watch has begun.
func watching(t *testing.T, s *seen) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !slices.Contains(s.list(), "first"); time.Sleep(2 * settle) {
		if time.Now().After(end) {
			t.Fatal("the watch does not begin")
		}
		write(t, filepath.Join(s.folder, "first"))
	}
}

func TestFinishedFiles(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "from before"))
	s := observe(t, folder, func() {})
	watching(t, s)
	// A file counts once it is left alone, and once only.
	growing, err := os.Create(filepath.Join(folder, "growing"))
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := growing.WriteString("more"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settle / 5)
		if slices.Contains(s.list(), "growing") {
			t.Fatal("finished while it was being written")
		}
	}
	if err := growing.Close(); err != nil {
		t.Fatal(err)
	}
	s.expect("growing")
	// Moved in, written elsewhere; and renamed into place, as programs do.
	outside := filepath.Join(t.TempDir(), "客户.csv")
	write(t, outside)
	if err := os.Rename(outside, filepath.Join(folder, "客户.csv")); err != nil {
		t.Fatal(err)
	}
	s.expect("客户.csv")
	// Taken away before it was finished.
	write(t, filepath.Join(folder, "fleeting"))
	if err := os.Remove(filepath.Join(folder, "fleeting")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * settle)
	if list := s.list(); slices.Contains(list, "fleeting") || slices.Contains(list, "from before") {
		t.Errorf("finished: %q", list)
	}
}

func TestFoldersInFolders(t *testing.T) {
	s := observe(t, t.TempDir(), func() {})
	watching(t, s)
	deep := filepath.Join(s.folder, "a", "b", "c")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(deep, "at once"))
	s.expect("a/b/c/at once")
	write(t, filepath.Join(deep, "later"))
	s.expect("a/b/c/later")
	// A whole tree moved in comes with its files; one moved away is forgotten.
	tree := filepath.Join(t.TempDir(), "tree")
	if err := os.MkdirAll(filepath.Join(tree, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(tree, "sub", "old"))
	if err := os.Rename(tree, filepath.Join(s.folder, "tree")); err != nil {
		t.Fatal(err)
	}
	s.expect("tree/sub/old")
	away := filepath.Join(t.TempDir(), "away")
	if err := os.Rename(filepath.Join(s.folder, "tree"), away); err != nil {
		t.Fatal(err)
	}
	time.Sleep(settle)
	write(t, filepath.Join(away, "sub", "elsewhere"))
	time.Sleep(2 * settle)
	if list := s.list(); slices.Contains(list, "tree/sub/elsewhere") {
		t.Errorf("a file of a folder that was moved away: %q", list)
	}
}

// A folder that is made later, or made again, is watched as well.
func TestFolderComesLater(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "drive")
	s := observe(t, folder, func() {})
	time.Sleep(settle)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "early"))
	s.expect("early")
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	time.Sleep(settle)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "again"))
	s.expect("again")
}

// Looking at files takes longer than writing them; none is lost, and nothing
// waits for it.
func TestManyFilesWhileOneIsLookedAt(t *testing.T) {
	s := observe(t, t.TempDir(), func() { time.Sleep(time.Millisecond) })
	watching(t, s)
	var want []string
	for n := range 3000 {
		name := fmt.Sprintf("%04d", n)
		write(t, filepath.Join(s.folder, name))
		want = append(want, name)
	}
	s.expect(want...)
	if list := s.list(); len(list) != len(want)+len(slices.DeleteFunc(slices.Clone(list), func(n string) bool { return n != "first" })) {
		t.Errorf("%d files finished, want %d, each once", len(list), len(want))
	}
}

// A folder that comes later, such as a share that is mounted, brings what was
// written to it since it was last looked for: while others were looked for as
// well, and whatever else went on meanwhile.
func TestAFolderThatComesLaterMissesNothing(t *testing.T) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	dir := t.TempDir()
	share, next := filepath.Join(dir, "share"), filepath.Join(dir, "next")
	write := func(name string) string {
		path := filepath.Join(share, name)
		if err := errors.Join(os.MkdirAll(share, 0o755), os.WriteFile(path, []byte("x"), 0o644)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var during string
	w := &Watcher{Folders: []string{share, next}, Log: slog.New(slog.DiscardHandler), Mount: func(folder string) string {
		if folder == next && during == "" {
			during = write("during")
			time.Sleep(1500 * time.Millisecond) // more than times may be rounded by
		}
		return ""
	}}
	r := &watch{Watcher: w, notify: notify, folders: map[string]bool{}, mounts: map[string]string{}, waiting: map[string]time.Time{}, queued: map[string]bool{}}
	r.addRoots(time.Time{})
	after := write("after")
	old := write("old")
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	r.last = time.Now().Add(time.Minute) // changes elsewhere went on for long
	r.lookAgain()
	_, before := r.waiting[old]
	for _, path := range []string{during, after} {
		if _, found := r.waiting[path]; !found {
			t.Errorf("%s is missed", filepath.Base(path))
		}
	}
	if before {
		t.Error("what was there before is taken for new")
	}
}

// Folders that are there are left alone, where it is heard what is mounted.
func TestWhatIsThereIsNotLookedForAllTheTime(t *testing.T) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	folder := filepath.Join(t.TempDir(), "drive")
	w := &Watcher{Folders: []string{folder + "/"}, Log: slog.New(slog.DiscardHandler), Mount: func(string) string { return "1" }}
	r := &watch{Watcher: w, notify: notify, folders: map[string]bool{}, mounts: map[string]string{}, waiting: map[string]time.Time{}, queued: map[string]bool{}}
	r.again = time.NewTimer(time.Hour)
	defer r.again.Stop()
	for _, step := range []struct {
		what string
		do   func() error
		want time.Duration
	}{
		{"not there", func() error { return nil }, missing},
		{"there, but mounts are not heard of", func() error { return os.Mkdir(folder, 0o700) }, missing},
		{"there, and mounts are heard of", func() error { r.heard.Store(true); return nil }, present},
		{"gone", func() error {
			r.see(fsnotify.Event{Name: folder, Op: fsnotify.Remove})
			return os.Remove(folder)
		}, missing},
		{"there again", func() error { return os.Mkdir(folder, 0o700) }, present},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		r.lookAgain()
		if got := r.pause(); got != step.want {
			t.Errorf("%s: looked for every %v, want %v", step.what, got, step.want)
		}
	}
	if !r.hurried {
		t.Error("what is gone is not looked for soon")
	}
}
