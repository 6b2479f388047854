package installer

import (
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Supervisor tells whoever started the service how it is doing: systemd, by
// sd_notify(3). Where nobody asked, it tells nobody.
type Supervisor struct{ Log *slog.Logger }

// Ready says that the service does its work.
func (s Supervisor) Ready() { s.say(daemon.SdNotifyReady) }

// Alive says that the service is not stuck; systemd starts one anew that has
// not said so for a while.
func (s Supervisor) Alive() { s.say(daemon.SdNotifyWatchdog) }

// Pulse answers how often Alive has to be heard, with room to spare; 0 when
// nobody listens.
func (s Supervisor) Pulse() time.Duration {
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		s.Log.Warn("cannot see whether the service manager watches", "error", err)
	}
	return limit / 4
}

// Stopping says that the service ends as it was told to.
func (s Supervisor) Stopping() { s.say(daemon.SdNotifyStopping) }

func (s Supervisor) say(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.Log.Warn("cannot tell the service manager", "state", state, "error", err)
	}
}
