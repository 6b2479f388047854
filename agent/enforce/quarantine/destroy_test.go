package quarantine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"testing"
	"time"
)

func TestDestroyedOnOrder(t *testing.T) {
	s, path := kept(t)
	sum := sha256.Sum256([]byte("customers"))
	right, none := hex.EncodeToString(sum[:]), func(string) error { return nil }
	if _, err := s.Destroy("another", right, none); !errors.Is(err, ErrUnknown) {
		t.Errorf("of another incident: %v", err)
	}
	if _, err := s.Destroy("incident", hex.EncodeToString(make([]byte, 32)), none); !errors.Is(err, ErrChanged) {
		t.Errorf("another content: %v", err)
	}
	failing := errors.New("not noted")
	if _, err := s.Destroy("incident", right, func(string) error { return failing }); !errors.Is(err, failing) {
		t.Errorf("not noted: %v", err)
	}
	if all, err := s.List(); err != nil || len(all) != 1 {
		t.Fatalf("refused, and not there any more: %v %v", all, err)
	}
	e, err := s.Destroy("incident", right, none)
	if err != nil || e.Bytes != 9 {
		t.Fatalf("%+v %v", e, err)
	}
	if left, err := os.ReadDir(s.dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	if _, err := os.Lstat(path + ".trustline.txt"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the note: %v", err)
	}
}

// A crash after the first byte was overwritten is finished at the next start.
func TestDestructionGoesOnAfterACrash(t *testing.T) {
	s, _ := kept(t)
	all, err := s.List()
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	id := all[0].ID
	f, err := os.OpenFile(s.file(id, sealed), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 40)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // and once more, should it crash again
		if err := errors.Join(f.Sync(), s.ResumeDestroy(id)); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	if left, err := os.ReadDir(s.dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	if err := s.ResumeDestroy("../x"); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v", err)
	}
}

// kept answers a store with one file in it, and where that was.
func kept(t *testing.T) (*Store, string) {
	t.Helper()
	s := open(t, t.TempDir())
	path := t.TempDir() + "/customers.txt"
	if err := os.WriteFile(path, []byte("customers"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(path, info, Cause{Incident: "incident", Note: "a note", Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	return s, path
}
