package network

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/sensor/network/laboratory"
	"github.com/trustline/trustline/beacon"
)

func TestMain(m *testing.M) { os.Exit(laboratory.Main(m)) }

// observer runs a watcher and collects what it reports.
type observer struct {
	t      *testing.T
	states chan State
	last   State
}

func observe(t *testing.T, w *laboratory.World, more ...func(*Config)) *observer {
	t.Helper()
	c := Config{Beacons: []BeaconConfig{{Address: laboratory.Beacon, Pins: []string{w.Pin.String()}}}}
	for _, f := range more {
		f(&c)
	}
	watcher, err := New(c, slog.New(slog.NewTextHandler(testWriter{t}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	o := &observer{t: t, states: make(chan State, 10_000)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- watcher.Run(ctx, func(s State) { o.states <- s }) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the watcher does not stop")
		}
	})
	return o
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(line []byte) (int, error) {
	w.t.Logf("%s", line)
	return len(line), nil
}

// expect makes a change and waits until it is seen and settled. Seen is when
// the right trust is reported and stays.
func (o *observer) expect(trust Trust, reason Reason, change func()) State {
	o.t.Helper()
	start := time.Now()
	change()
	changed := time.Since(start)
	seen := time.Duration(-1)
	limit := time.After(time.Minute)
	for {
		select {
		case o.last = <-o.states:
			if o.last.Trust != trust || o.last.Reason != reason {
				seen = -1
				continue
			}
			if seen < 0 {
				seen = max(0, time.Since(start)-changed)
			}
			if !o.last.Settled {
				continue
			}
			o.t.Logf("%s (%s) seen %v after the change, settled %v after it", trust, reason, seen.Round(time.Millisecond), (time.Since(start) - changed).Round(time.Millisecond))
			return o.last
		case <-limit:
			o.t.Fatalf("%s (%s) was never seen; last seen: %+v", trust, reason, o.last)
		}
	}
}

// silent makes sure that nothing is reported for a while.
func (o *observer) silent(d time.Duration) {
	o.t.Helper()
	select {
	case s := <-o.states:
		o.t.Errorf("reported without a change: %+v", s)
	case <-time.After(d):
	}
}

func TestDayOfALaptop(t *testing.T) {
	w := laboratory.New(t)
	laboratory.Bus(t)
	m := laboratory.Manager(t)
	o := observe(t, w)

	o.expect(Offline, NoNetwork, func() {})
	s := o.expect(Corporate, BeaconAnswered, func() { m.Connect("Company", laboratory.WPA, laboratory.Full); w.Plug("ap-company") })
	l, _ := s.Primary()
	if s.Source != NetworkManager || l.SSID != "Company" || l.Security != WPAPersonal || l.Kind != Wifi || s.Connectivity != Full ||
		len(l.Gateways) != 1 || l.Gateways[0].String() != "10.20.0.1" || l.Connection != "Company" || l.Beacon != beacon.Answered {
		t.Errorf("facts: %+v of %+v", l, s)
	}
	o.expect(Offline, NoNetwork, func() { m.Disconnect(); w.Unplug() })
	o.expect(Public, OpenWifi, func() { m.Connect("Café Free", laboratory.NoSecurity, laboratory.Full); w.Plug("ap-cafe") })
	var down func()
	s = o.expect(VPN, BeaconOverVPN, func() { down = w.VPN() })
	if !slices.Contains(s.Also, StrangersToo) {
		t.Errorf("the open Wi-Fi below the VPN is not mentioned: %v", s.Also)
	}
	o.expect(Public, OpenWifi, func() { down() })
	o.expect(Home, SecuredWifi, func() {
		w.Unplug()
		m.Connect("Home", laboratory.WPA, laboratory.Full)
		w.Plug("ap-home")
	})
	o.expect(Public, CaptivePortal, func() { m.Connectivity(laboratory.Portal) })
	o.expect(Home, SecuredWifi, func() { m.Connectivity(laboratory.Full) })
	o.expect(Offline, NoNetwork, func() { w.Unplug(); m.Disconnect() })
	o.silent(500 * time.Millisecond)
}

// TestRoamingWithoutASign: from the company's network straight to a café's,
// with no moment offline, both ways.
func TestRoamingWithoutASign(t *testing.T) {
	w := laboratory.New(t)
	laboratory.Bus(t)
	m := laboratory.Manager(t)
	o := observe(t, w)
	for range 3 {
		o.expect(Corporate, BeaconAnswered, func() { m.Connect("Company", laboratory.WPA, laboratory.Full); w.Plug("ap-company") })
		o.expect(Public, OpenWifi, func() {
			m.Connect("Café Free", laboratory.NoSecurity, laboratory.Full)
			w.Unplug()
			w.Plug("ap-cafe")
		})
		w.Unplug()
	}
}

func TestImpostorDoesNotLookCorporate(t *testing.T) {
	w := laboratory.New(t)
	laboratory.Bus(t)
	m := laboratory.Manager(t)
	w.Claim()
	wrong, _ := laboratory.Identity(t)
	w.Beacon(laboratory.NSWorld, laboratory.Beacon, wrong)
	o := observe(t, w)
	s := o.expect(Public, OpenWifi, func() { m.Connect("Company", laboratory.NoSecurity, laboratory.Full); w.Plug("ap-cafe") })
	if !slices.Contains(s.Also, BeaconImpostor) {
		t.Errorf("the impostor is not mentioned: %+v", s.Verdict)
	}
	for len(o.states) > 0 {
		if s := <-o.states; s.Trust == Corporate || s.Trust == VPN {
			t.Errorf("an impostor counts as %s", s.Trust)
		}
	}
}

func TestWithoutNetworkManager(t *testing.T) {
	w := laboratory.New(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	o := observe(t, w)
	s := o.expect(Corporate, BeaconAnswered, func() { w.Plug("ap-company") })
	if s.Source != Netlink {
		t.Errorf("facts are said to come from %s", s.Source)
	}
	o.expect(Offline, NoNetwork, w.Unplug)
	// A cable end looks like a wire when nobody says it is Wi-Fi.
	o.expect(Home, WiredPrivate, func() { w.Plug("ap-home") })
}

func TestNetworkManagerComesAndGoes(t *testing.T) {
	w := laboratory.New(t)
	laboratory.Bus(t)
	o := observe(t, w)
	if s := o.expect(Home, WiredPrivate, func() { w.Plug("ap-cafe") }); s.Source != Netlink {
		t.Errorf("facts are said to come from %s", s.Source)
	}
	var m *laboratory.NetworkManager
	s := o.expect(Public, OpenWifi, func() { m = laboratory.Manager(t); m.Connect("Café Free", laboratory.NoSecurity, laboratory.Full) })
	if s.Source != NetworkManager {
		t.Errorf("facts are said to come from %s", s.Source)
	}
	if s := o.expect(Home, WiredPrivate, m.Stop); s.Source != Netlink {
		t.Errorf("facts are said to come from %s", s.Source)
	}
}

func TestNamedVPN(t *testing.T) {
	w := laboratory.New(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	o := observe(t, w, func(c *Config) { c.Beacons, c.VPN = nil, []string{"vpn0"} })
	o.expect(Home, WiredPrivate, func() { w.Plug("ap-home") })
	var down func()
	o.expect(VPN, NamedVPN, func() { down = w.VPN() })
	o.expect(Home, WiredPrivate, func() { down() })
}

// TestFlapping changes the network a thousand times: the state is right in the
// end, nothing piles up, and the machine is not busy with it.
func TestFlapping(t *testing.T) {
	w := laboratory.New(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	o := observe(t, w)
	o.expect(Corporate, BeaconAnswered, func() { w.Plug("ap-company") })
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for range 100 { // ten changes each: link, addresses, routes, and back
		w.Unplug()
		w.Plug("ap-company")
	}
	o.expect(Home, WiredPrivate, func() { w.Unplug(); w.Plug("ap-home") })
	o.expect(Corporate, BeaconAnswered, func() { w.Unplug(); w.Plug("ap-company") })
	t.Logf("%d states are waiting", len(o.states))
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		routines, open := runtime.NumGoroutine(), openFiles(t)
		if routines <= goroutines+5 && open <= files+3 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before; %d open files, %d before", routines, goroutines, open, files)
		}
	}
}

func openFiles(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestLook(t *testing.T) {
	w := laboratory.New(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	watcher, err := New(Config{Beacons: []BeaconConfig{{Address: laboratory.Beacon, Pins: []string{w.Pin.String()}}}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func()
		want   Trust
	}{{func() {}, Offline}, {func() { w.Plug("ap-company") }, Corporate}, {func() { w.Unplug(); w.Plug("ap-home") }, Home}} {
		c.change()
		s, err := watcher.Look(t.Context())
		for late := time.Now().Add(30 * time.Second); err == nil && s.Trust != c.want && time.Now().Before(late); {
			s, err = watcher.Look(t.Context()) // a beacon on a busy machine may be too slow for one look
		}
		if err != nil || s.Trust != c.want || !s.Settled {
			t.Errorf("got %s (%v), want %s", s.Trust, err, c.want)
		}
	}
}

// TestRealNetworkManager: what the imitation cannot show, namely that the
// real one is spoken to correctly.
func TestRealNetworkManager(t *testing.T) {
	w := laboratory.New(t)
	laboratory.Bus(t)
	w.Radio("ap-company")
	laboratory.RealManager(t)
	laboratory.NMCLI(t, "connection", "add", "type", "ethernet", "ifname", "wlan0", "con-name", "Office", "autoconnect", "no",
		"ipv4.method", "manual", "ipv4.addresses", "10.20.1.5/16", "ipv4.gateway", "10.20.0.1", "ipv6.method", "disabled")
	o := observe(t, w)
	o.expect(Offline, NoNetwork, func() {})
	s := o.expect(Corporate, BeaconAnswered, func() { laboratory.NMCLI(t, "connection", "up", "Office") })
	l, _ := s.Primary()
	for l.Connection != "Office" { // activated a moment after the address is there
		select {
		case s = <-o.states:
			l, _ = s.Primary()
		case <-time.After(30 * time.Second):
			t.Fatalf("facts: %+v of %+v", l, s)
		}
	}
	if s.Source != NetworkManager || s.Trust != Corporate || l.Kind != Virtual && l.Kind != Ethernet {
		t.Errorf("facts: %+v of %+v", l, s)
	}
	o.expect(Offline, NoNetwork, func() { laboratory.NMCLI(t, "connection", "down", "Office") })
}
