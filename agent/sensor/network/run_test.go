package network

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/trustline/trustline/beacon"
)

// standing is a system that stays where it is, from where nothing is reached.
type standing struct{ facts Facts }

func (s standing) look(context.Context) (Facts, Source, error) { return s.facts, Netlink, nil }
func (standing) watch(context.Context, func()) error           { return nil }
func (standing) dialer(Link) *net.Dialer {
	return &net.Dialer{Control: func(string, string, syscall.RawConn) error { return errors.New("not here") }}
}

// Whoever was somewhere else and back between two looks does not take the answer
// from there for one from here: it is asked again.
func TestAnswersFromElsewhereDoNotCount(t *testing.T) {
	cafe := Facts{Links: []Link{{Name: "wlan0", Kind: Wifi, Addresses: []netip.Prefix{netip.MustParsePrefix("192.168.43.5/24")}, Default: true, SSID: "Café", Security: Open}}}
	for name, moved := range map[string]bool{"it stayed": false, "it was away": true} {
		t.Run(name, func(t *testing.T) {
			var last State
			w := &Watcher{system: standing{cafe}, targets: []beacon.Target{{Address: "192.0.2.1:8444"}}, log: slog.New(slog.DiscardHandler)}
			r := newRun(w, func(s State) { last = s })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r.look(ctx)
			if moved {
				r.unsettled()
			}
			r.heard(ctx, answers{r.question, map[string]beacon.Outcome{"wlan0": beacon.Answered}})
			if corporate := last.Trust == Corporate; corporate == moved {
				t.Fatalf("after an answer it is %q", last.Trust)
			}
			asked := r.question
			r.look(ctx)
			if again := r.question > asked; again != moved {
				t.Errorf("asked again: %t", again)
			}
			if !moved {
				return
			}
			r.heard(ctx, answers{r.question, map[string]beacon.Outcome{"wlan0": beacon.Silent}})
			if last.Trust != Public || !last.Settled {
				t.Errorf("it is %q, settled %t", last.Trust, last.Settled)
			}
		})
	}
}
