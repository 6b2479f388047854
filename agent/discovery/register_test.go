package discovery

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

func found(t *testing.T, path string) Found {
	t.Helper()
	i, err := incident.New(incident.Activity, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return Found{Path: path, Incident: i}
}

func TestEachFileStandsOnceInTheRegister(t *testing.T) {
	path := filepath.Join(t.TempDir(), "found.db")
	r, err := OpenRegister(path, Key{1})
	if err != nil {
		t.Fatal(err)
	}
	first, other, again := found(t, "/srv/a"), found(t, "/srv/b"), found(t, "/srv/a")
	if err := errors.Join(r.Keep(first), r.Keep(other), r.Keep(again), r.Gone(other.Incident.ID, "destroyed"), r.Gone("unknown", "destroyed"), r.Close()); err != nil {
		t.Fatal(err)
	}
	if r, err = OpenRegister(path, Key{1}); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, []byte("/srv/")) {
		t.Errorf("paths can be read in the file: %v", err)
	}
	list, all, err := r.List(10)
	if err != nil || all != 2 || len(list) != 2 || list[0].Incident.ID != again.Incident.ID || list[1].Gone != "destroyed" {
		t.Fatalf("%+v %d %v", list, all, err)
	}
	if _, ok, err := r.Find(first.Incident.ID); ok || err != nil {
		t.Errorf("an older record of the file is there: %v", err)
	}
	if f, ok, err := r.Find(other.Incident.ID); !ok || err != nil || f.Path != "/srv/b" {
		t.Errorf("%+v %v", f, err)
	}
}

func TestADamagedRegisterIsMadeAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "found.db")
	if err := os.WriteFile(path, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := OpenRegister(path, Key{1})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Keep(found(t, "/srv/a")), r.Close()); err != nil {
		t.Fatal(err)
	}
}
