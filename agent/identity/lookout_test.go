package identity

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader"
)

// TestNewsIsHeardOf: nothing is looked for here, for an hour.
func TestNewsIsHeardOf(t *testing.T) {
	never := Pace{Look: time.Hour, Seldom: time.Hour, First: time.Millisecond, Most: 10 * time.Millisecond}
	start := func(t *testing.T, tokens string) (*Identity, *authority, string) {
		dir, a := t.TempDir(), newAuthority(t)
		i := open(t, dir)
		i.TokenFile = filepath.Join(dir, tokens, "token")
		if err := os.MkdirAll(filepath.Dir(i.TokenFile), 0o700); err != nil {
			t.Fatal(err)
		}
		runningAt(t, i, a, never)
		time.Sleep(20 * time.Millisecond) // mostly it waits by then
		return i, a, filepath.Dir(i.TokenFile)
	}
	t.Run("a token", func(t *testing.T) {
		i, a, dir := start(t, "tokens")
		putToken(t, dir, "one")
		within(t, "enrolled", func() bool { return i.Standing().Enrolled && !exists(filepath.Join(dir, "token")) })
		putToken(t, dir, "two") // long after everything was well
		within(t, "enrolled anew", func() bool { n, _ := a.asked(); return n == 2 && !exists(filepath.Join(dir, "token")) })
	})
	t.Run("a token that is not used up at once", func(t *testing.T) {
		i, a, dir := start(t, "tokens")
		a.set(func() { a.err = &uploader.StatusError{Code: 503} })
		putToken(t, dir, "one")
		within(t, "tries", func() bool { n, _ := a.asked(); return n > 2 })
		a.set(func() { a.err = nil })
		within(t, "enrolled", func() bool { return i.Standing().Enrolled })
	})
	t.Run("what another process has done", func(t *testing.T) {
		i, a, _ := start(t, "")
		if err := open(t, i.Folder).Enrol(t.Context(), a, "one"); err != nil {
			t.Fatal(err)
		}
		within(t, "taken up", func() bool { return i.Standing().Enrolled })
	})
}

// TestNewsWithoutEnd: somebody who touches a file all the time keeps nobody
// from looking.
func TestNewsWithoutEnd(t *testing.T) {
	i := open(t, t.TempDir())
	i.TokenFile = filepath.Join(t.TempDir(), "token")
	l := i.newLookout()
	defer l.close()
	if !l.watch() {
		t.Fatal("nothing can be watched here")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			_ = os.WriteFile(filepath.Join(filepath.Dir(i.TokenFile), "..x"), nil, 0o600)
			time.Sleep(settle / 5)
		}
	}()
	if l.wait(ctx, nil, 3*settle); ctx.Err() != nil {
		t.Error("waited for as long as there was news")
	}
}

// TestAtRestNobodyLooksOften: what was due long ago is no reason to look.
func TestAtRestNobodyLooksOften(t *testing.T) {
	p := DefaultPace()
	for _, c := range []struct {
		left    time.Duration
		watched bool
		want    time.Duration
	}{
		{-time.Hour, true, p.Seldom}, {-time.Hour, false, p.Look}, {0, true, p.Seldom},
		{p.First, true, p.First}, {p.First, false, p.First}, {mostAsked, true, p.Seldom}, {mostAsked, false, p.Look},
	} {
		if got := p.rest(c.left, c.watched); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestWhatIsThereIsWatched, and only where all is does nobody look all the time.
func TestWhatIsThereIsWatched(t *testing.T) {
	i := open(t, t.TempDir())
	l := i.newLookout()
	defer l.close()
	if !l.watch() || !l.watch() {
		t.Error("folders that are there are not watched")
	}
	i.TokenFile = filepath.Join(i.Folder, "later", "token")
	later := i.newLookout()
	defer later.close()
	if later.watch() {
		t.Error("a folder that is not there is watched")
	}
	if err := os.Mkdir(filepath.Dir(i.TokenFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if !later.watch() {
		t.Error("a folder that came later is not watched")
	}
}
