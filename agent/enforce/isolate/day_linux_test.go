package isolate

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/sensor/network"
	"github.com/trustline/trustline/agent/sensor/network/laboratory"
)

// TestDay is the laboratory in full: sensor and isolator together, wired as
// the agent does it; internal systems are reachable exactly when they should
// be.
func TestDay(t *testing.T) {
	w := laboratory.New(t)
	laboratory.Bus(t)
	m := laboratory.Manager(t)
	seen := &stopped{}
	i := isolator(t, seen.config(Config{}))
	states := make(chan network.State, 1000)
	watch(t, w, func(s network.State) {
		var err error
		switch s.Trust {
		case network.Public:
			err = i.Apply(context.Background(), company(Internal))
		case network.Offline: // what comes next is not known: stay as it is, closed at the start
		default:
			err = i.Lift()
		}
		if err != nil {
			t.Error(err)
		}
		states <- s
	})
	become := func(want network.Trust, change func()) {
		t.Helper()
		change()
		start := time.Now()
		for {
			select {
			case s := <-states:
				if s.Trust == want && s.Settled {
					t.Logf("%s seen after %v", want, time.Since(start).Round(time.Millisecond))
					return
				}
			case <-time.After(time.Minute):
				t.Fatalf("%s was never seen", want)
			}
		}
	}
	for round := range 2 {
		become(network.Corporate, func() { m.Connect("Company", laboratory.WPA, laboratory.Full); w.Plug("ap-company") })
		reachable(t, laboratory.Inside, laboratory.Exposed)
		become(network.Public, func() {
			w.Unplug()
			m.Connect("Café Free", laboratory.NoSecurity, laboratory.Full)
			w.Plug("ap-cafe")
		})
		refused(t, laboratory.Exposed, laboratory.Inside)
		reachable(t, laboratory.Elsewhere)
		var down func()
		become(network.VPN, func() { down = w.VPN() })
		reachable(t, laboratory.Inside, laboratory.Exposed)
		become(network.Public, func() { down() })
		refused(t, laboratory.Exposed, laboratory.Inside)
		become(network.Home, func() {
			w.Unplug()
			m.Connect("Home", laboratory.WPA, laboratory.Full)
			w.Plug("ap-home")
		})
		reachable(t, laboratory.Exposed)
		become(network.Public, func() { m.Connectivity(laboratory.Portal) })
		refused(t, laboratory.Exposed)
		become(network.Offline, func() { w.Unplug(); m.Disconnect() })
		if s, err := Read(); err != nil || !s.Isolated {
			t.Errorf("round %d: offline opened what public had closed: %+v, %v", round, s, err)
		}
	}
}

func watch(t *testing.T, w *laboratory.World, report func(network.State)) {
	t.Helper()
	c := network.Config{Beacons: []network.BeaconConfig{{Address: laboratory.Beacon, Pins: []string{w.Pin.String()}}}}
	watcher, err := network.New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- watcher.Run(ctx, report) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
