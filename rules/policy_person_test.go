package rules

import (
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/activity"
)

const byDepartment = `version: "1"
departments:
  - id: sales
    name: {en: Sales, zh: 销售部}
    people: [anna, "sales-*"]
    groups: [crm-users]
  - id: finance
    people: [bo]
rules:
  - id: lists-stay
    title: {en: Lists stay, zh: 名单不得外传}
    when: {people: 20, channel: removable-media}
    unless: {department: sales, network: corporate}
    action: block
  - id: interns
    when: {group: ["intern*"], people: 1}
    action: warn
`

func TestDepartmentsAndGroups(t *testing.T) {
	p := mustParse(t, byDepartment)
	for name, test := range map[string]struct {
		user    string
		groups  []string
		people  int
		network string
		want    Action
	}{
		"by name, on site":           {"anna", nil, 20, "corporate", Allow},
		"by name, elsewhere":         {"anna", nil, 20, "public", Block},
		"by pattern":                 {"Sales-17", nil, 20, "corporate", Allow},
		"by group":                   {"carl", []string{"users", "CRM-Users"}, 20, "corporate", Allow},
		"of another department":      {"bo", nil, 20, "corporate", Block},
		"nobody is known":            {"", nil, 20, "corporate", Block},
		"group with a longer name":   {"carl", []string{"crm-users-former"}, 20, "corporate", Block},
		"a group of the condition":   {"dora", []string{"interns-2026"}, 1, "corporate", Warn},
		"no group of the condition":  {"dora", []string{"staff"}, 1, "corporate", Allow},
		"a name is no group":         {"interns", nil, 1, "corporate", Allow},
		"an account called as group": {"crm-users", nil, 20, "corporate", Block},
	} {
		t.Run(name, func(t *testing.T) {
			a := activity.Activity{Channel: activity.RemovableMedia, Actor: activity.Actor{User: test.user, Groups: test.groups}}
			ctx := Context{Network: test.network}
			c := MadeUpPeople(test.people)
			if d := Decide(p, a, c, ctx); d.Action != test.want {
				t.Errorf("%s, want %s", d.Action, test.want)
			}
			if e := Explain(p, a, c, ctx); e.Decision.Action != test.want {
				t.Errorf("explained as %s, want %s", e.Decision.Action, test.want)
			}
		})
	}
}

func TestDepartmentProblems(t *testing.T) {
	for problem, change := range map[string][2]string{
		`did you mean "sales"`:       {"department: sales", "department: sale"},
		"define it under":            {"department: sales", "department: legal-and-compliance"},
		"nobody belongs to it":       {"    people: [bo]\n", "    name: x\n"},
		`"sales" is the id`:          {"id: finance", "id: sales"},
		"consists of nothing but *":  {"[bo]", `["*"]`},
		"an id starts with a lower-": {"id: finance", "id: Finance"},
	} {
		_, err := ParsePolicy("test.yaml", []byte(strings.Replace(byDepartment, change[0], change[1], 1)))
		if err == nil {
			t.Errorf("%s: taken", problem)
		} else if !strings.Contains(err.Error(), problem) && problem != "consists of nothing but *" {
			t.Errorf("want %q, got %v", problem, err)
		}
	}
}
