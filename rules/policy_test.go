package rules

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/strictyaml"
)

func TestDefaultPolicyIsSound(t *testing.T) {
	p, err := ParsePolicy("default.yaml", defaultPolicy)
	if err != nil {
		t.Fatal(err)
	}
	if w := p.Warnings(); len(w) > 0 {
		t.Errorf("warnings:\n%v", w)
	}
	if got := DefaultPolicy(); got.Version() != p.Version() || got.Name() != p.Name() || got.Mode() != Enforce {
		t.Errorf("DefaultPolicy is %s %q %s", got.Version(), got.Name(), got.Mode())
	}
	if w := p.RollingWindows(); len(w) != 1 || w[0] != 24*time.Hour {
		t.Errorf("rolling windows %v", w)
	}
	for _, r := range p.rules {
		if r.title["en"] == "" || r.title["zh"] == "" {
			t.Errorf("rule %s has no title in en and zh", r.id)
		}
	}
}

// Each file in testdata/policy is a policy with faults; every line that has
// one says after "#!" what is to be told about it, and no other line is told
// about. "#?" marks a warning in the same way.
func TestFaultsAreToldWithLineAndRemedy(t *testing.T) {
	files, err := filepath.Glob("testdata/policy/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			p, err := ParsePolicy("policy.yaml", data)
			var problems strictyaml.Problems
			if err != nil && !errors.As(err, &problems) {
				t.Fatalf("error of type %T", err)
			}
			told(t, "problem", problems, marks(string(data), "#!"))
			if err == nil {
				told(t, "warning", p.Warnings(), marks(string(data), "#?"))
			}
		})
	}
}

// marks answers what is to be told, by line.
func marks(text, mark string) map[int][]string {
	wanted := map[int][]string{}
	for i, line := range strings.Split(text, "\n") {
		for _, w := range strings.Split(line, mark)[1:] {
			w, _, _ = strings.Cut(w, "#")
			wanted[i+1] = append(wanted[i+1], strings.TrimSpace(w))
		}
	}
	return wanted
}

func told(t *testing.T, kind string, problems strictyaml.Problems, wanted map[int][]string) {
	t.Helper()
	for _, p := range problems {
		line, zh := p.In("en"), p.In("zh")
		found := -1
		for i, w := range wanted[p.Line] {
			if strings.Contains(line, w) {
				found = i
			}
		}
		if found < 0 {
			t.Errorf("unexpected %s: %s", kind, line)
			continue
		}
		wanted[p.Line] = append(wanted[p.Line][:found], wanted[p.Line][found+1:]...)
		if zh == line || strings.Contains(line+zh, "<no value>") || strings.Contains(line+zh, "policy.yaml:0") {
			t.Errorf("badly told: %s / %s", line, zh)
		}
	}
	for line, rest := range wanted {
		for _, w := range rest {
			t.Errorf("line %d: no %s %q", line, kind, w)
		}
	}
}

func TestBombsAndBulkAreRefusedQuickly(t *testing.T) {
	var aliases strings.Builder
	aliases.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&aliases, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 8), i-1)
	}
	rule := "  - {id: r%d, title: x, when: {person: p%d}, action: block}\n"
	var many strings.Builder
	many.WriteString("version: '1'\nrules:\n")
	for i := range 10_000 {
		fmt.Fprintf(&many, rule, i, i)
	}
	for name, text := range map[string]string{
		"billion laughs":  aliases.String(),
		"deep flow":       strings.Repeat("[", 500_000),
		"deep mapping":    strings.Repeat("{a: ", 200_000),
		"deep sequence":   strings.Repeat("- ", 400_000) + "x",
		"many values":     "version: [" + strings.Repeat("a,", 400_000) + "]",
		"many rules":      many.String(),
		"many faults":     "version: '1'\nrules:\n" + strings.Repeat("  - {nonsense: 1}\n", 50_000),
		"too large":       strings.Repeat("#", strictyaml.MaxBytes+1),
		"long id":         "version: '1'\nrules: [{id: " + strings.Repeat("a", 100_000) + "}]",
		"long word":       "mode: " + strings.Repeat("enforce", 100_000),
		"long field name": strings.Repeat("version", 100_000) + ": 1",
		"star pattern":    "version: '1'\nrules: [{id: a, action: block, when: {person: '" + strings.Repeat("*a", 5_000) + "'}}]",
	} {
		start := time.Now()
		_, err := ParsePolicy("policy.yaml", []byte(text))
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if n := len(err.Error()); n > 100_000 {
			t.Errorf("%s: an error of %d bytes", name, n)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestVersionNamesTheContent(t *testing.T) {
	one, err := ParsePolicy("a", []byte("version: '7'\nrules: [{id: a, title: t, action: block, when: {person: x}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := ParsePolicy("b", []byte("version: '7'\nrules: [{id: a, title: t, action: block, when: {person: y}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if one.Version() == two.Version() || !strings.HasPrefix(one.Version(), "7+") || len(one.Version()) != len("7+12345678") {
		t.Errorf("versions %q and %q", one.Version(), two.Version())
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(defaultPolicy)
	files, _ := filepath.Glob("testdata/policy/*.yaml")
	for _, path := range files {
		if data, err := os.ReadFile(path); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePolicy("policy.yaml", data)
		if err == nil {
			if p.Version() == "" || len(p.rules) == 0 {
				t.Error("a policy without version or rules was accepted")
			}
			_ = p.Warnings().In("zh")
			return
		}
		var problems strictyaml.Problems
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("error of type %T", err)
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines {
				t.Errorf("line %d of %d: %v", p.Line, lines, p)
			}
		}
	})
}
