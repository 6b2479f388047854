package quarantine

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

var key = Key{1, 2, 3}

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, key, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Recover(func(Entry) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return s
}

// take has what is at a path judged, and takes it.
func take(s *Store, path, incident, note string, expires time.Time) (Entry, error) {
	judged, err := os.Stat(path)
	if err != nil {
		return Entry{}, err
	}
	return s.Take(path, judged, Cause{Incident: incident, Note: note, Expires: expires})
}

func people(n int) []byte {
	var b bytes.Buffer
	if err := synthetic.CSV(&b, synthetic.New(5).People(n), "zh"); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes (%v), want %d", path, len(got), err, len(want))
	}
}

func absent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there (%v)", path, err)
	}
}

func TestTakenAndGivenBack(t *testing.T) {
	dir, folder := filepath.Join(t.TempDir(), "quarantine"), t.TempDir()
	s := open(t, dir)
	want := people(5000)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	path := filepath.Join(folder, "客户.csv")
	must(t, os.WriteFile(path, want, 0o640))
	must(t, os.Chtimes(path, at, at))
	e, err := take(s, path, "incident", "taken: ask the security team", time.Now().Add(time.Hour))
	must(t, err)
	absent(t, path)
	expect(t, path+".trustline.txt", []byte("taken: ask the security team"))
	sealed, err := os.ReadFile(filepath.Join(dir, e.ID+".sealed"))
	must(t, err)
	for _, p := range synthetic.New(5).People(50) {
		if bytes.Contains(sealed, []byte(p.Mobile)) {
			t.Fatal("the sealed copy can be read")
		}
	}
	if bytes.Contains(sealed, []byte("客户")) {
		t.Error("the name can be read")
	}

	s = open(t, dir) // as after a restart
	list, err := s.List()
	if err != nil || len(list) != 1 || list[0].ID != e.ID || list[0].Incident != "incident" {
		t.Fatalf("%+v, %v", list, err)
	}
	must(t, os.WriteFile(path, []byte("another one"), 0o600))
	if _, err := s.Restore(e.ID, ""); !errors.Is(err, ErrTaken) {
		t.Fatalf("restored over another file: %v", err)
	}
	expect(t, path, []byte("another one"))
	must(t, os.Remove(path))
	if _, err := s.Restore(e.ID, ""); err != nil {
		t.Fatal(err)
	}
	expect(t, path, want)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 || !info.ModTime().Equal(at) {
		t.Errorf("mode %v, time %v, %v", info.Mode(), info.ModTime(), err)
	}
	absent(t, path+".trustline.txt")
	if _, err := s.Restore(e.ID, ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("restored twice: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestExpiry(t *testing.T) {
	dir, folder := t.TempDir(), t.TempDir()
	s := open(t, dir)
	now := time.Now()
	for name, expires := range map[string]time.Time{"old": now.Add(-time.Minute), "new": now.Add(time.Hour)} {
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, people(3), 0o600))
		_, err := take(s, path, name, "note", expires)
		must(t, err)
	}
	gone, err := s.Expire(now)
	if err != nil || len(gone) != 1 || gone[0].Incident != "old" {
		t.Fatalf("%+v, %v", gone, err)
	}
	absent(t, filepath.Join(folder, "old.trustline.txt"))
	if list, err := s.List(); err != nil || len(list) != 1 || list[0].Incident != "new" {
		t.Errorf("%+v, %v", list, err)
	}
}

// Only what is a file is taken, and only what it is.
func TestWhatIsNotTaken(t *testing.T) {
	dir, folder := t.TempDir(), t.TempDir()
	s := open(t, dir)
	secret := filepath.Join(folder, "secret")
	must(t, os.WriteFile(secret, []byte("somebody else's"), 0o600))
	link := filepath.Join(folder, "link")
	must(t, os.Symlink(secret, link))
	for _, path := range []string{link, folder, filepath.Join(folder, "nothing")} {
		if _, err := take(s, path, "i", "", time.Now()); err == nil {
			t.Errorf("%s was taken", path)
		}
	}
	// Judged was one file; another stands there, or the folder became a link.
	own := filepath.Join(folder, "sub", "secret")
	must(t, os.Mkdir(filepath.Dir(own), 0o700))
	must(t, os.WriteFile(own, []byte("my own"), 0o600))
	judged, err := os.Stat(own)
	must(t, err)
	must(t, os.Rename(filepath.Dir(own), filepath.Join(folder, "moved")))
	must(t, os.Symlink(folder, filepath.Dir(own)))
	if _, err := s.Take(own, judged, Cause{Incident: "i", Expires: time.Now()}); !errors.Is(err, ErrChanged) {
		t.Errorf("another's file was taken: %v", err)
	}
	expect(t, secret, []byte("somebody else's"))
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestDamagedForgedAndForeign(t *testing.T) {
	dir, folder := t.TempDir(), t.TempDir()
	s := open(t, dir)
	path := filepath.Join(folder, "list")
	must(t, os.WriteFile(path, people(100), 0o600))
	e, err := take(s, path, "i", "", time.Now().Add(time.Hour))
	must(t, err)
	file := filepath.Join(dir, e.ID+".sealed")
	good, err := os.ReadFile(file)
	must(t, err)
	for what, bad := range map[string][]byte{
		"cut": good[:len(good)-20], "short": good[:10], "empty": {}, "changed": append(bytes.Clone(good[:len(good)-9]), good[len(good)-9]^1, 0, 0, 0, 0, 0, 0, 0, 0),
	} {
		must(t, os.WriteFile(file, bad, 0o600))
		if _, err := s.Restore(e.ID, ""); err == nil {
			t.Errorf("%s: restored", what)
		}
		absent(t, path)
	}
	must(t, os.WriteFile(file, good, 0o600))
	other := filepath.Join(dir, "0198c0de-0000-7000-8000-000000000000.sealed")
	must(t, os.WriteFile(other, good, 0o600))
	if _, err := s.Restore("0198c0de-0000-7000-8000-000000000000", ""); err == nil {
		t.Error("a copy under another id was restored")
	}
	if _, err := s.Restore("../"+e.ID, ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("an id that is a path: %v", err)
	}
	foreign, err := Open(dir, Key{9}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	must(t, err)
	if _, err := foreign.Restore(e.ID, ""); err == nil {
		t.Error("restored with another key")
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left in the folder: %v", left)
	}
	if _, err := s.Restore(e.ID, ""); err != nil {
		t.Error(err)
	}
	expect(t, path, people(100))
}

// TestKilledAtAnyPoint has a process take files and kills it: every file is
// either where it was, or in quarantine, whole.
func TestKilledAtAnyPoint(t *testing.T) {
	if folder := os.Getenv("TRUSTLINE_TEST_TAKE"); folder != "" {
		s := open(t, filepath.Join(folder, "q"))
		for {
			entries, _ := os.ReadDir(filepath.Join(folder, "files"))
			for _, f := range entries {
				if !strings.HasSuffix(f.Name(), ".txt") {
					_, _ = take(s, filepath.Join(folder, "files", f.Name()), f.Name(), "note", time.Now().Add(time.Hour))
				}
			}
			list, _ := s.List()
			for _, e := range list {
				_, _ = s.Restore(e.ID, "")
			}
		}
	}
	folder := t.TempDir()
	must(t, os.Mkdir(filepath.Join(folder, "files"), 0o700))
	want := map[string][]byte{}
	for i, name := range []string{"a", "b", "c", "d"} {
		want[name] = people(200 * (i + 1))
		must(t, os.WriteFile(filepath.Join(folder, "files", name), want[name], 0o600))
	}
	for round := range 25 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyPoint$")
		child.Env = append(os.Environ(), "TRUSTLINE_TEST_TAKE="+folder)
		must(t, child.Start())
		time.Sleep(time.Duration(100+7*round) * time.Millisecond)
		must(t, child.Process.Kill())
		_ = child.Wait()
		s := open(t, filepath.Join(folder, "q"))
		list, err := s.List()
		must(t, err)
		for _, e := range list {
			if _, err := os.Lstat(e.Path); err == nil {
				continue // restored, and killed before the copy went
			}
			_, err := s.Restore(e.ID, "")
			must(t, err)
		}
		for name, content := range want {
			expect(t, filepath.Join(folder, "files", name), content)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}
