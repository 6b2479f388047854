//go:build !windows

package keyfile

import (
	"os"
	"path/filepath"
	"testing"
)

// Here the mode alone guards the key, and nothing is written that an earlier
// version could not read.
func TestModeGuards(t *testing.T) {
	path := filepath.Join(t.TempDir(), "some.key")
	if err := Write(path, []byte("key")); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil || before.Mode() != 0o600 {
		t.Fatalf("mode %v, %v", before, err)
	}
	if err := Keep(path, limit); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("replaced for nothing: %v", err)
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != "key" {
		t.Errorf("it holds %q, %v", raw, err)
	}
}
