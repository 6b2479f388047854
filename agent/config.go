package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/agent/sensor/network"
)

// Config is what IT writes for one workstation.
type Config struct {
	// State is the folder for the spool, the totals and the machine's identity.
	State string `yaml:"state"`
	// Socket is where `trustline status` and `trustline session` reach the service.
	Socket string `yaml:"socket"`
	// Policy is the policy file; empty means the built-in policy.
	Policy string `yaml:"policy"`
	// Console is where incidents go; without a URL they stay in the spool.
	Console ConsoleConfig `yaml:"console"`
	// Removable lists mount points and device nodes to treat as removable
	// media beside those the system says are.
	Removable []string `yaml:"removable"`
	// Exclude lists serial numbers of devices the guard leaves alone.
	Exclude []string `yaml:"exclude"`
	// Watch lists folders whose new files are looked at and reported, such as
	// the folder of a cloud drive.
	Watch []string `yaml:"watch"`
	// Discovery says which folders are searched for what lies there already.
	Discovery discovery.Config `yaml:"discovery"`
	// Network says how networks are recognised.
	Network network.Config `yaml:"network"`
}

// ConsoleConfig says where the console is and how it is recognised.
type ConsoleConfig struct {
	URL       string `yaml:"url"`
	Pin       string `yaml:"pin"`        // sha256//BASE64 of the certificate's public key; empty: the system's CAs
	TokenFile string `yaml:"token-file"` // holds the enrolment token, once; removed when the machine is enrolled
}

const maxConfigSize = 1 << 20

// DefaultConfig is what holds where the file says nothing.
func DefaultConfig() Config {
	return Config{State: defaultState, Socket: control.DefaultPath}
}

// LoadConfig reads a configuration file. Errors name file, line and remedy.
func LoadConfig(path string) (Config, error) {
	c := DefaultConfig()
	f, err := os.Open(path)
	if err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigSize+1))
	if err != nil {
		return c, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if len(data) > maxConfigSize {
		return c, fmt.Errorf("read configuration %s: larger than %d bytes", path, maxConfigSize)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("configuration %s: %w", path, err)
	}
	return c, nil
}

func (c *Config) check() error {
	var errs []error
	for field, p := range map[string]string{"state": c.State, "socket": c.Socket} {
		if !filepath.IsAbs(p) {
			errs = append(errs, fmt.Errorf("%s: needs an absolute path", field))
		}
	}
	for field, list := range map[string][]string{"removable": c.Removable, "watch": c.Watch} {
		for _, p := range list {
			if !filepath.IsAbs(p) {
				errs = append(errs, fmt.Errorf("%s: %q is not an absolute path", field, p))
			}
		}
	}
	if c.Policy != "" && !filepath.IsAbs(c.Policy) {
		errs = append(errs, errors.New("policy: needs an absolute path"))
	}
	return errors.Join(append(errs, c.Network.Check(), c.Discovery.Check(), c.Console.check())...)
}

func (c *ConsoleConfig) check() error {
	if c.URL == "" {
		return nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return errors.New("console.url: needs an address such as https://console.example:8443")
	}
	if c.TokenFile != "" && !filepath.IsAbs(c.TokenFile) {
		return errors.New("console.token-file: needs an absolute path")
	}
	return nil
}

// settle fills in the console that the machine was enrolled with by hand,
// where the configuration names none.
func (c *ConsoleConfig) settle(state string) {
	if c.URL != "" {
		return
	}
	if to, _, err := identity.Shown(state); err == nil {
		c.URL, c.Pin = to.URL, to.Pin
	}
}
