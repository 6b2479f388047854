package spool

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/trustline/trustline/uploader/incident"
)

func flip(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 1
	return data
}

// hurts are ways a record's file can go bad.
func hurts() map[string]func(data, other []byte) []byte {
	return map[string]func(data, other []byte) []byte{
		"empty":                  func([]byte, []byte) []byte { return nil },
		"cut short":              func(d, _ []byte) []byte { return d[:len(d)-1] },
		"zeroed":                 func(d, _ []byte) []byte { return make([]byte, len(d)) },
		"grown":                  func(d, _ []byte) []byte { return append(bytes.Clone(d), 0) },
		"far too big":            func(d, _ []byte) []byte { return append(bytes.Clone(d), make([]byte, maxSealed)...) },
		"bit in the magic":       func(d, _ []byte) []byte { return flip(d, 3) },
		"bit in the nonce":       func(d, _ []byte) []byte { return flip(d, len(magic)+2) },
		"bit in the text":        func(d, _ []byte) []byte { return flip(d, len(magic)+40) },
		"bit in the tag":         func(d, _ []byte) []byte { return flip(d, len(d)-1) },
		"another's in its place": func(_, other []byte) []byte { return other },
	}
}

func TestDamagedRecordCostsOnlyItself(t *testing.T) {
	for name, hurt := range hurts() {
		for _, when := range []string{"before opening", "while open"} {
			t.Run(name+" "+when, func(t *testing.T) {
				dir := t.TempDir()
				s := open(t, dir, Limits{})
				a, b, c := newIncident(t, incident.High, "a"), newIncident(t, incident.High, "b"), newIncident(t, incident.High, "c")
				put(t, s, a, b, c)
				if when == "before opening" {
					s.Close()
				}
				at := func(i incident.Incident) string { return filepath.Join(dir, "spool", "2-"+i.ID) }
				data, err := os.ReadFile(at(b))
				if err != nil {
					t.Fatal(err)
				}
				other, err := os.ReadFile(at(a))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at(b), hurt(data, other), 0o600); err != nil {
					t.Fatal(err)
				}
				if when == "before opening" {
					s = open(t, dir, Limits{})
				}
				got := ids(peek(t, s, 10))
				list := peek(t, s, 10) // the report stands behind what was there
				if strings.Contains(strings.Join(got, " "), b.ID) || len(list) != 3 || list[0].ID != a.ID || list[1].ID != c.ID {
					t.Errorf("got %v", ids(list))
				}
				if r := coded(t, list, CodeDamaged); r.Detail["records"] != "1" || r.Machine != machine || r.Validate() != nil {
					t.Errorf("report %+v", r)
				}
				aside, err := os.ReadDir(filepath.Join(dir, "spool", damagedFolder))
				if err != nil || len(aside) != 1 || !strings.Contains(aside[0].Name(), b.ID) {
					t.Errorf("aside %v, %v", aside, err)
				}
			})
		}
	}
}

func TestRemovedRecordIsReported(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	a, b := newIncident(t, incident.High, "a"), newIncident(t, incident.High, "b")
	put(t, s, a, b)
	if err := os.Remove(filepath.Join(dir, "spool", "2-"+a.ID)); err != nil {
		t.Fatal(err)
	}
	if first := peek(t, s, 10); len(first) != 1 || first[0].ID != b.ID {
		t.Errorf("%v", ids(first))
	}
	coded(t, peek(t, s, 10), CodeDamaged)
}

func TestForeignFilesAreMovedAside(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	a := newIncident(t, incident.High, "a")
	put(t, s, a)
	s.Close()
	folder := filepath.Join(dir, "spool")
	data, err := os.ReadFile(filepath.Join(folder, "2-"+a.ID))
	if err != nil {
		t.Fatal(err)
	}
	// A copy that claims another severity, a stranger, and a half-written one.
	for _, name := range []string{"3-" + a.ID, "notes.txt", "9-" + a.ID, temporary + "123"} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir, Limits{})
	list := peek(t, s, 10)
	if len(list) != 2 || coded(t, list, CodeDamaged).Detail["records"] != "3" {
		t.Errorf("%d records", len(list))
	}
	if left, _ := filepath.Glob(filepath.Join(folder, temporary+"*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "spool.key")
	k, err := LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := LoadKey(path); err != nil || again != k {
		t.Errorf("a second load answers another key: %v", err)
	}
	if other, err := LoadKey(path + "2"); err != nil || other == k || other == (Key{}) {
		t.Errorf("two keys are equal or empty: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, k[:31], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a short key: %v", err)
	}
}

func TestLostKeyCostsRecordsButNotTheSpool(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	put(t, s, newIncident(t, incident.High, "a"), newIncident(t, incident.High, "b"))
	s.Close()
	if err := os.Remove(filepath.Join(dir, "key")); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, Limits{})
	put(t, s, newIncident(t, incident.High, "c"))
	if list := peek(t, s, 10); len(list) != 2 || coded(t, list, CodeDamaged).Detail["records"] != "2" {
		t.Errorf("%d records", len(list))
	}
}

func TestAsideIsBounded(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	for n := range maxAside + 5 {
		if err := os.WriteFile(filepath.Join(dir, "spool", damagedFolder, "2-"+strconv.Itoa(1000+n)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i := newIncident(t, incident.High, "a")
	put(t, s, i)
	if err := os.Truncate(filepath.Join(dir, "spool", "2-"+i.ID), 0); err != nil {
		t.Fatal(err)
	}
	peek(t, s, 1)
	if files, err := os.ReadDir(filepath.Join(dir, "spool", damagedFolder)); err != nil || len(files) != maxAside {
		t.Errorf("%d files aside, %v", len(files), err)
	}
}

func FuzzUnseal(f *testing.F) {
	key := Key{1}
	aead, err := key.aead()
	if err != nil {
		f.Fatal(err)
	}
	i := newIncident(f, incident.High, "a")
	sealed, err := seal(aead, &i)
	if err != nil {
		f.Fatal(err)
	}
	plain, err := json.Marshal(i)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(i.ID, sealed, plain)
	f.Add(i.ID, sealed[:len(sealed)-1], plain[:len(plain)-1])
	f.Add("", []byte(magic), []byte("{}"))
	f.Add(i.ID, bytes.Repeat([]byte{0}, maxSealed+1), []byte(`{"count":-1}`))
	f.Fuzz(func(t *testing.T, id string, data, text []byte) {
		if got, err := unseal(aead, id, data); err == nil {
			if got.ID != id || !bytes.Equal(data, sealed) {
				t.Error("a record that was never sealed was read")
			}
		} else if !errors.Is(err, errDamaged) {
			t.Errorf("not called damaged: %v", err)
		}
		got, err := decode(id, text)
		if err != nil {
			return
		}
		if got.Validate() != nil || got.ID != id {
			t.Error("an invalid record was read")
		}
		// What is read can be kept again and reads the same, unless it is too big.
		again, err := seal(aead, &got)
		if err != nil {
			return
		}
		if back, err := unseal(aead, id, again); err != nil || back.ID != got.ID || back.Count != got.Count {
			t.Errorf("read, sealed, read again: %v", err)
		}
	})
}

func FuzzRecordName(f *testing.F) {
	f.Add("2-0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee")
	f.Add("3-0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee.offered")
	f.Add("-")
	f.Add("../../etc/passwd")
	f.Fuzz(func(t *testing.T, name string) {
		if e, ok := parseName(name); ok && e.name() != name {
			t.Errorf("%q is read as %q", name, e.name())
		}
	})
}

func TestOpenNamesTheFolderItCannotUse(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "spool"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "spool"), Key{}, machine, Limits{}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

func TestInspectWhileOpen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	a, b := newIncident(t, incident.High, "a"), newIncident(t, incident.Low, "b")
	put(t, s, a, b, newIncident(t, incident.Low, "c"))
	if err := s.SetAside([]string{b.ID}, "invalid"); err != nil { // and its report
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "spool", damagedFolder, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Inspect(filepath.Join(dir, "spool"))
	if d := s.Depth(); err != nil || c.Waiting != d.Records || c.Bytes != d.Bytes || !c.Oldest.Equal(d.Oldest) || c.Waiting != 3 || c.Refused != 1 || c.Damaged != 1 {
		t.Errorf("%+v, %v, the spool says %+v", c, err, d)
	}
	if _, err := Inspect(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no spool: %v", err)
	}
}
