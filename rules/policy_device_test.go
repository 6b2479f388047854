package rules

import (
	"errors"
	"testing"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/strictyaml"
)

const devicePolicy = `version: "1"
departments:
  - {id: sales, people: ["sales-*"], groups: [crm]}
devices:
  - {serial: [ANNA-1, "ANNA-2*"], people: anna}
  - {serial: "SALES-*", vendor: Kingston, department: sales}
  - {serial: "ENC-*"}
  - {serial: BOTH-1}
  - {serial: BOTH-1, people: anna}
classes:
  - {id: list, any: [{records: {at-least: 5}}]}
rules:
  - {id: stays, title: {en: x, zh: x}, when: {class: list, channel: removable-media}, unless: {device: {owner: [own, department, company]}}, action: block}
`

func TestWhoseMediumItIs(t *testing.T) {
	p := mustParse(t, devicePolicy)
	for _, c := range []struct {
		user, group, vendor, serial string
		want                        owner
	}{
		{"anna", "", "SanDisk", "anna-1", ownDevice},
		{"anna", "", "", "ANNA-27", ownDevice},
		{"li", "", "", "ANNA-1", othersDevice},
		{"sales-7", "", "Kingston", "SALES-1", departmentDevice},
		{"li", "crm", "kingston ", "SALES-1", departmentDevice},
		{"li", "crm", "Other", "SALES-1", nobodysDevice},
		{"li", "hr", "Kingston", "SALES-1", othersDevice},
		{"li", "", "", "ENC-9", companyDevice},
		{"li", "", "", "BOTH-1", companyDevice},
		{"anna", "", "", "BOTH-1", ownDevice},
		{"anna", "", "", "X", nobodysDevice},
		{"anna", "", "", " ", nobodysDevice},
		{"", "", "", "ANNA-1", othersDevice},
	} {
		a := activity.Activity{Channel: activity.RemovableMedia, Actor: activity.Actor{User: c.user, Groups: []string{c.group}},
			Destination: activity.Destination{Device: activity.Device{Vendor: c.vendor, Serial: c.serial}}}
		content := Content{}
		content.Summary.People = 20
		if got := p.question(a, content, Context{}).deviceOwner(); got != string(c.want) {
			t.Errorf("%q (%s) with %s %s: %s, want %s", c.user, c.group, c.vendor, c.serial, got, c.want)
		}
		want := Block
		if c.want == ownDevice || c.want == departmentDevice || c.want == companyDevice {
			want = Allow
		}
		if d := Decide(p, a, content, Context{}); d.Action != want {
			t.Errorf("%q with %s: %s, want %s", c.user, c.serial, d.Action, want)
		}
	}
}

func TestRegisteredWrong(t *testing.T) {
	for text, field := range map[string]string{
		`version: "1"` + "\ndevices: [{people: anna}]\nrules: [{id: a, action: report}]\n":                              "devices[0].serial",
		`version: "1"` + "\ndevices: [{serial: X, department: nowhere}]\nrules: [{id: a, action: report}]\n":            "devices[0].department[0]",
		`version: "1"` + "\nrules: [{id: a, when: {device: {owner: mine}}, action: report}]\n":                          "rules[0].when.device.owner[0]",
		`version: "1"` + "\ndevices: [{serial: '*'}]\nrules: [{id: a, when: {device: {owner: own}}, action: report}]\n": "devices[0].serial[0]",
	} {
		_, err := ParsePolicy("x.yaml", []byte(text))
		var problems strictyaml.Problems
		if !errors.As(err, &problems) || problems[0].Field != field {
			t.Errorf("%s: %v", text, err)
		}
	}
}
