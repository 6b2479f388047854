package rules

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

// What the engine finds in lists of generated people is what the default
// policy was written for.
func TestDefaultPolicyOnRealFindings(t *testing.T) {
	engine, g := NewEngine(detect.DefaultPack(), Limits{}), synthetic.New(7)
	list := func(n int, lang string) string {
		var b bytes.Buffer
		if err := synthetic.CSV(&b, g.People(n), lang); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	column := func(n int, value func(synthetic.Person) string) string {
		var b strings.Builder
		for _, p := range g.People(n) {
			fmt.Fprintln(&b, value(p))
		}
		return b.String()
	}
	mobile := func(p synthetic.Person) string { return p.Mobile }
	resident := func(p synthetic.Person) string { return p.ResidentID }
	for _, c := range []struct {
		what, text string
		operation  activity.Operation
		action     Action
		rule       string
	}{
		{"500 people, zh", list(500, "zh"), activity.Write, Block, "no-customer-list-on-removable-media"},
		{"500 people, en", list(500, "en"), activity.Write, Block, "no-customer-list-on-removable-media"},
		{"20 people", list(20, "zh"), activity.Write, Block, "no-customer-list-on-removable-media"},
		{"19 people", list(19, "zh"), activity.Write, Report, "report-customer-data"},
		{"4 people", list(4, "zh"), activity.Write, Allow, DefaultRule},
		{"2,000 bare mobile numbers", column(2000, mobile), activity.Write, Block, "no-bulk-numbers-on-removable-media"},
		{"99 bare mobile numbers", column(99, mobile), activity.Write, Report, "report-customer-data"},
		{"50 bare resident ids", column(50, resident), activity.Write, Block, "no-bulk-numbers-on-removable-media"},
		{"a mobile number as a name", g.Person().Mobile, activity.Name, Block, "no-customer-numbers-in-names"},
		{"a resident id as an attribute", g.Person().ResidentID, activity.Attribute, Block, "no-customer-numbers-in-names"},
		{"prose", strings.Repeat("本周会议改到周三下午三点，请提前准备材料。\n", 200), activity.Write, Allow, DefaultRule},
		{"an ordinary name", "会议纪要 2026-03-02", activity.Name, Allow, DefaultRule},
	} {
		content, err := engine.Scan(context.Background(), "", strings.NewReader(c.text), int64(len(c.text)))
		if err != nil {
			t.Fatal(err)
		}
		if d := Decide(DefaultPolicy(), toStick(c.operation), content, Context{}); d.Action != c.action || d.Rule != c.rule {
			t.Errorf("%s: %s by %s, want %s by %s; %d people, %v", c.what, d.Action, d.Rule, c.action, c.rule, content.Summary.People, content.Summary.Classes)
		}
	}
}

// A copy can be failed while it is still being written.
func TestBlockAtIsReachedBeforeTheEnd(t *testing.T) {
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(7).People(5000), "zh"); err != nil {
		t.Fatal(err)
	}
	limit, ok := DefaultPolicy().BlockAt(toStick(activity.Write))
	if !ok {
		t.Fatal("a customer list is not stopped by people alone")
	}
	s := NewEngine(detect.DefaultPack(), Limits{}).Stream("")
	defer s.Close()
	written, data := 0, list.Bytes()
	for ; s.People() < limit && written < len(data); written += 512 {
		s.Write(data[written:min(len(data), written+512)])
	}
	if s.People() < limit || written > len(data)/3 {
		t.Errorf("%d people after %d of %d bytes", s.People(), written, len(data))
	}
}
