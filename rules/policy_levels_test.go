package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/strictyaml"
)

// Every kind of data that can be counted is graded, once.
func TestEveryKindIsGraded(t *testing.T) {
	var kinds []detect.Class
	for _, g := range DefaultPolicy().Levels() {
		if g.Level < Public || g.Level > Core {
			t.Errorf("%s is not graded", g.Kind)
		}
		kinds = append(kinds, g.Kind)
	}
	want := countedClasses()
	slices.Sort(kinds)
	slices.Sort(want)
	if !slices.Equal(kinds, want) {
		t.Errorf("graded are %v, there are %v", kinds, want)
	}
}

const gradedPolicy = `version: "1"
detectors:
  - {id: project, name: {en: Project, zh: 项目}, words: [凤凰计划]}
levels:
  - {kind: cn-plate, level: public}
  - {kind: project, level: core}
classes:
  - {id: ids, any: [{count: {class: cn-resident-id, at-least: 1}}]}
  - {id: plates, any: [{count: {class: cn-plate, at-least: 1}}]}
  - {id: plans, any: [{count: {class: project, at-least: 1}}]}
  - {id: said, level: internal, any: [{count: {class: cn-resident-id, at-least: 1}}]}
  - {id: people, any: [{records: {at-least: 2}}]}
  - {id: cards, any: [{records: {at-least: 2, of: [person-name, bank-card]}}]}
rules:
  - {id: high, title: {en: High, zh: 高}, when: {level: confidential, channel: removable-media}, action: block}
`

func TestAClassIsGradedByWhatItCounts(t *testing.T) {
	p := mustParse(t, gradedPolicy)
	want := map[string]Level{"ids": Confidential, "plates": Public, "plans": Core, "said": Internal, "people": Restricted, "cards": Confidential}
	for _, c := range p.classes {
		if c.level != want[c.id] {
			t.Errorf("class %s is %s, want %s", c.id, c.level, want[c.id])
		}
	}
	changed := 0
	for _, g := range p.Levels() {
		if g.Changed {
			changed++
		}
	}
	if changed != 2 {
		t.Errorf("%d levels are the company's own", changed)
	}
	if g := DefaultPolicy().Levels(); slices.ContainsFunc(g, func(k KindLevel) bool { return k.Changed }) {
		t.Error("one policy changed the levels of another")
	}
}

func TestLevelsThatAreWrong(t *testing.T) {
	for levels, want := range map[string]string{
		"[{kind: cn-plate, level: secret}]":                                   "levels[0].level",
		"[{kind: nothing, level: core}]":                                      "levels[0].kind",
		"[{kind: cn-plate}]":                                                  "levels[0].level",
		"[{kind: cn-plate, level: core}, {kind: cn-plate, level: important}]": "levels[1].kind",
	} {
		_, err := ParsePolicy("x.yaml", []byte(strings.Replace(gradedPolicy, "levels:\n  - {kind: cn-plate, level: public}\n  - {kind: project, level: core}", "levels: "+levels, 1)))
		var problems strictyaml.Problems
		if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Field != want || problems[0].Line != 4 {
			t.Errorf("%s: %v", levels, err)
		}
	}
}
