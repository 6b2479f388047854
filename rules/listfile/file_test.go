package listfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func newKey(t testing.TB) *Key {
	t.Helper()
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func write(t testing.TB, path string, k *Key, serial uint64) {
	t.Helper()
	w, err := Create(path, k, Header{Kind: "exact", Name: "crm", Serial: serial, Created: time.Unix(1_700_000_000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		w.Section(name)
		if _, err := w.Write([]byte("section " + name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Commit(map[string]int{"rows": 7}); err != nil {
		t.Fatal(err)
	}
}

func TestOpensWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.list")
	k := newKey(t)
	write(t, path, k, 5)
	f, err := Open(context.Background(), path, "exact", Ring{newKey(t).Endpoint(), k.Endpoint()}, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v := f.Section("two")
	if got := string(v.At(0, int(v.Size()), make([]byte, 100))); got != "section two" {
		t.Errorf("section two holds %q", got)
	}
	if f.Name != "crm" || f.Serial != 5 || string(f.Detail) != `{"rows":7}` {
		t.Errorf("header is %+v", f.Header)
	}
	if f.Failed() {
		t.Error("failed too early")
	}
	if v.At(v.Size()-1, 2, make([]byte, 2)); !f.Failed() {
		t.Error("a look outside the section went unnoticed")
	}
}

func TestRefuses(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.list")
	k := newKey(t)
	write(t, good, k, 5)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	headerAt := len(whole) - int(tailSize) - int(binary.LittleEndian.Uint32(whole[len(whole)-12:]))
	change := func(at int) []byte {
		b := append([]byte{}, whole...)
		b[at] ^= 1
		return b
	}
	forged := filepath.Join(dir, "other.list")
	other := newKey(t)
	other.id = k.id // claims to be ours
	write(t, forged, other, 6)
	forgedBytes, err := os.ReadFile(forged)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		data []byte
		keys Ring
		kind string
		min  uint64
		want error
	}{
		{"empty", nil, Ring{k}, "exact", 0, ErrNotAList},
		{"another file", []byte("name,mobile\n and some more text"), Ring{k}, "exact", 0, ErrNotAList},
		{"later format", change(len(magic) - 1), Ring{k}, "exact", 0, ErrFormat},
		{"cut", whole[:len(whole)-1], Ring{k}, "exact", 0, ErrCut},
		{"only its beginning", whole[:len(magic)], Ring{k}, "exact", 0, ErrCut},
		{"something behind", append(append([]byte{}, whole...), 'x'), Ring{k}, "exact", 0, ErrCut},
		{"length of the header", change(len(whole) - 10), Ring{k}, "exact", 0, ErrCut},
		{"header", change(headerAt + 30), Ring{k}, "exact", 0, ErrForged},
		{"signature", change(len(whole) - int(tailSize)), Ring{k}, "exact", 0, ErrForged},
		{"section", change(page), Ring{k}, "exact", 0, ErrDamaged},
		{"no key", whole, nil, "exact", 0, ErrKeyless},
		{"other key", whole, Ring{newKey(t)}, "exact", 0, ErrKeyless},
		{"signed by somebody who took the id", forgedBytes, Ring{k.Endpoint()}, "exact", 0, ErrForged},
		{"other kind", whole, Ring{k}, "similar", 0, ErrOtherKind},
		{"older than seen", whole, Ring{k}, "exact", 6, ErrReplayed},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(dir, "x.list")
			if err := os.WriteFile(path, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := Open(context.Background(), path, test.kind, test.keys, test.min)
			if err == nil {
				_ = f.Close()
			}
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestRefusesTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.list")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(MaxSize+1), f.Close()); err != nil {
		t.Skipf("SKIP: no sparse files here: %v", err)
	}
	if _, err := Open(context.Background(), path, "exact", nil, 0); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestEndpointKeyDoesNotBuild(t *testing.T) {
	k := newKey(t)
	if _, err := Create(filepath.Join(t.TempDir(), "x"), k.Endpoint(), Header{Kind: "exact", Name: "crm"}); err == nil {
		t.Error("a list was begun")
	}
	for _, key := range []*Key{k, k.Endpoint()} {
		text, err := key.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseKey(text)
		if err != nil || again.ID() != k.ID() || again.CanSign() != key.CanSign() {
			t.Errorf("read back: %v", err)
		}
	}
	for _, text := range []string{"", "-----BEGIN X-----\nAAAA\n-----END X-----\n"} {
		if _, err := ParseKey([]byte(text)); !errors.Is(err, ErrKey) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNothingLeftBehind(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(filepath.Join(dir, "crm.list"), newKey(t), Header{Kind: "exact", Name: "crm"})
	if err != nil {
		t.Fatal(err)
	}
	w.Section("one")
	w.Abort()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// FuzzOpen opens anything without crashing, and opens what was tampered with
// never: bytes that differ from the one file the key signed are refused.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	// The same key and file in every process, or fuzzing would end at the key.
	k, err := ParseKey(pem.EncodeToMemory(&pem.Block{Type: signingBlock, Bytes: bytes.Repeat([]byte{7}, 2*secretSize)}))
	if err != nil {
		f.Fatal(err)
	}
	write(f, filepath.Join(dir, "good.list"), k, 5)
	whole, err := os.ReadFile(filepath.Join(dir, "good.list"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[:100])
	f.Add(whole)
	f.Add(whole[len(whole)-300:])
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.list")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := Open(context.Background(), path, "exact", Ring{k}, 0)
		if err != nil {
			return
		}
		defer file.Close()
		for _, s := range []string{"one", "two"} {
			v := file.Section(s)
			if got := string(v.At(0, int(v.Size()), make([]byte, 20))); got != "section "+s {
				t.Errorf("opened with section %q", got)
			}
		}
	})
}
