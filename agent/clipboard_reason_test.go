package agent

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/rules/synthetic"
)

// What lets a copied file through is about what was handed over, not about what
// lies where the helper says: nothing is opened there, also not when the person
// asks.
func TestReasonForACopiedFileIsAboutItsContent(t *testing.T) {
	o := newWorkplace(t, `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules: [{id: why, title: t, when: {class: list, channel: clipboard, operation: copy-file}, action: justify}]
`)
	copied := func(seed uint64) bool {
		t.Helper()
		content := handed{bytes.NewReader(list(t, synthetic.New(seed).People(30))), ""}
		v, err := o.agent.judge.ClipFile(t.Context(), control.Caller{UID: somebody}, control.ClipFile{Path: o.source, Content: content})
		if err != nil {
			t.Fatal(err)
		}
		if v.Done != nil {
			v.Done(v.Clear)
		}
		return v.Clear
	}
	if !copied(1) {
		t.Fatal("a list stays on the clipboard without a reason")
	}
	sent, no := o.asks(somebody, cases.AskJustify, cases.Said{Case: o.own(somebody)[0].Notice.ID, Text: "for the printer"})
	if no != "" || sent.People != 30 { // 60 lie at the path
		t.Fatalf("answered %+v, %s", sent, no)
	}
	if !copied(2) {
		t.Error("a reason for one content let another through")
	}
	if copied(1) {
		t.Error("a reason that was given does not count")
	}
	if !copied(1) {
		t.Error("a reason counts twice")
	}
	if left, err := filepath.Glob(filepath.Join(o.agent.config.State, "scratch", "*")); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
