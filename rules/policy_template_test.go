package rules

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
)

func TestTemplatesAreSoundAndPassTheirCases(t *testing.T) {
	names := Templates()
	if len(names) < 6 || names[0] != DefaultTemplate {
		t.Fatalf("templates %v", names)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			data, ok := Template(name)
			if !ok {
				t.Fatal("not there")
			}
			p, err := ParsePolicy(name+".yaml", data)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range p.Warnings() {
				t.Error(w)
			}
			written, err := os.ReadFile("templates/" + name + ".cases.yaml")
			if err != nil {
				t.Fatal(err)
			}
			cases, err := ParseCases(name+".cases.yaml", written)
			if err != nil {
				t.Fatal(err)
			}
			tried := map[string]bool{}
			for _, c := range cases {
				r := c.Run(p)
				d := r.Explanation.Decision
				tried[d.Rule] = true
				if !r.Passed {
					t.Errorf("line %d, %s: %s by %s, severity %s; want %s by %q, severity %q", c.Line, c.Name, d.Action, d.Rule, d.Severity, c.Action, c.Rule, c.Severity)
				}
			}
			for _, r := range p.rules {
				if !tried[r.id] {
					t.Errorf("no case is decided by rule %s", r.id)
				}
				if r.title["en"] == "" || r.title["zh"] == "" {
					t.Errorf("rule %s has no title in en and zh", r.id)
				}
			}
		})
	}
	for _, bad := range []string{"", "nonsense", "../default", "gdpr.cases", "templates/gdpr"} {
		if _, ok := Template(bad); ok {
			t.Errorf("there is a template %q", bad)
		}
	}
}

// A thousand numbers of any kind that says who somebody is are no harmless file
// for the templates about people, whatever kinds are added.
func TestTemplatesKnowEveryIdentity(t *testing.T) {
	identity := []detect.Class{detect.CNResidentID, detect.CNPermanentResidence, detect.CNResidencePermit, detect.HKID, detect.CNPassport, detect.HKMacauPass, detect.TaiwanPass, detect.PassportMRZ}
	everywhere := slices.Clone(identity)
	for _, c := range custom.BuiltInClasses() {
		if custom.Of(c) == custom.WhoItIs {
			everywhere = append(everywhere, c)
		}
	}
	for name, classes := range map[string][]detect.Class{"customer-lists": everywhere, "personal-information": everywhere, "gdpr": everywhere, DefaultTemplate: identity} {
		data, _ := Template(name)
		p, err := ParsePolicy(name+".yaml", data)
		if err != nil {
			t.Fatal(err)
		}
		for _, class := range classes {
			cases, err := ParseCases("cases.yaml", fmt.Appendf(nil, "cases:\n  - {name: many, given: {channel: removable-media, find: [{class: %s, count: 1000}]}, expect: {action: block}}\n", class))
			if err != nil {
				t.Fatal(err)
			}
			if r := cases[0].Run(p); !r.Passed {
				t.Errorf("%s: a thousand of %s: %s", name, class, r.Explanation.Decision.Action)
			}
		}
	}
}

func FuzzParseCases(f *testing.F) {
	for _, name := range Templates() {
		data, err := os.ReadFile("templates/" + name + ".cases.yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	p := DefaultPolicy()
	f.Fuzz(func(t *testing.T, data []byte) {
		cases, err := ParseCases("cases.yaml", data)
		if err == nil && len(cases) == 0 {
			t.Error("neither cases nor an error")
		}
		for _, c := range cases {
			if d := c.Run(p).Explanation.Decision; d.Action == "" || d.Rule == "" {
				t.Errorf("decision %+v", d)
			}
		}
	})
}
