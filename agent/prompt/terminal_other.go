//go:build !linux

package prompt

import (
	"errors"
	"fmt"
	"runtime"
)

// seat is where a person sits: the terminal of the process that was stopped.
type seat struct {
	uid      int
	own      string // path of the process's terminal, "" when it has none
	remote   bool   // the process was started over ssh
	language string // "" when unknown
}

func findSeat(_, uid int) seat { return seat{uid: uid} }

func (s *seat) learnLanguage() {}

func (s seat) write(string) error {
	return fmt.Errorf("write to a terminal on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
