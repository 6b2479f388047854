package rules

import (
	"embed"
	"path"
	"slices"
	"strings"
)

// Each template is a policy and, beside it, the cases it has to pass.
//
//go:embed templates/*.yaml
var templates embed.FS

// DefaultTemplate is the name of the built-in policy among the templates.
const DefaultTemplate = "default"

// Templates answers the names of the policies to start from, the built-in one
// first.
func Templates() []string {
	names := []string{DefaultTemplate}
	files, err := templates.ReadDir("templates")
	if err != nil {
		return names
	}
	for _, f := range files {
		if name := strings.TrimSuffix(f.Name(), path.Ext(f.Name())); !strings.HasSuffix(name, ".cases") {
			names = append(names, name)
		}
	}
	return names
}

// Template answers a policy file to start from.
func Template(name string) ([]byte, bool) {
	if name == DefaultTemplate {
		return slices.Clone(defaultPolicy), true
	}
	if !slices.Contains(Templates(), name) {
		return nil, false
	}
	data, err := templates.ReadFile("templates/" + name + ".yaml")
	return data, err == nil
}
