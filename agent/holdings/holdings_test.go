package holdings

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// key is held by a hook; a hook has one key.
type key struct {
	Hook int    `json:"hook"`
	Name string `json:"name"`
}

func keys() Kind[key] {
	return Kind[key]{
		What: "which keys are out", Loss: "they come back", Most: 3,
		Check: func(k key) error {
			if k.Name == "" {
				return errors.New("a key without a name")
			}
			return nil
		},
		Replaces: func(old, now key) bool { return old.Hook == now.Hook },
	}
}

func read(t *testing.T, path string) *Record[key] {
	t.Helper()
	r, err := Read(path, keys())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What is added is there for the next run until it is dropped; what takes its
// place ends it, and the oldest make room.
func TestTheNextRunKnows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	r := read(t, path)
	for _, k := range []key{{1, "a"}, {2, "b"}, {1, "c"}, {3, "d"}, {4, "e"}} {
		if err := r.Add(k); err != nil {
			t.Fatal(err)
		}
	}
	if want := []key{{1, "c"}, {3, "d"}, {4, "e"}}; !slices.Equal(read(t, path).All(), want) {
		t.Errorf("held are %v, want %v", read(t, path).All(), want)
	}
	if err := errors.Join(r.Drop(key{3, "another"}), r.Drop(key{1, "c"})); err != nil {
		t.Fatal(err)
	}
	next := read(t, path)
	if next.Has(key{1, "c"}) || !next.Has(key{3, "d"}) || len(next.All()) != 2 {
		t.Errorf("held are %v", next.All())
	}
}

// What cannot be written down is not held; what is there stays.
func TestNotWrittenDown(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r := read(t, filepath.Join(dir, "keys.json"))
	if err := r.Add(key{1, "a"}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if r.Add(key{2, "b"}) == nil || r.Has(key{2, "b"}) {
		t.Error("held without a trace")
	}
	if r.Drop(key{1, "a"}) == nil || !r.Has(key{1, "a"}) {
		t.Error("dropped without a trace")
	}
}

// A file that somebody has damaged, or made up, is believed in nothing.
func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	for name, text := range map[string][]byte{
		"cut off":  []byte(`[{"hook":1,"name":"a"}`),
		"no list":  []byte(`{"hook":1,"name":"a"}`),
		"one bad":  []byte(`[{"hook":1,"name":"a"},{"hook":2}]`),
		"too many": []byte(`[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]`),
		"huge":     append(bytes.Repeat([]byte(" "), maxSize), `[{"hook":1,"name":"a"}]`...),
		"empty":    {},
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Read(path, keys())
		if err == nil || len(r.All()) > 0 {
			t.Errorf("%s: %v, %v", name, r.All(), err)
		}
		if err := r.Add(key{5, "new"}); err != nil {
			t.Errorf("%s: it cannot be used: %v", name, err)
		}
	}
}
