package network

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// NetworkManager's names on the bus. Reference:
// https://networkmanager.dev/docs/api/latest/spec.html
const (
	nmName     = "org.freedesktop.NetworkManager"
	nmRoot     = dbus.ObjectPath("/org/freedesktop/NetworkManager")
	nmObjects  = dbus.ObjectPath("/org/freedesktop")
	nmDevice   = nmName + ".Device"
	nmWireless = nmName + ".Device.Wireless"
	nmPoint    = nmName + ".AccessPoint"
	nmActive   = nmName + ".Connection.Active"

	properties    = "org.freedesktop.DBus.Properties"
	objectManager = "org.freedesktop.DBus.ObjectManager"
)

// How long to wait before the bus is tried again, at first and at most.
const (
	busRetry    = 5 * time.Second
	maxBusRetry = time.Minute
)

// errNoManager: NetworkManager does not run here.
var errNoManager = errors.New("NetworkManager does not run")

// manager talks to NetworkManager. It keeps one connection to the system bus,
// made anew when it breaks.
type manager struct {
	log *slog.Logger

	mu     sync.Mutex
	conn   *dbus.Conn
	failed time.Time // when the bus was last out of reach
}

// bus answers the connection, or why there is none.
func (m *manager) bus() (*dbus.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conn != nil && m.conn.Connected() {
		return m.conn, nil
	}
	if time.Since(m.failed) < busRetry-time.Second {
		return nil, errNoManager
	}
	c, err := dbus.ConnectSystemBus()
	if err != nil {
		m.failed = time.Now()
		return nil, fmt.Errorf("connect to the system bus: %w", err)
	}
	m.conn = c
	return c, nil
}

// objects is everything NetworkManager publishes: path, interface, property.
type objects map[dbus.ObjectPath]map[string]map[string]dbus.Variant

// look asks for everything in one call, so that it is of one moment.
func (m *manager) look(ctx context.Context) (known, error) {
	c, err := m.bus()
	if err != nil {
		return known{}, err
	}
	var all objects
	call := c.Object(nmName, nmObjects).CallWithContext(ctx, objectManager+".GetManagedObjects", dbus.FlagNoAutoStart)
	if err := call.Store(&all); err != nil {
		return known{}, fmt.Errorf("ask NetworkManager: %w", err)
	}
	return read(all), nil
}

// watch listens for what matters until the context ends; where the bus is out
// of reach it tries again, less and less often.
func (m *manager) watch(ctx context.Context, changed func()) error {
	defer m.close()
	pause, told := busRetry, false
	for ctx.Err() == nil {
		c, err := m.bus()
		if err == nil {
			pause, told = busRetry, false
			err = m.listen(ctx, c, changed)
			changed() // what the bus told us is old from now on
		}
		if err != nil && !told {
			told = true
			m.log.Warn("NetworkManager is out of reach: links and routes are watched, Wi-Fi is not", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, maxBusRetry)
	}
	return nil
}

func (m *manager) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conn != nil {
		m.conn.Close()
	}
}

// listen passes signals on until the bus or the context ends.
func (m *manager) listen(ctx context.Context, c *dbus.Conn, changed func()) error {
	signals := make(chan *dbus.Signal, 64)
	c.Signal(signals)
	defer c.RemoveSignal(signals)
	from := dbus.WithMatchSender(nmName)
	for _, match := range [][]dbus.MatchOption{
		{from, dbus.WithMatchInterface(properties), dbus.WithMatchPathNamespace(nmRoot)},
		{from, dbus.WithMatchInterface(objectManager)},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, nmName)},
	} {
		if err := c.AddMatchSignalContext(ctx, match...); err != nil {
			return fmt.Errorf("listen to NetworkManager: %w", err)
		}
	}
	changed() // whatever happened before we listened
	for {
		select {
		case <-ctx.Done():
			return nil
		case s, ok := <-signals:
			if !ok {
				return errors.New("listen to NetworkManager: the bus is gone")
			}
			if matters(s) {
				changed()
			}
		}
	}
}

// telling are the properties that say something about trust. Others change
// all the time: signal strength, bit rate, when an access point was last seen.
var telling = map[string]bool{
	"Connectivity": true, "Metered": true, "ActiveConnections": true, "PrimaryConnection": true, "State": true, "Devices": true,
	"ActiveConnection": true, "ActiveAccessPoint": true, "Interface": true, "IpInterface": true, "Id": true, "SpecificObject": true, "Vpn": true,
	"Flags": true, "WpaFlags": true, "RsnFlags": true, "Ssid": true,
}

func matters(s *dbus.Signal) bool {
	switch {
	case s.Name == properties+".PropertiesChanged" && len(s.Body) == 3:
		set, _ := s.Body[1].(map[string]dbus.Variant)
		gone, _ := s.Body[2].([]string)
		for name := range set {
			if telling[name] {
				return true
			}
		}
		for _, name := range gone {
			if telling[name] {
				return true
			}
		}
		return false
	case strings.HasPrefix(s.Name, objectManager+".") && len(s.Body) > 0:
		path, _ := s.Body[0].(dbus.ObjectPath)
		return !strings.Contains(string(path), "/AccessPoint/") // the neighbours' come and go
	}
	return true
}
