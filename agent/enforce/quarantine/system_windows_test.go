package quarantine

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// What runs here runs under Wine as well: go test -exec wine.
func TestOwnerIsKept(t *testing.T) {
	dir, err := os.MkdirTemp("", "") // Wine takes no temporary folders away
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "names.csv")
	if err := os.WriteFile(path, []byte("names"), 0o600); err != nil {
		t.Fatal(err)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(filepath.Join(dir, "kept"), Key{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Take(path, info, Cause{Incident: "01890000-0000-7000-8000-000000000000", Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if e.Owner != user.User.Sid.String() || e.UID <= 0 {
		t.Errorf("taken from %d %q", e.UID, e.Owner)
	}
	if _, err := s.Restore(e.ID, ""); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if uid, _, owner := ownerOf(f, nil); uid != e.UID || owner != e.Owner {
		t.Errorf("given back to %d %q", uid, owner)
	}

	// Where somebody else's cannot be set, the file is given back all the same.
	if err := giveTo(f, Entry{Owner: "S-1-5-21-1-2-3-1001"}); err != nil {
		t.Error(err)
	}
	if err := giveTo(f, Entry{Owner: "no account"}); err == nil {
		t.Error("something that is no account was taken for one")
	}
}
