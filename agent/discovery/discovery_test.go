package discovery

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// ground is a folder that is searched.
type ground struct {
	t      *testing.T
	folder string
	memory string
	mu     sync.Mutex
	looked []string
	fail   map[string]bool
	due    time.Time
}

func newGround(t *testing.T, files ...string) *ground {
	g := &ground{t: t, folder: t.TempDir(), memory: filepath.Join(t.TempDir(), "memory.db"), fail: map[string]bool{}}
	for _, f := range files {
		g.write(f, "content")
	}
	return g
}

func (g *ground) write(name, content string) {
	g.t.Helper()
	path := filepath.Join(g.folder, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		g.t.Fatal(err)
	}
}

// search runs until one search has ended, or stop is called from look, and
// answers what was looked at.
func (g *ground) search(version string, look func(path string, stop func())) []string {
	g.t.Helper()
	m, err := OpenMemory(g.memory)
	if err != nil {
		g.t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(g.t.Context())
	defer cancel()
	g.looked = nil
	s := &Search{Config: Config{Folders: []string{g.folder}, Exclude: []string{"*.iso", ".git"}}, Memory: m, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Version: func() string { return version },
		Look: func(_ context.Context, path string) (Looked, error) {
			name, _ := filepath.Rel(g.folder, path)
			if g.fail[name] {
				return Looked{}, errors.New("cannot")
			}
			g.mu.Lock()
			g.looked = append(g.looked, name)
			g.mu.Unlock()
			if look != nil {
				look(path, cancel)
			}
			return Looked{Again: g.due}, nil
		}}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for end := time.Now().Add(time.Minute); s.Progress().Ended.IsZero() && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			g.t.Fatal("the search does not end")
		}
	}
	cancel()
	if err := <-done; err != nil {
		g.t.Fatal(err)
	}
	slices.Sort(g.looked)
	return g.looked
}

// again has the next search begin at once.
func (g *ground) again() {
	g.t.Helper()
	m, err := OpenMemory(g.memory)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := errors.Join(m.Begin(time.Now()), m.Close()); err != nil {
		g.t.Fatal(err)
	}
}

func (g *ground) expect(got []string, want ...string) {
	g.t.Helper()
	if !slices.Equal(got, want) {
		g.t.Errorf("looked at %q, want %q", got, want)
	}
}

func TestEveryFileOnce(t *testing.T) {
	g := newGround(t, "a.txt", "sub/b.txt", "film.iso", ".git/config")
	if err := os.Symlink("/etc/passwd", filepath.Join(g.folder, "link")); err != nil {
		t.Fatal(err)
	}
	g.expect(g.search("1", nil), "a.txt", "sub/b.txt")
	g.again()
	g.expect(g.search("1", nil))
	g.write("sub/b.txt", "changed content")
	g.write("c.txt", "new")
	g.again()
	g.expect(g.search("1", nil), "c.txt", "sub/b.txt")
	g.again()
	g.expect(g.search("2", nil), "a.txt", "c.txt", "sub/b.txt")
}

func TestAChangeThatHidesIsSeen(t *testing.T) {
	if deviceOf(stat(t, "/")) == 0 {
		t.Skip("SKIPPED: only the content's time is known here")
	}
	g := newGround(t, "a.txt")
	g.search("1", nil)
	path := filepath.Join(g.folder, "a.txt")
	before := stat(t, path)
	g.write("a.txt", "CONTENT")
	if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	g.again()
	g.expect(g.search("1", nil), "a.txt")
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestGoesOnWhereItWasInterrupted(t *testing.T) {
	g := newGround(t, "a", "b", "c", "d")
	first := g.search("1", func(path string, stop func()) {
		if filepath.Base(path) == "c" {
			stop()
		}
	})
	g.expect(first, "a", "b", "c")
	g.expect(g.search("1", nil), "d")
}

func TestWhatCannotBeLookedAtIsTriedAgain(t *testing.T) {
	g := newGround(t, "a", "b")
	g.fail["a"] = true
	g.expect(g.search("1", nil), "b")
	g.fail["a"] = false
	g.again()
	g.expect(g.search("1", nil), "a")
}

// What will have to go one day is looked at again then, though nobody changed it.
func TestWhatIsDueIsLookedAtAgain(t *testing.T) {
	g := newGround(t, "a")
	g.due = time.Now().Add(time.Hour)
	g.expect(g.search("1", nil), "a")
	g.again()
	g.due = time.Now().Add(-time.Second)
	g.expect(g.search("1", nil))
	g.write("a", "changed content")
	g.again()
	g.expect(g.search("1", nil), "a")
	g.again()
	g.due = time.Time{}
	g.expect(g.search("1", nil), "a")
	g.again()
	g.expect(g.search("1", nil))
}

func TestASearchIsAskedFor(t *testing.T) {
	g := newGround(t, "a")
	g.search("1", nil)
	m, err := OpenMemory(g.memory)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(t.Context())
	looked := make(chan string, 10)
	s := &Search{Config: Config{Folders: []string{g.folder}}, Memory: m, Log: slog.New(slog.DiscardHandler), Version: func() string { return "1" },
		Look: func(_ context.Context, path string) (Looked, error) {
			looked <- path
			return Looked{Found: true}, nil
		}}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	g.write("b", "new")
	if !s.Again() {
		t.Error("no search goes on, and none can be asked for")
	}
	select {
	case path := <-looked:
		if filepath.Base(path) != "b" {
			t.Errorf("looked at %s", path)
		}
	case <-time.After(30 * time.Second):
		t.Error("the search that was asked for does not begin")
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestADamagedMemoryIsMadeAnew(t *testing.T) {
	g := newGround(t, "a")
	g.search("1", nil)
	if err := os.WriteFile(g.memory, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.expect(g.search("1", nil), "a")
}

func TestConfigurationsAreChecked(t *testing.T) {
	good := Config{Folders: []string{t.TempDir()}, Exclude: []string{"*.iso"}, Every: time.Hour}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]Config{
		"relative": {Folders: []string{"home"}}, "pattern": {Exclude: []string{"["}}, "path": {Exclude: []string{filepath.Join("a", "b")}}, "too often": {Every: time.Second},
	} {
		if c.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
