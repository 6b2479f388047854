package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Where sessions look for what to start: desktops that leave it to systemd at
// the unit (systemd.special(7), graphical-session.target), all others at the
// entry (Desktop Application Autostart Specification).
const (
	autostartFolder = "/etc/xdg/autostart"
	userUnits       = "/etc/systemd/user"

	autostartName = "trustline-session.desktop"
	userUnitName  = "trustline-session.service"
	wants         = "graphical-session.target.wants"
)

// InstallSession has every desktop session start the session helper.
func InstallSession(c Config) error { return installSession("/", c) }

// UninstallSession takes that back. Helpers that run end with their session.
func UninstallSession() error { return uninstallSession("/") }

func installSession(root string, c Config) error {
	if err := c.check(); err != nil {
		return err
	}
	unit := filepath.Join(root, userUnits, userUnitName)
	wanted := filepath.Join(root, userUnits, wants, userUnitName)
	err := errors.Join(
		place(filepath.Join(root, autostartFolder, autostartName), entry(c)),
		place(unit, userUnit(c)),
		os.MkdirAll(filepath.Dir(wanted), 0o755),
	)
	if err == nil {
		err = os.Symlink("../"+userUnitName, wanted)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("install session helper: %w", err)
	}
	return nil
}

func uninstallSession(root string) error {
	units := filepath.Join(root, userUnits)
	err := errors.Join(
		gone(filepath.Join(units, wants, userUnitName)),
		gone(filepath.Join(units, userUnitName)),
		gone(filepath.Join(root, autostartFolder, autostartName)),
	)
	if err != nil {
		return fmt.Errorf("remove session helper: %w", err)
	}
	for _, made := range []string{filepath.Join(units, wants), filepath.Join(root, autostartFolder)} {
		_ = os.Remove(made) // unless there is more in it
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
X-GNOME-HiddenUnderSystemd=true
X-systemd-skip=true
`

func userUnit(c Config) string {
	return strings.NewReplacer("COMMAND", quoted(c.Program)+" session").Replace(userUnitText)
}

const userUnitText = `[Unit]
Description=Trustline tells people when something was stopped, and what to do instead
PartOf=graphical-session.target
After=graphical-session.target
StartLimitIntervalSec=0

[Service]
ExecStart=COMMAND
# One that was started otherwise in this session makes this one end well.
Restart=on-failure
RestartSec=5

[Install]
WantedBy=graphical-session.target
`

// execQuoted quotes a checked path for Exec (Desktop Entry Specification, "The
// Exec key").
func execQuoted(path string) string { return `"` + strings.ReplaceAll(path, "%", "%%") + `"` }
