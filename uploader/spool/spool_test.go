package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

var machine = incident.Machine{ID: "m-1", Name: "pc-1", OS: "linux"}

// masked is how customer data appears in a record: masked, but still nothing
// that may lie readable on a disk.
const masked = "138****1234"

func newIncident(t testing.TB, severity incident.Severity, file string) incident.Incident {
	t.Helper()
	i, err := incident.New(incident.Activity, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	i.Severity, i.Machine = severity, machine
	i.Person = incident.Person{User: "li", UID: 1000}
	i.Channel = "removable-media"
	i.File = incident.File{Name: file, Size: 5000}
	i.Destination = incident.Destination{Path: "/media/stick", Serial: "S1"}
	i.Decision = incident.Decision{Action: "block", Rule: "no-lists", Reason: "class", PolicyVersion: "1", Outcome: incident.Prevented}
	i.Content = incident.Content{Status: "sensitive", People: 500, Classes: []incident.Class{{ID: "cn-mobile", Count: 500, Distinct: 500, Confidence: 1}},
		Matches: []incident.Match{{Class: "cn-mobile", Masked: masked, Location: "line 2", Confidence: 1}}}
	return i
}

func open(t testing.TB, dir string, limits Limits) *Spool {
	t.Helper()
	key, err := LoadKey(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(filepath.Join(dir, "spool"), key, machine, limits, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t testing.TB, s *Spool, list ...incident.Incident) {
	t.Helper()
	for _, i := range list {
		if err := s.Put(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
}

func peek(t testing.TB, s *Spool, n int) []incident.Incident {
	t.Helper()
	list, err := s.Peek(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func ids(list []incident.Incident) []string {
	out := make([]string, len(list))
	for n := range list {
		out[n] = list[n].ID
	}
	return out
}

// coded answers the one agent incident of this code.
func coded(t testing.TB, list []incident.Incident, code string) incident.Incident {
	t.Helper()
	var found []incident.Incident
	for _, i := range list {
		if i.Code == code {
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d incidents of code %s, want 1", len(found), code)
	}
	return found[0]
}

func TestHighestSeverityFirstThenOldestAcrossRestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	var list []incident.Incident
	for n, severity := range []incident.Severity{incident.Low, incident.High, incident.Critical, incident.Medium, incident.High} {
		list = append(list, newIncident(t, severity, strconv.Itoa(n)))
	}
	put(t, s, list...)
	want := fmt.Sprint(ids([]incident.Incident{list[2], list[1], list[4], list[3], list[0]}))
	if got := fmt.Sprint(ids(peek(t, s, 10))); got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	if got := ids(peek(t, s, 2)); len(got) != 2 || got[0] != list[2].ID {
		t.Errorf("peeking two answered %v", got)
	}
	s.Close()
	s = open(t, dir, Limits{})
	if got := fmt.Sprint(ids(peek(t, s, 10))); got != want {
		t.Errorf("after a restart: %s, want %s", got, want)
	}
	if got := peek(t, s, 1)[0]; got.Content.Matches[0].Masked != masked || !got.Time.Equal(list[2].Time) {
		t.Error("the record is not what was put")
	}
	if err := s.Ack(append(ids(list[1:]), "unknown")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, dir, Limits{})
	if got := ids(peek(t, s, 10)); len(got) != 1 || got[0] != list[0].ID {
		t.Errorf("after acknowledging all but one: %v", got)
	}
}

func TestDepth(t *testing.T) {
	s := open(t, t.TempDir(), Limits{})
	if d := s.Depth(); d != (Depth{}) {
		t.Errorf("empty: %+v", d)
	}
	first := newIncident(t, incident.Low, "a")
	put(t, s, first, newIncident(t, incident.Critical, "b"))
	d := s.Depth()
	if d.Records != 2 || d.Bytes < 1000 || d.Oldest.Sub(first.Time).Abs() > time.Second {
		t.Errorf("%+v, first put %s", d, first.Time)
	}
	if err := s.Ack(ids(peek(t, s, 2))); err != nil {
		t.Fatal(err)
	}
	if d := s.Depth(); d != (Depth{}) {
		t.Errorf("emptied: %+v", d)
	}
}

func TestSameIDIsKeptOnce(t *testing.T) {
	s := open(t, t.TempDir(), Limits{})
	i := newIncident(t, incident.High, "a")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := s.Put(context.Background(), i); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if list := peek(t, s, 50); len(list) != 1 || list[0].Count != 1 {
		t.Errorf("%d records, want one counted once", len(list))
	}
}

func TestPutRefusesWhatTheConsoleWould(t *testing.T) {
	s := open(t, t.TempDir(), Limits{})
	i := newIncident(t, incident.High, strings.Repeat("x", incident.MaxText+1))
	if err := s.Put(t.Context(), i); err == nil || !strings.Contains(err.Error(), "file.name") || strings.Contains(err.Error(), "xxx") {
		t.Errorf("got %v, want an error that names the field and not its value", err)
	}
	big := newIncident(t, incident.High, "big")
	for range incident.MaxMatches {
		big.Content.Matches = append(big.Content.Matches[:0:0], big.Content.Matches...)
	}
	big.Detail = map[string]string{}
	for n := range 100 {
		big.Detail[strconv.Itoa(n)] = strings.Repeat("y", incident.MaxText)
	}
	if err := s.Put(t.Context(), big); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("an oversized record answered %v", err)
	}
	if d := s.Depth(); d.Records != 0 {
		t.Errorf("%d records kept", d.Records)
	}
}

func TestNothingReadableOnDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	put(t, s, newIncident(t, incident.High, "customers.csv"))
	peek(t, s, 1)
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 && path != dir {
			t.Errorf("%s is open to others: %v", d.Name(), info.Mode())
		}
		if d.IsDir() {
			return nil
		}
		files++
		data, err := os.ReadFile(path)
		for _, plain := range []string{masked, "customers", "incident", "pc-1", `"id"`} {
			if bytes.Contains(data, []byte(plain)) {
				t.Errorf("%s holds %q readably", d.Name(), plain)
			}
		}
		return err
	})
	if err != nil || files < 3 {
		t.Fatalf("looked at %d files: %v", files, err)
	}
}

func TestAnotherProcessIsKeptOut(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	key, err := LoadKey(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	again := func() error {
		o, err := Open(filepath.Join(dir, "spool"), key, machine, Limits{}, slog.New(slog.DiscardHandler))
		if err == nil {
			o.Close()
		}
		return err
	}
	if err := again(); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	s.Close()
	if err := again(); err != nil {
		t.Errorf("after closing: %v", err)
	}
	if err := s.Put(t.Context(), newIncident(t, incident.Low, "a")); !errors.Is(err, ErrClosed) {
		t.Errorf("put after close: %v", err)
	}
	if _, err := s.Peek(t.Context(), 1); !errors.Is(err, ErrClosed) {
		t.Errorf("peek after close: %v", err)
	}
}

func TestWait(t *testing.T) {
	s := open(t, t.TempDir(), Limits{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("empty: %v", err)
	}
	woken := make(chan error, 1)
	go func() { woken <- s.Wait(t.Context()) }()
	put(t, s, newIncident(t, incident.Low, "a"))
	select {
	case err := <-woken:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("a waiter was not woken")
	}
	if err := s.Ack(ids(peek(t, s, 1))); err != nil {
		t.Fatal(err)
	}
	go func() { woken <- s.Wait(t.Context()) }()
	time.Sleep(10 * time.Millisecond)
	s.Close()
	if err := <-woken; !errors.Is(err, ErrClosed) {
		t.Errorf("closed while waiting: %v", err)
	}
}

func TestPutGivesUpWithItsContext(t *testing.T) {
	s := open(t, t.TempDir(), Limits{})
	s.turn <- struct{}{} // somebody is busy
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, newIncident(t, incident.Low, "a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	<-s.turn
	put(t, s, newIncident(t, incident.Low, "b"))
	if list := peek(t, s, 5); len(list) != 1 || list[0].File.Name != "b" {
		t.Errorf("%d records: what was given up was kept", len(list))
	}
}

func TestSetAsideIsKeptAndReported(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{})
	a, b := newIncident(t, incident.High, "a"), newIncident(t, incident.Low, "b")
	put(t, s, a, b)
	if err := s.SetAside([]string{a.ID}, "invalid"); err != nil {
		t.Fatal(err)
	}
	list := peek(t, s, 10)
	if len(list) != 2 {
		t.Fatalf("%d wait, want the other one and the report", len(list))
	}
	report := coded(t, list, CodeRefused)
	if report.Detail["records"] != "1" || report.Detail["reason"] != "invalid" || report.Validate() != nil {
		t.Errorf("%+v", report)
	}
	kept, err := os.ReadDir(filepath.Join(dir, "spool", refusedFolder))
	if err != nil || len(kept) != 1 || !strings.Contains(kept[0].Name(), a.ID) {
		t.Errorf("kept %v, %v", kept, err)
	}
	// The report itself refused: no report about the report.
	if err := s.SetAside([]string{report.ID}, "invalid"); err != nil {
		t.Fatal(err)
	}
	if list := peek(t, s, 10); len(list) != 1 || list[0].ID != b.ID {
		t.Errorf("%d wait, want the other one alone", len(list))
	}
}
