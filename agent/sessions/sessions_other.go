//go:build !windows

package sessions

import (
	"context"
	"log/slog"
)

// Keep does nothing here: desktops start the helper themselves.
func Keep(context.Context, []string, *slog.Logger) error { return nil }
