package network

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/trustline/trustline/beacon"
)

// Config is what IT writes about networks for a workstation.
type Config struct {
	Rules `yaml:",inline"`
	// Beacons are the company's own; any of them that answers is enough.
	Beacons []BeaconConfig `yaml:"beacons"`
}

// BeaconConfig says where a beacon is and how it is recognised.
type BeaconConfig struct {
	Address string   `yaml:"address"` // host:port on the inside
	Pins    []string `yaml:"pins"`    // sha256//BASE64, one or, while a key is being changed, several
	// NAT accepts that the beacon sees this machine under another address.
	NAT bool `yaml:"nat"`
}

// Bounds of a configuration.
const (
	maxBeacons = 4
	maxPins    = 4
	maxNames   = 200
)

// targets checks a configuration. Errors name the field and the remedy.
func (c Config) targets() ([]beacon.Target, error) {
	var errs []error
	if c.Unknown != "" && c.Unknown != Home && c.Unknown != Public {
		errs = append(errs, fmt.Errorf("network.unknown: %q is neither %q nor %q", c.Unknown, Home, Public))
	}
	for field, list := range map[string][]string{"vpn": c.VPN, "home": c.Home, "public": c.Public} {
		if len(list) > maxNames {
			errs = append(errs, fmt.Errorf("network.%s: at most %d names", field, maxNames))
		}
	}
	if len(c.Beacons) > maxBeacons {
		errs = append(errs, fmt.Errorf("network.beacons: at most %d beacons", maxBeacons))
	}
	var targets []beacon.Target
	for i, b := range c.Beacons {
		t, err := b.target()
		if err != nil {
			errs = append(errs, fmt.Errorf("network.beacons, number %d: %w", i+1, err))
		}
		targets = append(targets, t)
	}
	return targets, errors.Join(errs...)
}

func (b BeaconConfig) target() (beacon.Target, error) {
	t := beacon.Target{Address: b.Address, NAT: b.NAT}
	host, port, err := net.SplitHostPort(b.Address)
	if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || host == "" || portErr != nil || n == 0 {
		return t, errors.New("address: needs host:port, such as 10.20.0.2:8444")
	}
	if len(b.Pins) == 0 || len(b.Pins) > maxPins {
		return t, fmt.Errorf("pins: needs between one and %d pins, as the beacon prints them when it starts", maxPins)
	}
	for _, text := range b.Pins {
		p, err := beacon.ParsePin(text)
		if err != nil {
			return t, fmt.Errorf("pins: %w", err)
		}
		t.Pins = append(t.Pins, p)
	}
	return t, nil
}

// Check says what is wrong with a configuration.
func (c Config) Check() error {
	_, err := c.targets()
	return err
}
