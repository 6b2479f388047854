//go:build !linux && !windows && !darwin

package prompt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

// Desktop shows notices as desktop notifications, until the context or the
// desktop session ends.
func (s Session) Desktop(context.Context) error {
	return fmt.Errorf("desktop notifications on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
