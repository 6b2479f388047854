package cases

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

func opened(t *testing.T, folder string, key Key) *Book {
	t.Helper()
	b, err := Open(folder, key, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestCasesOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Key{1})
	now := time.Now().UTC()
	c := made("a", now)
	c.Source = "/home/li/客户名单.csv"
	b.Add(1000, c)
	b.Add(1000, made("old", now.Add(-2*keepFor)))
	b.Add(1001, made("b", now))
	b.Note(1000, "a", Step{What: Requested, Text: "for the audit"})
	b.Close()
	b.Add(1000, made("late", now)) // kept by nobody, and no panic

	again := opened(t, dir, Key{1})
	got, ok := again.Find(1000, "a")
	if !ok || got.Source != c.Source || len(got.Steps) != 1 || got.Steps[0].Text != "for the audit" || !got.Notice.Time.Equal(now) {
		t.Fatalf("%v %+v", ok, got)
	}
	if _, ok := again.Find(1001, "b"); !ok {
		t.Error("somebody's case is gone")
	}
	if _, ok := again.Find(1001, "a"); ok {
		t.Error("a case went to somebody else")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "1000.cases"))
	if err != nil || bytes.Contains(raw, []byte("客户名单")) || bytes.Contains(raw, []byte("audit")) {
		t.Errorf("readable on disk (%v)", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "1000.cases")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// Without Close, as after kill -9: what was added is there within a moment.
func TestCasesOutliveACrash(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Key{1})
	b.Add(1000, made("a", time.Now()))
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "1000.cases")); err == nil {
			break
		}
		if time.Now().After(late) {
			t.Fatal("the case is not kept")
		}
	}
	// What a crash leaves half written is nobody's, and goes.
	half := filepath.Join(dir, "new-1")
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := opened(t, dir, Key{1})
	if _, err := os.Stat(half); !os.IsNotExist(err) || len(again.List(1000)) != 1 {
		t.Errorf("half a file is still there (%v)", err)
	}
}

func TestForeignAndDamagedCasesAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Key{1})
	b.Add(1000, made("a", time.Now()))
	b.Close()
	own, err := os.ReadFile(filepath.Join(dir, "1000.cases"))
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(own)
	damaged[len(damaged)/2] ^= 1
	for name, content := range map[string][]byte{"1001.cases": own, "1002.cases": damaged, "1003.cases": nil, "1004.cases": own[:20], "+5.cases": own} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := opened(t, dir, Key{1})
	if len(again.people) != 1 || len(again.List(1000)) != 1 {
		t.Errorf("%d people have cases", len(again.people))
	}
	if other := opened(t, dir, Key{2}); len(other.people) != 0 {
		t.Error("another key opens them")
	}
	again.Add(1002, made("new", time.Now()))
	again.Close()
	if last := opened(t, dir, Key{1}); len(last.List(1002)) != 1 {
		t.Error("a damaged file is not replaced")
	}
}

func TestManyCasesAtOnceAreKept(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, dir, Key{1})
	var all sync.WaitGroup
	for uid := range 20 {
		all.Go(func() {
			for n := range 60 {
				b.Add(uid, made(strconv.Itoa(n), time.Now()))
				b.Note(uid, strconv.Itoa(n), Step{What: Mistake})
			}
		})
	}
	all.Wait()
	b.Close()
	again := opened(t, dir, Key{1})
	for uid := range 20 {
		if list := again.List(uid); len(list) != 60 || len(list[0].Steps) != 1 || list[0].Notice.ID != "59" {
			t.Fatalf("%d of %d", len(list), uid)
		}
	}
}
