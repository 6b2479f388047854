//go:build !windows

package installer

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAutostartEntry(t *testing.T) { golden(t, autostartName, entry(usual)) }

func TestSessionHelperIsInstalledAndRemoved(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "xdg", "autostart")
	for range 2 { // installing again is fine
		if err := installSession(folder, usual); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	info, err := files[0].Info()
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for range 2 {
		if err := uninstallSession(folder); err != nil {
			t.Fatal(err)
		}
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("left %v", files)
	}
}

func TestExecIsQuotedAsDesktopsReadIt(t *testing.T) {
	for path, want := range map[string]string{
		"/usr/bin/trustline": `"/usr/bin/trustline"`,
		"/a b/t":             `"/a b/t"`,
		"/100%/t":            `"/100%%/t"`,
	} {
		if got := execQuoted(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
