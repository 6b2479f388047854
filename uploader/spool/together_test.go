package spool

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/trustline/trustline/uploader/incident"
)

func several(t testing.TB, n int, severity incident.Severity) (list []incident.Incident) {
	for k := range n {
		list = append(list, newIncident(t, severity, strconv.Itoa(k)))
	}
	return list
}

func TestSeveralAreKeptAllOrNone(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string, list []incident.Incident){
		"the last cannot be named": func(t *testing.T, dir string, list []incident.Incident) {
			e := entry{id: list[2].ID, rank: rank(list[2].Severity)}
			if err := os.MkdirAll(filepath.Join(dir, "spool", e.name(), "x"), 0o700); err != nil {
				t.Fatal(err)
			}
		},
		"the last is too large": func(_ *testing.T, _ string, list []incident.Incident) {
			for range 200 {
				list[2].Content.Matches = append(list[2].Content.Matches, incident.Match{Class: "x", Masked: strings.Repeat("x", incident.MaxText), Location: strings.Repeat("y", incident.MaxText)})
			}
		},
		"the last is none":    func(_ *testing.T, _ string, list []incident.Incident) { list[2].ID = "" },
		"one stands in twice": func(_ *testing.T, _ string, list []incident.Incident) { list[2] = list[0] },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, Limits{})
			list := several(t, 3, incident.High)
			spoil(t, dir, list)
			alone := newIncident(t, incident.High, "alone")
			var all sync.WaitGroup
			all.Go(func() {
				if err := s.Put(t.Context(), alone); err != nil {
					t.Error(err)
				}
			})
			if err := s.Put(t.Context(), list...); err == nil {
				t.Error("what is not all kept counts as kept")
			}
			all.Wait()
			if left, _ := filepath.Glob(filepath.Join(dir, "spool", temporary+"*")); len(left) > 0 {
				t.Errorf("left %d half-written files", len(left))
			}
			if got := ids(peek(t, s, 9)); len(got) != 1 || got[0] != alone.ID {
				t.Errorf("%d are kept, want the one put by itself", len(got))
			}
			s.Close()
			for _, i := range peek(t, open(t, dir, Limits{}), 9) {
				if i.Kind == incident.Activity && i.ID != alone.ID {
					t.Error("one is there again after a restart")
				}
			}
		})
	}
}

func TestSeveralAreKept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	list := several(t, 5, incident.High)
	put(t, s, list[0])
	for range 2 { // again is once
		if err := s.Put(t.Context(), list...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put(t.Context()); err != nil {
		t.Error(err)
	}
	s.Close()
	if got := peek(t, open(t, dir, Limits{}), 9); len(got) != 5 {
		t.Errorf("%d are kept, want 5", len(got))
	}
}

// One that is counted into another cannot be taken back, and one that is only
// counted is not there.
func TestSeveralAreNotCountedIntoOthers(t *testing.T) {
	s := open(t, t.TempDir(), Limits{Records: 40})
	alike := func() incident.Incident { return newIncident(t, incident.Low, "x") }
	for s.Depth().Records < 20 {
		put(t, s, alike())
	}
	var err error
	pairs := 0
	for ; err == nil && pairs < 40; pairs++ {
		before := s.Depth().Records
		if err = s.Put(t.Context(), alike(), alike()); err == nil && s.Depth().Records != before+2 {
			t.Fatalf("of two %d are records of their own", s.Depth().Records-before)
		}
	}
	if !errors.Is(err, ErrFull) || pairs < 8 {
		t.Errorf("after %d pairs: %v", pairs, err)
	}
	if n := s.Depth().Records; n > 40 {
		t.Errorf("%d records, more than there may be", n)
	}
	for _, i := range drain(t, s) {
		if i.Kind == incident.Activity && i.Count > 1 {
			t.Errorf("one stands for %d", i.Count)
		}
	}
}

// Whoever stops waiting does not know; none or all are there.
func TestSeveralAtOnceAreKeptAllOrNone(t *testing.T) {
	s := open(t, t.TempDir(), Limits{})
	var all sync.WaitGroup
	var lists [][]incident.Incident
	for n := range 60 {
		list := several(t, 2+n%3, incident.High)
		lists = append(lists, list)
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if n%2 == 0 {
				go cancel()
			}
			_ = s.Put(ctx, list...) // some are not kept
		})
	}
	all.Wait()
	kept := map[string]bool{}
	for _, i := range drain(t, s) {
		kept[i.ID] = true
	}
	for n, list := range lists {
		for _, i := range list {
			if kept[i.ID] != kept[list[0].ID] {
				t.Errorf("of %d only some are kept", n)
			}
		}
		if n%2 == 1 && !kept[list[0].ID] {
			t.Errorf("%d are not kept", n)
		}
	}
}
