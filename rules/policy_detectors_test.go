package rules

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
)

const ownData = `version: "1"
detectors:
  - id: project
    name: {en: Project, zh: 项目}
    words: |
      凤凰计划
      Blue Falcon
  - id: contract-no
    name: {en: Contract number, zh: 合同编号}
    pattern: 'HT-\d{8}'
    anchor: HT-
    near: [合同]
classes:
  - id: secret
    any:
      - count: {class: project, at-least: 1}
      - count: {class: contract-no, at-least: 3, confidence: 0.9}
rules:
  - id: stays
    title: {en: It stays, zh: 不得外传}
    when: {class: secret, channel: removable-media}
    action: block
`

func mustParse(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := ParsePolicy("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func scanText(t testing.TB, e *Engine, name, text string) Content {
	t.Helper()
	c, err := e.Scan(context.Background(), name, strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDataOfThePolicysOwnIsFoundAndDecidedBy(t *testing.T) {
	p := mustParse(t, ownData)
	if len(p.Warnings()) > 0 {
		t.Error(p.Warnings())
	}
	engine := NewEngine(detect.DefaultPack(), Limits{})
	numbers := "合同 HT-20240101\n合同 HT-20240102\n合同 HT-20240103\n"
	for name, test := range map[string]struct {
		file, text string
		stops      bool
	}{
		"a word":                 {"notes.txt", "on blue falcon: nothing yet", true},
		"a word in the name":     {"凤凰计划.txt", "nothing", true},
		"codes":                  {"list.txt", numbers, true},
		"fewer codes":            {"list.txt", numbers[:40], false},
		"codes without context":  {"list.txt", strings.ReplaceAll(numbers, "合同", "货号"), false},
		"something else":         {"notes.txt", "the blue bird", false},
		"one code, three times":  {"list.txt", strings.Repeat("合同 HT-20240101\n", 3), false},
		"an escaped word in csv": {"a.csv", "id,name\n1,\"Blue Falcon\"\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := scanText(t, engine.For(p), test.file, test.text)
			a := activity.Activity{Channel: activity.RemovableMedia, Operation: activity.Write}
			if d := Decide(p, a, c, Context{}); d.Action.Stops() != test.stops {
				t.Errorf("%s, want stopped: %v; found %+v", d.Action, test.stops, c.Summary.Classes)
			}
			s := engine.For(p).Stream(test.file)
			for _, b := range []byte(test.text) {
				s.Write([]byte{b})
			}
			streamed, err := s.Finish(context.Background(), strings.NewReader(test.text), int64(len(test.text)))
			if err != nil || fmt.Sprint(streamed.Summary.Classes) != fmt.Sprint(c.Summary.Classes) {
				t.Errorf("streamed otherwise: %+v and %+v, %v", streamed.Summary.Classes, c.Summary.Classes, err)
			}
		})
	}
	if got := p.DataName("project").In("zh"); got != "项目" {
		t.Errorf("it is called %q", got)
	}
}

// What a copy is masked with tells no more of the policy than was found.
func TestMaskingTellsWhatWasFound(t *testing.T) {
	p := mustParse(t, strings.Replace(ownData, "rules:", `  - id: keys
    any: [{count: {class: secret, at-least: 1}}]
rules:`, 1))
	if p := mustParse(t, gradedPolicy[:strings.Index(gradedPolicy, "detectors:")]+"classes: [{id: x, any: [{records: {at-least: 2}}]}]\nrules: [{id: r, when: {class: x}, action: report}]\n"); p.Masking([]string{"cn-mobile"}, 1<<20) != nil {
		t.Error("a policy that asks for nothing else needs another to mask with")
	}
	text := p.Masking([]string{"project", "cn-mobile"}, 1<<20)
	if !bytes.Contains(text, []byte("凤凰计划")) || bytes.Contains(text, []byte("HT-")) || bytes.Contains(text, []byte("removable-media")) || bytes.Contains(text, []byte("stays")) {
		t.Fatalf("it is told: %s", text)
	}
	with := mustParse(t, string(text))
	c := scanText(t, NewEngine(detect.DefaultPack(), Limits{}).For(with), "", "凤凰计划 HT-12345678 合同")
	if len(c.Summary.Classes) != 1 || c.Summary.Classes[0].Class != "project" || with.DataName("project").In("zh") != "项目" {
		t.Errorf("found with it: %+v", c.Summary.Classes)
	}
	if p.Masking([]string{"project"}, 100) != nil {
		t.Error("more is told than fits")
	}
	if with := mustParse(t, string(p.Masking(nil, 1<<20))); len(with.own) != 0 || with.custom == nil {
		t.Error("built-in kinds that are counted are not masked")
	}
}

// Nothing is released to a medium that a policy's own words could be a part of.
func TestOwnDataIsHeldBack(t *testing.T) {
	s := NewEngine(detect.DefaultPack(), Limits{}).For(mustParse(t, ownData)).Stream("")
	harmless := bytes.Repeat([]byte("nothing here\n"), 20_000)
	s.Write(harmless)
	s.Write([]byte("Blue Falcon\n"))
	s.Write(harmless)
	if n := s.Released(); n == 0 || n > int64(len(harmless)) {
		t.Errorf("%d bytes are released, the word stands at %d", n, len(harmless))
	}
	s.Close()
}

// Policies change while files are being looked at.
func TestAnotherPolicyLooksForOtherData(t *testing.T) {
	p, other := mustParse(t, ownData), mustParse(t, strings.ReplaceAll(ownData, "Blue Falcon", "Red Kite"))
	engine := NewEngine(detect.DefaultPack(), Limits{})
	if engine.For(DefaultPolicy()) != engine || engine.For(p) != engine.For(p) {
		t.Error("an engine is made for nothing")
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				policy, text := p, "Blue Falcon"
				if i%2 == 0 {
					policy, text = other, "Red Kite"
				}
				if c := scanText(t, engine.For(policy), "", text); len(c.Summary.Classes) != 1 {
					t.Error("not found by its own policy")
				}
			}
		})
	}
	all.Wait()
}

func TestDetectorProblems(t *testing.T) {
	for problem, detector := range map[string]string{
		"built in":              "{id: cn-mobile, words: [凤凰]}",
		"looks for nothing":     "{id: a}",
		"needs an anchor":       `{id: a, pattern: 'HT-\d'}`,
		"possible":              `{id: a, pattern: 'HT-\d|\d', anchor: HT-}`,
		"spaces included":       `{id: a, pattern: 'HT[ -]KD\d', anchor: HTKD}`,
		"not all of them":       `{id: a, pattern: 'H\d', anchor: H}`,
		"not a valid RE2":       `{id: a, pattern: 'HT-(?=x)', anchor: HT-}`,
		"matches the empty":     `{id: a, pattern: '(HT-)*', anchor: HT-}`,
		"too short":             "{id: a, words: [凤]}",
		"63 bytes":              "{id: a, words: [" + strings.Repeat("长", 30) + "]}",
		"one of gs1, luhn":      `{id: a, pattern: 'HT-\d', anchor: HT-, validate: magic}`,
		"a check is for what":   "{id: a, words: [凤凰], validate: luhn}",
		"repeats too much":      `{id: a, pattern: 'HT-[a-z]{1000}[b-z]{1000}[c-z]{1000}[d-z]{1000}[e-z]{1000}[f-z]{1000}', anchor: HT-}`,
		"more than 100 entries": "{id: a, words: [凤凰], near: [" + strings.TrimSuffix(strings.Repeat("合同,", 101), ",") + "]}",
	} {
		_, err := ParsePolicy("test.yaml", []byte("version: '1'\ndetectors:\n  - "+detector+"\nclasses: [{id: c, any: [{count: {class: a, at-least: 1}}]}]\nrules: [{id: r, title: x, when: {class: c}, action: block}]\n"))
		if err == nil || !strings.Contains(err.Error(), problem) || !strings.Contains(err.Error(), "test.yaml:3") {
			t.Errorf("%s: want %q on line 3, got %v", detector, problem, err)
		}
	}
	_, err := ParsePolicy("test.yaml", []byte(strings.Replace(ownData, "Blue Falcon", "x", 1)))
	if err == nil || !strings.Contains(err.Error(), "test.yaml:7") {
		t.Errorf("the word on line 7 is not named: %v", err)
	}
	_, err = ParsePolicy("test.yaml", []byte(strings.Replace(ownData, "class: project", "class: projcet", 1)))
	if err == nil || !strings.Contains(err.Error(), `did you mean "project"`) {
		t.Errorf("%v", err)
	}
	p := mustParse(t, strings.Replace(ownData, "      - count: {class: project, at-least: 1}\n", "", 1))
	if w := fmt.Sprint(p.Warnings()); !strings.Contains(w, "nothing counts") {
		t.Errorf("no warning of what is never counted: %s", w)
	}
}

func TestDictionaryOf100000Words(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: '1'\ndetectors:\n  - id: customers\n    name: {en: Customers, zh: 客户}\n    words: |\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "      客户单位%05d\n", i)
	}
	b.WriteString("classes: [{id: c, any: [{count: {class: customers, at-least: 1}}]}]\nrules: [{id: r, title: {en: x, zh: y}, when: {class: c}, action: block}]\n")
	p := mustParse(t, b.String())
	c := scanText(t, NewEngine(detect.DefaultPack(), Limits{}).For(p), "", "报价单：客户单位77777，以及客户单位123。")
	if len(c.Summary.Classes) != 1 || c.Summary.Classes[0].Count != 1 {
		t.Errorf("%+v", c.Summary.Classes)
	}
}

const countedBuiltIn = `version: "1"
classes:
  - id: keys
    any:
      - count: {class: CLASS, at-least: 1}
rules:
  - id: stays
    title: {en: It stays, zh: 不得外传}
    when: {class: keys, channel: removable-media}
    action: block
`

// Built-in kinds that are no records of people are looked for where a policy
// counts them, and nowhere else.
func TestBuiltInDetectorsAreLookedForWhereCounted(t *testing.T) {
	text := "database: postgres://app:k7Qw2ZpX9vLm@db.internal/app\n"
	engine := NewEngine(detect.DefaultPack(), Limits{})
	for class, found := range map[string]bool{"secret": true, "email": false} {
		p := mustParse(t, strings.ReplaceAll(countedBuiltIn, "CLASS", class))
		c := scanText(t, engine.For(p), "notes.txt", text)
		if has := slices.ContainsFunc(c.Summary.Classes, func(s detect.ClassSummary) bool { return s.Class == "secret" }); has != found {
			t.Errorf("counting %s: a secret found is %v", class, has)
		}
		if d := Decide(p, activity.Activity{Channel: activity.RemovableMedia, Operation: activity.Write}, c, Context{}); d.Action.Stops() != found {
			t.Errorf("counting %s: %v", class, d.Action)
		}
	}
	for _, class := range custom.BuiltInClasses() {
		mustParse(t, strings.ReplaceAll(countedBuiltIn, "CLASS", string(class)))
		if ClassName(class, "zh") == string(class) || ClassName(class, "en") == string(class) {
			t.Errorf("%s has no name", class)
		}
		record := strings.ReplaceAll(countedBuiltIn, "count: {class: CLASS, at-least: 1}", fmt.Sprintf("records: {at-least: 1, of: [email, %s]}", class))
		if _, err := ParsePolicy("test.yaml", []byte(record)); err == nil {
			t.Errorf("%s makes a record", class)
		}
		own := strings.Replace(ownData, "id: project", "id: "+string(class), 1)
		if _, err := ParsePolicy("test.yaml", []byte(own)); err == nil {
			t.Errorf("a company's own data may be called %s", class)
		}
	}
}
