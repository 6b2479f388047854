package rules

import (
	"testing"
)

func TestDefaultPolicyIsSound(t *testing.T) {
	p, err := ParsePolicy("default.yaml", defaultPolicy)
	if err != nil {
		t.Fatal(err)
	}
	if w := p.Warnings(); len(w) > 0 {
		t.Fatalf("warnings:\n%v", w)
	}
	t.Log(p.Version(), p.RollingWindows())
}
