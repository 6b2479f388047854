package agent

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// handed is content as a helper hands it over.
type handed struct {
	io.Reader
	why string
}

func (h handed) Incomplete() string { return h.why }

// clipFile has content judged and ends it as the helper would.
func (d *trial) clipFile(t *testing.T, path string, content []byte, why string) control.Verdict {
	t.Helper()
	v, err := d.ClipFile(t.Context(), control.Caller{UID: 4711}, control.ClipFile{Path: path, Program: "/usr/bin/nautilus", Content: handed{bytes.NewReader(content), why}})
	if err != nil {
		t.Fatal(err)
	}
	if v.Done != nil {
		v.Done(v.Clear)
	}
	return v
}

func TestCopiedFileIsJudgedByItsContent(t *testing.T) {
	people := synthetic.New(3).People(20)
	text := list(t, people)
	for _, c := range []struct {
		mode, action string
		clear        bool
		is           string
		outcome      incident.Outcome
	}{
		{"enforce", "block", true, "block", incident.Undone},
		{"enforce", "justify", true, "justify", incident.Undone},
		{"enforce", "warn", false, "warn", incident.Reported},
		{"enforce", "report", false, "report", incident.Reported},
		{"report-only", "block", false, "report", incident.Reported},
	} {
		d := newTrial(t)
		d.Cases = &cases.Book{}
		d.strict(t, c.mode, c.action)
		if v := d.clipFile(t, "/home/a/客户 "+people[0].Mobile+"/list.csv", text, ""); v.Clear != c.clear || v.Action != c.is || len(d.records) != 1 {
			t.Fatalf("%+v: verdict %+v, %d records", c, v, len(d.records))
		}
		i := d.records[0]
		if i.Decision.Outcome != c.outcome || i.Channel != "clipboard" || i.Operation != "copy-file" || i.File.Name != "list.csv" ||
			i.File.Size != int64(len(text)) || i.Content.People != 20 || i.Person.UID != 4711 || i.Program.Path != "/usr/bin/nautilus" {
			t.Errorf("%+v: recorded %+v", c, i)
		}
		if !strings.HasSuffix(i.File.Source, "/list.csv") || strings.Contains(i.File.Source, people[0].Mobile) {
			t.Errorf("%+v: it lies at %q", c, i.File.Source)
		}
		if own := d.Cases.List(4711); c.clear && (len(own) != 1 || own[0].Source != "" || len(own[0].SHA256) != 64 || own[0].Notice.File != "list.csv") {
			t.Errorf("%+v: cases %+v", c, own)
		}
	}
}

func TestCopiedFilesByDefault(t *testing.T) {
	g := synthetic.New(4)
	people := list(t, g.People(20))
	var locked bytes.Buffer
	z := zip.NewWriter(&locked)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "list.csv", Flags: 1, CompressedSize64: 20, UncompressedSize64: 8})
	if err == nil {
		_, err = w.Write(make([]byte, 20))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, path string
		content    []byte
		why        string
		rule       string // of the record, "" for none
		reason     string
	}{
		{"nothing to mind", "/home/a/plan.txt", []byte("see you at nine"), "", "", ""},
		{"nothing at all", "/home/a/empty", nil, "", "", ""},
		{"a customer", "/home/a/one.csv", list(t, g.People(1)), "", "", ""},
		{"a list", "/home/a/list.bin", people, "", "report-customer-lists-on-the-clipboard", ""},
		{"the beginning of a list", "/home/a/list.csv", people, "too-large", "report-customer-lists-on-the-clipboard", "too-large"},
		{"what nobody looked at", "a, b, c", nil, "timed-out", "default", "timed-out"},
		{"a reason of another version", "/home/a/b", []byte("x"), "odd", "default", "corrupt"},
		{"a password", "/home/a/b.zip", locked.Bytes(), "", "default", "encrypted"},
		{"a name of other systems", `C:\Users\a\..\..\list` + "\x00\n" + strings.Repeat("x", 4000), people, "", "report-customer-lists-on-the-clipboard", ""},
		{"no name", "", people, "", "report-customer-lists-on-the-clipboard", ""},
		{"a folder's name", "/", people, "", "report-customer-lists-on-the-clipboard", ""},
	} {
		d := newTrial(t)
		if v := d.clipFile(t, c.path, c.content, c.why); v.Clear {
			t.Errorf("%s: %+v", c.what, v)
		}
		switch {
		case c.rule == "" && len(d.records) > 0:
			t.Errorf("%s: recorded by %s", c.what, d.records[0].Decision.Rule)
		case c.rule != "" && (len(d.records) != 1 || d.records[0].Decision.Rule != c.rule || d.records[0].Content.Reason != c.reason):
			t.Errorf("%s: records %+v, want one by %s", c.what, d.records, c.rule)
		}
		if left, err := os.ReadDir(d.Scratch); err != nil || len(left) > 0 {
			t.Errorf("%s: %d files are left behind, %v", c.what, len(left), err)
		}
	}
}

// What the helper says where a file lies is for people to read: whatever lies
// there is not what is judged.
func TestNothingIsOpenedThatTheHelperNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("made of files that one person may not read")
	}
	d := newTrial(t)
	d.strict(t, "enforce", "block")
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, list(t, synthetic.New(6).People(50)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{secret, "/dev/zero", "/proc/self/mem", "/proc/kmsg"} {
		if v := d.clipFile(t, path, []byte("harmless"), ""); v.Clear || len(d.records) != 0 {
			t.Errorf("%s: %+v, %d records", path, v, len(d.records))
		}
	}
	// Nor later on, when the person asks about it.
	d.Cases = &cases.Book{}
	d.clipFile(t, secret, list(t, synthetic.New(7).People(20)), "")
	if own := d.Cases.List(4711); len(own) != 1 || own[0].Source != "" || own[0].Said != secret || own[0].People != 20 {
		t.Errorf("cases %+v", own)
	}
}

// What is cut off in the midst of it is no file.
func TestFileThatBreaksOffIsNotJudged(t *testing.T) {
	d := newTrial(t)
	d.strict(t, "enforce", "block")
	broken := io.MultiReader(bytes.NewReader(list(t, synthetic.New(8).People(50))), iotestErr{})
	if _, err := d.ClipFile(t.Context(), control.Caller{UID: 1}, control.ClipFile{Path: "/a", Content: handed{broken, ""}}); err == nil || len(d.records) > 0 {
		t.Errorf("answered %v, %d records", err, len(d.records))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := d.ClipFile(ctx, control.Caller{UID: 1}, control.ClipFile{Path: "/a", Content: handed{bytes.NewReader(list(t, synthetic.New(8).People(50))), ""}})
	if err != nil || v.Done == nil {
		t.Fatalf("without time: %+v, %v", v, err)
	}
	if v.Done(v.Clear); len(d.records) != 1 || d.records[0].Content.Reason != string(rules.TimedOut) {
		t.Errorf("without time: %+v", d.records)
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// Twenty files of nineteen people each are one list, as on a stick.
func TestManySmallCopiedFilesAddUp(t *testing.T) {
	d := newTrial(t)
	p, err := rules.ParsePolicy("policy.yaml", []byte(`version: "1"
classes: [{id: some, any: [{records: {at-least: 2}}]}]
rules:
  - {id: total, title: t, when: {class: some, channel: clipboard, operation: copy-file, rolling: {people: 100, within: 24h}}, action: block}
`))
	if err != nil {
		t.Fatal(err)
	}
	d.Policy = func() *rules.Policy { return p }
	g := synthetic.New(9)
	var stopped []int
	for n := range 8 {
		if d.clipFile(t, "/home/a/part.csv", list(t, g.People(19)), "").Clear {
			stopped = append(stopped, n)
		}
	}
	if !slices.Equal(stopped, []int{5, 6, 7}) {
		t.Errorf("stopped were %v", stopped)
	}
	if string(activity.CopyFile) != d.records[0].Operation {
		t.Errorf("recorded %+v", d.records[0])
	}
}
