package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/installer"
)

// A folder of data that somebody chose is theirs; whoever removes the program is
// told where it is. A package's configuration goes, one that somebody wrote does not.
func TestWhatIsLeft(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, theirs string }{
		"their own":   {"state: " + filepath.Join(dir, "data") + "\n", filepath.Join(dir, "data")},
		"the usual":   {"state: " + agent.DefaultConfig().State + "/\n", ""},
		"not named":   {"{}\n", ""},
		"not to read": {"state: [\n", ""},
	} {
		config := filepath.Join(dir, "agent.yaml")
		if err := os.WriteFile(config, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, packaged := range []bool{false, true} {
			e, theirs := left(config, packaged)
			if theirs != c.theirs || e.State != agent.DefaultConfig().State {
				t.Errorf("%s: theirs is %q, ours %q", name, theirs, e.State)
			}
			if goes := slices.Contains(e.Folders, filepath.Dir(installer.ConfigPath)); goes != packaged || slices.Contains(e.Spared, config) == packaged {
				t.Errorf("%s, packaged %v: the configuration goes %v, spared are %q", name, packaged, goes, e.Spared)
			}
		}
	}
}
