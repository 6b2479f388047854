//go:build !windows

package installer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOnlyWhatRootAloneCanChangeIsTrusted(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs root and must run in CI")
		}
		t.Skip("SKIPPED: this test gives files away and needs root")
	}
	// /tmp itself is everybody's: make a place only root can write.
	root, err := os.MkdirTemp("/var/lib", "trustline-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	for _, c := range []struct {
		what  string
		spoil func(dir, program string) error
		says  string
	}{
		{"root's own", func(string, string) error { return nil }, ""},
		{"program of another", func(_, p string) error { return os.Chown(p, 1000, 0) }, "trustline"},
		{"program writable by a group", func(_, p string) error { return os.Chmod(p, 0o775) }, "trustline"},
		{"folder of another", func(d, _ string) error { return os.Chown(d, 1000, 0) }, "bin"},
		{"folder writable by all", func(d, _ string) error { return os.Chmod(d, 0o777) }, "bin"},
		{"link into a folder of another", func(d, p string) error {
			theirs := t.TempDir()
			if err := os.Rename(p, filepath.Join(theirs, "x")); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(theirs, "x"), p)
		}, "tmp"},
		{"gone", func(_, p string) error { return os.Remove(p) }, "does not exist"},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir, err := os.MkdirTemp(root, "bin")
			if err != nil {
				t.Fatal(err)
			}
			program := filepath.Join(dir, "trustline")
			if err := os.WriteFile(program, nil, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(dir, program); err != nil {
				t.Fatal(err)
			}
			err = Trusted(program)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}
