package quarantine

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A run that ends between taking a file and recording why leaves the incident to
// the next one.
func TestIncidentsOfFilesThatWereTakenAreRecorded(t *testing.T) {
	dir, folder := t.TempDir(), t.TempDir()
	s := open(t, dir)
	taken := func(name string) Entry {
		t.Helper()
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, people(3), 0o600))
		judged, err := os.Stat(path)
		must(t, err)
		e, err := s.Take(path, judged, Cause{Incident: name, Record: []byte(name + "'s"), Expires: time.Now().Add(time.Hour)})
		must(t, err)
		return e
	}
	must(t, s.Recorded(taken("told")))
	taken("untold")
	taken("long").forget(t, s)

	var heard []string
	hears := func(fails error) error {
		heard = nil
		again, err := Open(dir, key, slog.New(slog.NewTextHandler(io.Discard, nil)))
		must(t, err)
		return again.Recover(func(e Entry) error {
			heard = append(heard, e.Incident+" "+string(e.Record))
			return fails
		})
	}
	full := errors.New("no room")
	if err := hears(full); err != nil || len(heard) != 1 {
		t.Errorf("what cannot be recorded keeps the service from starting: %v", err)
	}
	for n, want := range [][]string{{"untold untold's"}, nil} {
		if err := hears(nil); err != nil || !slices.Equal(heard, want) {
			t.Errorf("start %d records %q, want %q (%v)", n, heard, want, err)
		}
	}
	all, err := s.List()
	if err != nil || len(all) != 2 || all[0].Record != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

// forget has an entry go, as it does when the file is given back.
func (e Entry) forget(t *testing.T, s *Store) {
	t.Helper()
	must(t, os.Remove(s.file(e.ID, sealed)))
}

// An entry that cannot be read now is not one that is gone.
func TestWhatCannotBeReadStaysOwed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, state := range []string{sealed, coming} {
		must(t, os.WriteFile(s.file("1"+state, state), nil, 0o600))
		must(t, os.WriteFile(s.file("1"+state, owed), nil, 0o600))
	}
	must(t, os.WriteFile(s.file("gone", owed), nil, 0o600))
	must(t, s.Recover(func(e Entry) error { t.Error("an entry that cannot be read was recorded"); return nil }))
	left, err := filepath.Glob(filepath.Join(dir, "*"+owed))
	if err != nil || len(left) != 2 {
		t.Errorf("%d of 2 are owed still (%v)", len(left), err)
	}
}
