//go:build !linux && !windows

package guard

import (
	"context"
	"log/slog"
	"os"

	"github.com/trustline/trustline/agent/guard/letters"
	"github.com/trustline/trustline/rules/activity"
)

// Supported: there is no guard on this system yet.
const Supported = false

// Guard is one medium under guard.
type Guard struct{}

// Options are what a guard needs besides its judge.
type Options struct {
	Scratch string
	Letters *letters.Keeper
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

// Volume answers none.
func (*Guard) Volume() string { return "" }

// Wrote answers false.
func (*Guard) Wrote(string, os.FileInfo) bool { return false }

// CanGuard answers ErrUnsupported.
func CanGuard(Medium) error { return ErrUnsupported }

// Source answers the file a program copies from, which cannot be told here.
func Source(activity.Activity) string { return "" }

// Holdouts answers the programs that may still write unseen.
func (*Guard) Holdouts() []Holdout { return nil }

// Possible answers ErrUnsupported.
func Possible() error { return ErrUnsupported }
