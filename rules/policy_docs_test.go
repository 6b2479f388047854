package rules

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/strictyaml"
)

// docs/policy.md names every field there is, every word it can have, and no
// others; its examples are sound.
func TestDocumentation(t *testing.T) {
	data, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	tables := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]*) \|`).FindAllStringSubmatch(text, -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			tables[name[1]] = true
		}
	}
	real := map[string]bool{}
	for _, f := range strictyaml.Fields(&policySpec{}) {
		for _, prefix := range []string{"rules[].when.", "rules[].unless.", "classes[].any[].", "classes[].all[]."} {
			f = strings.TrimPrefix(f, prefix)
		}
		real[f] = true
	}
	for f := range real {
		if !tables[f] {
			t.Errorf("field %s is not explained", f)
		}
	}
	for f := range tables {
		if !real[f] {
			t.Errorf("%s is explained, but there is no such field", f)
		}
	}
	for _, f := range strictyaml.Fields(&givenSpec{}) {
		if f = f[strings.LastIndex(f, ".")+1:]; !strings.Contains(text, f) {
			t.Errorf("field %s of a case is not explained", f)
		}
	}
	for _, words := range [][]string{plain(modes), plain(severities), plain(channels), plain(operations), plain(unreadables),
		plain(waysOn), plain(owners), plain(countedClasses()), custom.Validators(), plain(actions), levelNames, Templates()[:2]} {
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%q is not explained", w)
			}
		}
	}
}

func TestDocumentedExamples(t *testing.T) {
	data, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	example := func(name string) []byte {
		m := regexp.MustCompile(fmt.Sprintf("(?s)<!-- test: %s -->\n```yaml\n(.*?)```", name)).FindSubmatch(data)
		if m == nil {
			t.Fatalf("no example %s", name)
		}
		return m[1]
	}
	for _, name := range []string{"detectors", "policy", "retention", "devices", "copied"} {
		p, err := ParsePolicy("example", example(name))
		if err != nil || len(p.Warnings()) > 0 {
			t.Fatal(name, err, p.Warnings())
		}
	}
	p, err := ParsePolicy("example", example("policy"))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := ParseCases("example", example("cases"))
	if err != nil || len(cases) == 0 {
		t.Fatal(err)
	}
	for _, c := range cases {
		if r := c.Run(p); !r.Passed {
			t.Errorf("%s: %+v", c.Name, r.Explanation.Decision)
		}
	}
}
