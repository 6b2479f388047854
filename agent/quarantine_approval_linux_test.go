package agent

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// What was taken out of a cloud drive is given back when its owner is approved
// to have it there, and stays; another copy of it is taken again.
func TestAnApprovedFileIsGivenBack(t *testing.T) {
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
	if err := synthetic.CSV(&list, synthetic.New(4).People(30), "zh"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(drive, "list.csv")
	next := func() (got incident.Incident) {
		t.Helper()
		select {
		case got = <-records:
		case <-time.After(time.Minute):
			t.Fatal("nothing was recorded")
		}
		return got
	}
	watches(t, drive)
	if err := os.WriteFile(path, list.Bytes(), 0o640); err != nil {
		t.Fatal(err)
	}
	taken := next()
	if taken.Decision.Outcome != incident.Undone {
		t.Fatalf("%+v", taken.Decision)
	}
	a.giveBack(t.Context())
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("given back without an approval")
	}

	kase, ok := a.judge.Cases.Find(os.Getuid(), taken.ID)
	for end := time.Now().Add(30 * time.Second); !ok && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		kase, ok = a.judge.Cases.Find(os.Getuid(), taken.ID) // kept once it is recorded
	}
	if !ok {
		t.Fatal("its owner has no case to ask about")
	}
	r, _, err := a.desk.fill(t.Context(), os.Getuid(), kase, grant.Wish{Purpose: "other", Text: "audit", Days: 1, Uses: 1, Pledge: true, Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.desk.permit(*r.Grant("", "-", time.Now()), time.Hour); err != nil {
		t.Fatal(err)
	}
	a.giveBack(t.Context())
	if back, err := os.ReadFile(path); err != nil || !bytes.Equal(back, list.Bytes()) {
		t.Fatalf("not given back: %v", err)
	}
	if _, err := os.Lstat(path + ".trustline.txt"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the note is still there")
	}
	used := next()
	if used.Decision.Grant == "" || used.Decision.Action != "allow" {
		t.Errorf("recorded: %+v", used.Decision)
	}
	time.Sleep(2 * time.Second)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("it was taken again: %v", err)
	}
	if err := os.WriteFile(filepath.Join(drive, "second.csv"), list.Bytes(), 0o640); err != nil {
		t.Fatal(err)
	}
	if again := next(); again.Decision.Outcome != incident.Undone {
		t.Errorf("a second copy: %+v", again.Decision)
	}
}
