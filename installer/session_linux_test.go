package installer

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAutostartEntry(t *testing.T) { golden(t, autostartName, entry(usual)) }

func TestUserUnit(t *testing.T) { golden(t, userUnitName, userUnit(usual)) }

func TestLaunchAgent(t *testing.T) {
	golden(t, "com.trustline.session.plist", launchAgent(Config{Program: "/Applications/R&D/trustline"}))
}

func TestSessionHelperIsInstalledAndRemoved(t *testing.T) {
	root := t.TempDir()
	for range 2 { // installing again is fine
		if err := installSession(root, usual); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"etc/systemd/user/graphical-session.target.wants/trustline-session.service", "etc/systemd/user/trustline-session.service", "etc/xdg/autostart/trustline-session.desktop",
	}
	if got := filesIn(t, root); !slices.Equal(got, want) {
		t.Errorf("installed %v", got)
	}
	for _, name := range want { // the link leads to the unit
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 2 {
		if err := uninstallSession(root); err != nil {
			t.Fatal(err)
		}
	}
	if left := filesIn(t, root); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if _, err := os.Stat(filepath.Join(root, autostartFolder)); err == nil {
		t.Error("the folder that was made for the entry is left")
	}
}

func filesIn(t *testing.T, root string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
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
