//go:build !linux && !windows

package isolate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// errNoFilter says why nothing can be closed off here.
var errNoFilter = fmt.Errorf("closing internal systems off works on Linux and Windows only so far: %w", errors.ErrUnsupported)

func install(ruleset) (bool, error) { return false, errNoFilter }

func cut(ruleset) (int, error) { return 0, errNoFilter }

// Remove takes our rules away and answers whether there were any: never here.
func Remove() (bool, error) { return false, nil }

// Read answers what is in force: nothing here.
func Read() (Status, error) { return Status{}, nil }

func watchTable(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return nil
}

func watchAttempts(ctx context.Context, _ *slog.Logger, _ func(Attempt)) error {
	<-ctx.Done()
	return nil
}
