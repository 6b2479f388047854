//go:build !windows

package installer

import "context"

// Run runs the program until the context ends. systemd and launchd talk in
// signals, as terminals do, and those end the context; both keep what the
// program says. The error is what the program answered, so that a service that
// fails ends with an error and is started again.
func Run(ctx context.Context, _ error, program func(ctx context.Context, unheard bool) error) error {
	return program(ctx, false)
}
