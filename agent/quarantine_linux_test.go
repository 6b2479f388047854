package agent

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

const driveRule = `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: not-in-the-cloud
    title: {en: Customer lists do not go to cloud drives, zh: 客户名单不得放入网盘}
    when: {class: list, channel: sync-folder}
    action: quarantine
`

// A customer list in a cloud drive's folder is taken away again, a harmless
// file stays; the record says "undone", and the list can be given back.
func TestListInACloudDrive(t *testing.T) {
	dir := t.TempDir()
	drive := filepath.Join(dir, "drive")
	policy := filepath.Join(dir, "policy.yaml")
	for _, err := range []error{os.Mkdir(drive, 0o755), os.WriteFile(policy, []byte(driveRule), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := DefaultConfig()
	c.State, c.Socket, c.Policy, c.Watch = filepath.Join(dir, "state"), filepath.Join(dir, "socket"), policy, []string{drive}
	a, records, end := running(t, c)
	defer end()
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(3).People(50), "zh"); err != nil {
		t.Fatal(err)
	}
	path, harmless := filepath.Join(drive, "名单.csv"), filepath.Join(drive, "plan.txt")
	var got incident.Incident
	watches(t, drive)
	for end := time.Now().Add(60 * time.Second); got.ID == ""; {
		if err := errors.Join(os.WriteFile(harmless, []byte("a plan"), 0o644), os.WriteFile(path, list.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
		select {
		case got = <-records:
		case <-time.After(30 * time.Second):
		}
		if time.Now().After(end) {
			t.Fatal("the list was not found")
		}
	}
	if got.Decision.Outcome != incident.Undone || got.Decision.Action != "quarantine" || got.Channel != "sync-folder" {
		t.Errorf("recorded: %+v", got.Decision)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the list is still there: %v", err)
	}
	note, err := os.ReadFile(path + ".trustline.txt")
	if err != nil || !strings.Contains(string(note), got.ID) || !strings.Contains(string(note), "客户名单不得放入网盘") || !strings.Contains(string(note), "Customer lists do not go") {
		t.Errorf("the note says %q (%v)", note, err)
	}
	if _, err := os.Stat(harmless); err != nil {
		t.Error(err)
	}
	kept, err := a.custody.store.List()
	if err != nil || len(kept) != 1 || kept[0].Incident != got.ID {
		t.Fatalf("kept: %+v, %v", kept, err)
	}
	back := filepath.Join(dir, "back.csv")
	if _, err := a.custody.store.Restore(kept[0].ID, back); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(back); err != nil || !bytes.Equal(data, list.Bytes()) {
		t.Errorf("given back %d bytes, %v", len(data), err)
	}
}

// What a run has taken and could not record any more, the next one records.
func TestTakenAndNotRecorded(t *testing.T) {
	dir := t.TempDir()
	drive, policy := filepath.Join(dir, "drive"), filepath.Join(dir, "policy.yaml")
	var list bytes.Buffer
	for _, err := range []error{os.Mkdir(drive, 0o755), os.WriteFile(policy, []byte(driveRule), 0o600), synthetic.CSV(&list, synthetic.New(3).People(50), "zh")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := DefaultConfig()
	c.State, c.Socket, c.Policy, c.Watch = filepath.Join(dir, "state"), filepath.Join(dir, "socket"), policy, []string{drive}
	a, _, end := running(t, c)
	tried := make(chan incident.Incident, 10)
	a.judge.Record = func(_ context.Context, all ...incident.Incident) error {
		tried <- all[0]
		return errors.New("it is killed")
	}
	var got incident.Incident
	watches(t, drive)
	for until := time.Now().Add(60 * time.Second); got.Kind != incident.Activity && time.Now().Before(until); {
		if err := os.WriteFile(filepath.Join(drive, "names.csv"), list.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		select {
		case got = <-tried:
		case <-time.After(30 * time.Second):
		}
	}
	end()
	next, err := New(c, "test", nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer next.close()
	waiting, err := next.spool.Peek(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, i := range waiting {
		if i.ID == got.ID && i.Decision.Outcome == incident.Undone && i.File.SHA256 == got.File.SHA256 && i.Content.People == got.Content.People {
			n++
		}
	}
	if n != 1 || got.ID == "" {
		t.Errorf("%d of %d incidents are that of the file in quarantine (%q)", n, len(waiting), got.ID)
	}
}

// running runs a whole service, and answers what people do as it is recorded;
// end stops it.
func running(t *testing.T, c Config) (a *Agent, records chan incident.Incident, end func()) {
	t.Helper()
	a, err := New(c, "test", nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	records = make(chan incident.Incident, 10)
	a.judge.Record = func(_ context.Context, all ...incident.Incident) error {
		for _, i := range all {
			if i.Kind == incident.Activity {
				records <- i
			}
		}
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, nobody{}) }()
	return a, records, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
