package estate

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/uuid"
)

// trial is an estate on disk with a configuration that somebody has written.
func trial(t *testing.T) (e Estate, config string) {
	t.Helper()
	dir := t.TempDir()
	e = Estate{State: filepath.Join(dir, "state"), Folders: []string{filepath.Join(dir, "cache"), filepath.Join(dir, "absent")}}
	config = filepath.Join(e.State, "agent.yaml")
	for _, f := range []string{config, filepath.Join(e.State, "spool.key"), filepath.Join(e.State, "spool", "lock"), filepath.Join(e.State, "quarantine", "half.new"), filepath.Join(dir, "cache", "code", "1")} {
		put(t, f)
	}
	return e, config
}

func put(t *testing.T, path string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte("x"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func there(path string) bool { _, err := os.Lstat(path); return err == nil }

// incident is a name under which the spool keeps one.
func incident(t *testing.T, e Estate) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(e.State, "spool", "1-"+id.String())
}

func TestSettle(t *testing.T) {
	waiting := func(t *testing.T, e Estate) { put(t, incident(t, e)) }
	kept := func(t *testing.T, e Estate) { put(t, filepath.Join(e.State, "quarantine", "1.sealed")) }
	coming := func(t *testing.T, e Estate) { put(t, filepath.Join(e.State, "quarantine", "1.coming")) }
	refused := func(t *testing.T, e Estate) {
		put(t, filepath.Join(e.State, "spool", "refused", filepath.Base(incident(t, e))))
	}
	nothing := func(*testing.T, Estate) {}
	for name, c := range map[string]struct {
		holds func(*testing.T, Estate)
		fate  Fate
		sole  Sole
		gone  bool
	}{
		"nothing is only here":                  {nothing, Clear, Sole{}, true},
		"an incident is only here":              {waiting, Clear, Sole{Incidents: 1}, false},
		"one that the console refused":          {refused, Clear, Sole{Incidents: 1}, false},
		"a file is only here":                   {kept, Clear, Sole{Files: 1}, false},
		"a file that was just taken":            {coming, Clear, Sole{Files: 1}, false},
		"it is to be kept":                      {nothing, Keep, Sole{}, false},
		"a file is only here, and is not to be": {kept, Purge, Sole{Files: 1}, true},
		"an incident neither":                   {waiting, Purge, Sole{Incidents: 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := trial(t)
			c.holds(t, e)
			sole, gone, err := e.Settle(c.fate)
			if err != nil || sole != c.sole || gone != c.gone {
				t.Errorf("%+v, gone %v, %v", sole, gone, err)
			}
			for _, folder := range []string{e.State, e.Folders[0]} {
				if there(folder) == c.gone {
					t.Errorf("%s is there: %v", filepath.Base(folder), !c.gone)
				}
			}
			if !c.gone && !there(filepath.Join(e.State, "spool.key")) {
				t.Error("without its key nothing of it can be read")
			}
		})
	}
}

func TestWhatSomebodyElseHasWrittenStays(t *testing.T) {
	e, config := trial(t)
	e.Spared = []string{"", filepath.Dir(config) + "//./" + filepath.Base(config)}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	put(t, elsewhere)
	if err := os.Symlink(filepath.Dir(elsewhere), filepath.Join(e.State, "link")); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	if _, gone, err := e.Settle(Clear); err != nil || !gone {
		t.Fatalf("gone %v, %v", gone, err)
	}
	if left, err := os.ReadDir(e.State); err != nil || len(left) != 1 || !there(config) || !there(elsewhere) {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What cannot be looked at is not removed on the guess that it is empty.
func TestWhatCannotBeSeenStays(t *testing.T) {
	e, _ := trial(t)
	if err := os.RemoveAll(filepath.Join(e.State, "quarantine")); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(e.State, "quarantine")) // no folder
	if _, gone, err := e.Settle(Clear); err == nil || gone {
		t.Errorf("gone %v, %v", gone, err)
	}
	if _, gone, err := e.Settle(Purge); err != nil || !gone {
		t.Errorf("purged: %v, %v", gone, err)
	}
}

func TestNoOtherFate(t *testing.T) {
	for text, want := range map[string]error{"": nil, "keep": nil, "purge": nil, "KEEP": ErrFate, "1": ErrFate} {
		f := Keep
		if err := f.Set(text); !errors.Is(err, want) || (err == nil) != (string(f) == text) {
			t.Errorf("%q: %q, %v", text, f, err)
		}
	}
}

// A folder that a link has moved elsewhere goes with what is in it.
func TestMovedFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: links take a privilege there")
	}
	e, _ := trial(t)
	moved := filepath.Join(t.TempDir(), "big")
	if err := errors.Join(os.Rename(e.State, moved), os.Symlink(moved, e.State)); err != nil {
		t.Fatal(err)
	}
	put(t, incident(t, e))
	if s, gone, err := e.Settle(Clear); s.Incidents != 1 || gone || err != nil || !there(moved) || !there(e.State) {
		t.Errorf("with an incident: %+v, gone %v, %v", s, gone, err)
	}
	if _, gone, err := e.Settle(Purge); !gone || err != nil || there(moved) || there(e.State) {
		t.Errorf("purged: gone %v, %v", gone, err)
	}
}
