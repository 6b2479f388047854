//go:build !linux

package guard

import (
	"context"
	"log/slog"
)

// Guard is one medium under guard.
type Guard struct{}

// Options are what a guard needs besides its judge.
type Options struct {
	Scratch string
	Log     *slog.Logger
}

// Start answers ErrUnsupported: there is no guard file system here yet.
func Start(context.Context, Medium, Judge, Options) (*Guard, error) { return nil, ErrUnsupported }

// State answers how far protection reaches.
func (*Guard) State() State { return Gone }

// Ended is closed once the guard guards no more.
func (*Guard) Ended() <-chan struct{} { return nil }

// Stop gives the medium back.
func (*Guard) Stop(context.Context) error { return ErrUnsupported }
