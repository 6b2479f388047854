package repair

import (
	"errors"

	"github.com/trustline/trustline/agent/enforce/isolate"
)

// isolation opens what a service that is gone has closed off.
func isolation(s Setup) (Outcome, int, error) {
	status, err := isolate.Read()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return Nothing, 0, nil
	case err != nil:
		return Failed, 0, err
	case !status.Isolated:
		return Nothing, 0, nil
	case s.Enrolled && status.AfterCrash != isolate.Clear:
		return Left, 1, nil
	}
	if _, err := isolate.Remove(); err != nil {
		return Failed, 0, err
	}
	return Repaired, 1, nil
}
