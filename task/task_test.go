package task

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/signed"
)

const (
	id      = "0190aaaa-bbbb-7ccc-8ddd-000000000001"
	machine = "0190aaaa-bbbb-7ccc-8ddd-000000000002"
)

func check() *Task {
	now := time.Now().UTC().Truncate(time.Second)
	return &Task{ID: id, Machine: machine, Issued: now, Expires: now.Add(time.Hour), By: []string{"li"}, Reason: "季度抽查",
		Check: &Check{Order: id, Folders: []string{"/srv/share", `D:\Daten`, `\\files\sales`}, Files: 50, AtLeast: map[string]int{"cn-mobile": 100, People: 20}}}
}

func destruction() *Task {
	t := check()
	t.Check, t.Destruction = nil, &Destruction{Incident: id, Path: "/srv/share/a.txt", SHA256: strings.Repeat("ab", 32)}
	return t
}

func TestATaskIsOpenedByItsMachineAlone(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	stranger, _, _ := ed25519.GenerateKey(nil)
	for _, want := range []*Task{check(), destruction()} {
		e, err := want.Sign(private)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Open(e, machine, public); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := Open(e, id, public); !errors.Is(err, ErrOtherMachine) {
			t.Errorf("another machine: %v", err)
		}
		if _, err := Open(e, machine, stranger); !errors.Is(err, signed.ErrUnknownKey) {
			t.Errorf("a stranger's key: %v", err)
		}
		if _, err := Open(signed.Sign(private, "grant", e.Payload), machine, public); !errors.Is(err, signed.ErrForged) {
			t.Errorf("signed as a grant: %v", err)
		}
		if _, err := Open(signed.Sign(private, purpose, append(e.Payload, '{')), machine, public); err == nil {
			t.Error("something follows it")
		}
	}
}

func TestWhatTheConsoleDoesNotOrderIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(c, d *Task){
		"no id":             func(c, d *Task) { c.ID, d.ID = "", "" },
		"for ever":          func(c, d *Task) { c.Expires, d.Expires = c.Issued.Add(1000*time.Hour), d.Issued.Add(1000*time.Hour) },
		"over before begun": func(c, d *Task) { c.Expires, d.Expires = c.Issued, d.Issued },
		"nobody":            func(c, d *Task) { c.By, d.By = nil, nil },
		"both":              func(c, d *Task) { c.Destruction, d.Check = d.Destruction, c.Check },
		"neither":           func(c, d *Task) { c.Check, d.Destruction = nil, nil },
		"escapes":           func(c, d *Task) { c.Check.Folders, d.Destruction.Path = []string{"/a\x1b[2J"}, "/a\x1b[2J" },
		"not in full":       func(c, d *Task) { c.Check.Folders, d.Destruction.SHA256 = []string{"share"}, "ab" },
		"upwards": func(c, d *Task) {
			c.Check.Folders, d.Destruction.SHA256 = []string{"/srv/../etc"}, strings.Repeat("AB", 32)
		},
		"nothing":        func(c, d *Task) { c.Check.Files, d.Destruction.Path = 0, "" },
		"no bounds":      func(c, d *Task) { c.Check.AtLeast, d.Destruction.Incident = nil, "" },
		"none is enough": func(c, d *Task) { c.Check.AtLeast["email"], d.Destruction.Incident = 0, "x" },
	} {
		c, d := check(), destruction()
		spoil(c, d)
		if c.Validate() == nil || d.Validate() == nil {
			t.Errorf("%s: %v, %v", name, c.Validate(), d.Validate())
		}
	}
}

func TestResultsTravelInRecords(t *testing.T) {
	for code, r := range map[string]Result{
		CodeChecked:   {Task: id, About: machine, Seen: 900, Looked: 50, Found: 2, Unreadable: 1, Failed: 3, Cut: true},
		CodeDestroyed: {Task: id, About: machine, Where: "at-rest", Bytes: 1 << 40},
		CodeKept:      {Task: id, About: machine, Kept: KeptChanged},
	} {
		if got, err := ParseResult(code, r.Detail()); err != nil || got != r {
			t.Errorf("%s: %+v %v", code, got, err)
		}
		d := r.Detail()
		d["task"] = "../.."
		if _, err := ParseResult(code, d); err == nil {
			t.Errorf("%s: any id is taken", code)
		}
	}
	if _, err := ParseResult(CodeDestroyed, Result{Task: id, About: machine, Kept: KeptGone}.Detail()); err == nil {
		t.Error("destroyed and kept")
	}
	if _, err := ParseResult("other", nil); err == nil {
		t.Error("any record is a result")
	}
}

func FuzzOpen(f *testing.F) {
	public, private, _ := ed25519.GenerateKey(nil)
	for _, t := range []*Task{check(), destruction()} {
		raw, _ := json.Marshal(t)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := Open(signed.Sign(private, purpose, payload), machine, public)
		if err == nil && (got.Validate() != nil || got.Machine != machine) {
			t.Error("out of bounds")
		}
	})
}
