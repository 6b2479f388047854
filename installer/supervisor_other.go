//go:build !linux && !windows

package installer

import (
	"log/slog"
	"time"
)

// Supervisor tells whoever started the service how it is doing. The service
// managers of this system do not ask.
type Supervisor struct{ Log *slog.Logger }

// Ready says that the service does its work.
func (Supervisor) Ready() {}

// Alive says that the service is not stuck.
func (Supervisor) Alive() {}

// Pulse answers how often Alive has to be heard; 0 when nobody listens.
func (Supervisor) Pulse() time.Duration { return 0 }

// Stopping says that the service ends as it was told to.
func (Supervisor) Stopping() {}
