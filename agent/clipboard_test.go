package agent

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// strict has the judge decide by a policy that stops lists on the clipboard.
func (d *trial) strict(t *testing.T, mode, action string) {
	t.Helper()
	p, err := rules.ParsePolicy("policy.yaml", fmt.Appendf(nil, `version: "1"
mode: %s
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - {id: no-lists, title: t, when: {class: list, channel: clipboard}, action: %s}
`, mode, action))
	if err != nil {
		t.Fatal(err)
	}
	d.Policy = func() *rules.Policy { return p }
}

func TestCopyIsRecordedAsItEnded(t *testing.T) {
	text := string(list(t, synthetic.New(3).People(20)))
	for _, c := range []struct {
		mode, action string
		clear        bool
		cleared      bool
		is           string
		outcome      incident.Outcome
	}{
		{"enforce", "block", true, true, "block", incident.Undone},
		{"enforce", "block", true, false, "block", incident.Reported},
		{"enforce", "quarantine", true, true, "quarantine", incident.Undone},
		{"enforce", "warn", false, false, "warn", incident.Reported},
		{"report-only", "block", false, false, "report", incident.Reported},
	} {
		d := newTrial(t)
		d.strict(t, c.mode, c.action)
		ctx, cancel := context.WithCancel(t.Context())
		v, err := d.Clip(ctx, control.Caller{UID: 4711}, control.Clip{Text: text, Program: "/usr/bin/x"})
		if err != nil || v.Clear != c.clear || v.Action != c.is || v.Done == nil || v.Incident == "" {
			t.Fatalf("%+v: verdict %+v, %v", c, v, err)
		}
		if len(d.records) != 0 {
			t.Errorf("%+v: recorded before it had ended", c)
		}
		cancel() // as the service does once it has answered
		v.Done(c.cleared)
		if len(d.records) != 1 {
			t.Fatalf("%+v: %d records", c, len(d.records))
		}
		i := d.records[0]
		if i.ID != v.Incident || i.Decision.Outcome != c.outcome || i.Person.UID != 4711 || i.Program.Path != "/usr/bin/x" ||
			i.Channel != "clipboard" || i.Operation != "copy" || i.File.Size != int64(len(text)) || i.Content.People != 20 {
			t.Errorf("%+v: recorded %+v", c, i)
		}
	}
}

func TestCopyByDefault(t *testing.T) {
	d := newTrial(t)
	g := synthetic.New(4)
	for _, c := range []struct {
		what string
		clip control.Clip
		want string // rule of the record, "" for none
	}{
		{"nothing to mind", control.Clip{Text: "see you at nine"}, ""},
		{"nothing at all", control.Clip{}, ""},
		{"a customer", control.Clip{Text: string(list(t, g.People(1)))}, ""},
		{"a list", control.Clip{Text: string(list(t, g.People(20)))}, "report-customer-lists-on-the-clipboard"},
		{"the beginning of a list", control.Clip{Text: string(list(t, g.People(20))), Incomplete: "too-large"}, "report-customer-lists-on-the-clipboard"},
		{"the beginning of something", control.Clip{Text: "see you", Incomplete: "too-large"}, "default"},
		{"an owner that does not answer", control.Clip{Incomplete: "timed-out"}, "default"},
		{"a reason of another version", control.Clip{Incomplete: "odd"}, "default"},
		{"a file", control.Clip{Files: []string{"/home/a/list.csv"}}, ""},
	} {
		d.records = nil
		v, err := d.Clip(t.Context(), control.Caller{UID: 1}, c.clip)
		if err != nil || v.Clear {
			t.Errorf("%s: %+v, %v", c.what, v, err)
		}
		if v.Done != nil {
			v.Done(false)
		}
		switch {
		case c.want == "" && len(d.records) > 0:
			t.Errorf("%s: recorded by %s", c.what, d.records[0].Decision.Rule)
		case c.want != "" && (len(d.records) != 1 || d.records[0].Decision.Rule != c.want):
			t.Errorf("%s: records %+v, want one by %s", c.what, d.records, c.want)
		}
	}
}

func TestNamesOfCopiedFilesAreMasked(t *testing.T) {
	d := newTrial(t)
	d.strict(t, "enforce", "block")
	var files []string
	people := synthetic.New(5).People(100)
	for _, p := range people {
		files = append(files, "/home/a/"+p.Name+"_"+p.Mobile+".pdf")
	}
	v, err := d.Clip(t.Context(), control.Caller{UID: 1}, control.Clip{Files: files, Incomplete: "too-large"})
	if err != nil || v.Done == nil {
		t.Fatalf("%+v, %v", v, err)
	}
	v.Done(v.Clear)
	record := fmt.Sprintf("%+v", d.records[0])
	for _, p := range people {
		if strings.Contains(record, p.Mobile) {
			t.Fatal("a customer's number is in the record")
		}
	}
}
