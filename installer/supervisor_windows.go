package installer

import (
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sys/windows"
)

// Supervisor tells whoever started the service how it is doing. Windows'
// service manager does not ask; it is told how to deal with failures.
type Supervisor struct{ Log *slog.Logger }

// Ready says that the service does its work.
func (s Supervisor) Ready() {
	if err := recovery(); err != nil && !errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		s.Log.Warn("the service will not be started again after a failure", "error", err)
	}
}

// Alive says that the service is not stuck.
func (Supervisor) Alive() {}

// Pulse answers how often Alive has to be heard; 0 when nobody listens.
func (Supervisor) Pulse() time.Duration { return 0 }

// Stopping says that the service ends as it was told to.
func (Supervisor) Stopping() {}
