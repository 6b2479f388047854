//go:build !windows

package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// autostartFolder is where every desktop looks for what to start with a session
// (Desktop Application Autostart Specification).
const autostartFolder = "/etc/xdg/autostart"

const autostartName = "trustline-session.desktop"

// InstallSession has every desktop session start the session helper.
func InstallSession(c Config) error { return installSession(autostartFolder, c) }

// UninstallSession takes that back. Helpers that run end with their session.
func UninstallSession() error { return uninstallSession(autostartFolder) }

func installSession(folder string, c Config) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("install session helper: %w", err)
	}
	tmp, err := os.CreateTemp(folder, ".trustline-*")
	if err != nil {
		return fmt.Errorf("install session helper: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(entry(c))
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(folder, autostartName))
	}
	if err != nil {
		return fmt.Errorf("install session helper: %w", err)
	}
	return nil
}

func uninstallSession(folder string) error {
	if err := os.Remove(filepath.Join(folder, autostartName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove session helper: %w", err)
	}
	return nil
}

func entry(c Config) string {
	return strings.NewReplacer("COMMAND", execQuoted(c.Program)+" session").Replace(entryText)
}

const entryText = `[Desktop Entry]
Type=Application
Version=1.5
Name=Trustline
Name[zh_CN]=信守
Comment=Tells you when something was stopped, and what to do instead
Comment[zh_CN]=在操作被阻止时告知原因和可行的做法
Exec=COMMAND
Terminal=false
NoDisplay=true
X-GNOME-Autostart-enabled=true
`

// execQuoted quotes a checked path for Exec (Desktop Entry Specification, "The
// Exec key").
func execQuoted(path string) string { return `"` + strings.ReplaceAll(path, "%", "%%") + `"` }
