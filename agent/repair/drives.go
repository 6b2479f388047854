package repair

import (
	"log/slog"
	"path/filepath"

	"github.com/trustline/trustline/agent/enforce/drives"
)

// readOnlyDrives gives back the drives that a service that is gone has left
// read-only.
func readOnlyDrives(s Setup) (Outcome, int, error) {
	k, err := drives.New(filepath.Join(s.State, drives.FileName), slog.New(slog.DiscardHandler))
	if err != nil {
		return Failed, 0, err
	}
	return giveBack(k, s.Enrolled)
}

// leftover is what a service has left; drives.Keeper is one.
type leftover interface {
	Left() int
	Stop() error
}

func giveBack(k leftover, enrolled bool) (Outcome, int, error) {
	n := k.Left()
	switch {
	case n == 0:
		return Nothing, 0, nil
	case enrolled:
		return Left, n, nil
	}
	if err := k.Stop(); err != nil {
		return Failed, n, err
	}
	return Repaired, n, nil
}
