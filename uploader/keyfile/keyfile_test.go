package keyfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

const limit = 64

// folder is t.TempDir for Wine 8 as well, which does not know the call that
// os.RemoveAll removes with.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "keyfile-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, path := range append(files, dir) {
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		}
	})
	return dir
}

func TestWritten(t *testing.T) {
	path := filepath.Join(folder(t), "some.key")
	for _, key := range [][]byte{bytes.Repeat([]byte("k"), 32), bytes.Repeat([]byte("n"), limit)} {
		if err := Write(path, key); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(path, limit); err != nil || !bytes.Equal(got, key) {
			t.Errorf("read %q, %v", got, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".new-*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if _, err := Read(path+"2", limit); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, limit); err == nil {
		t.Error("read a file of any size")
	}
}

// Of many that create at once, one key wins for all.
func TestCreatedOnce(t *testing.T) {
	path := filepath.Join(folder(t), "some.key")
	var wg sync.WaitGroup
	made := make([]error, 8)
	for n := range made {
		wg.Go(func() { made[n] = Create(path, []byte{byte(n)}) })
	}
	wg.Wait()
	winner := -1
	for n, err := range made {
		switch {
		case err == nil && winner < 0:
			winner = n
		case err == nil:
			t.Errorf("%d and %d both made it", winner, n)
		case !errors.Is(err, fs.ErrExist):
			t.Error(err)
		}
	}
	if got, err := Read(path, limit); err != nil || len(got) != 1 || int(got[0]) != winner {
		t.Errorf("%d won, and there is %v (%v)", winner, got, err)
	}
}
