//go:build !linux

package sandbox

import (
	"fmt"
	"runtime"
	"time"

	"errors"
)

// canBecome tells whether a program can be confined at all.
func canBecome() error {
	return fmt.Errorf("other programs cannot be confined on %s yet: %w", runtime.GOOS, errors.ErrUnsupported)
}

func confineTo(string, string, int64, time.Duration) error { return canBecome() }

func execute(string, []string, []string) error { return canBecome() }
