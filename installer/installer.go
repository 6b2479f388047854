// Package installer makes the program a service of the operating system:
// registered, started at boot, restarted when it ends, and gone without a trace
// when it is removed. It also has every desktop session start the employee's
// session helper. It never runs what it installs in its own process and never
// touches the service's data.
package installer

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/kardianos/service"
)

// Name is the service's name with the system's service manager.
const Name = "trustline"

// Config says what is to be run as a service.
type Config struct {
	Program string // absolute path of the trustline program
	File    string // absolute path of its configuration
}

// ErrNoManager: this system has no service manager the product knows.
var ErrNoManager = errors.New("no service manager that trustline knows (systemd, launchd, Windows services) is running here: have yours run \"trustline run --config FILE\" as root, and start it again whenever it ends")

// Service answers the service as the system's service manager knows it:
// Install, Uninstall, Start, Stop, Status. The program is nil unless it is to
// be Run; see Run.
func Service(c Config, program service.Interface) (service.Service, error) {
	if runtime.GOOS == "linux" && service.Platform() != "linux-systemd" {
		return nil, ErrNoManager
	}
	config, err := c.service()
	if err != nil {
		return nil, err
	}
	s, err := service.New(program, config)
	if err != nil {
		return nil, fmt.Errorf("use the service manager: %w", err)
	}
	return s, nil
}

func (c Config) service() (*service.Config, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return &service.Config{
		Name:        Name,
		DisplayName: "Trustline",
		Description: "Keeps customer information on the company's machines",
		Executable:  c.Program,
		Arguments:   []string{"run", "--config", c.File},
		Option: service.KeyValue{
			"SystemdScript": unit(c),
			// Windows: start at boot, start again a second after a crash.
			"StartType":              "automatic",
			"OnFailure":              "restart",
			"OnFailureDelayDuration": "1s",
			"OnFailureResetPeriod":   24 * 60 * 60,
			// launchd: the same.
			"KeepAlive": true,
			"RunAtLoad": true,
		},
	}, nil
}

// check refuses paths that a service manager or a desktop would read as more
// than a path.
func (c Config) check() error {
	special := "\"'$`*?{}"
	if runtime.GOOS != "windows" {
		special += `\`
	}
	for what, path := range map[string]string{"program": c.Program, "configuration": c.File} {
		control := strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f })
		if !filepath.IsAbs(path) || control || strings.ContainsAny(path, special) {
			return fmt.Errorf("the path of the %s must be absolute and have none of %s in it", what, special)
		}
	}
	return nil
}
