package repair

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// socket removes a control socket at which nobody listens: Run has found that
// nobody does.
func socket(s Setup) (Outcome, int, error) {
	info, err := os.Lstat(s.Socket)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Nothing, 0, nil
	case err != nil:
		return Failed, 0, fmt.Errorf("look at the control socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return Nothing, 0, nil // none of ours, or a pipe of Windows
	}
	if err := os.Remove(s.Socket); err != nil {
		return Failed, 0, fmt.Errorf("remove the control socket: %w", err)
	}
	return Repaired, 1, nil
}
