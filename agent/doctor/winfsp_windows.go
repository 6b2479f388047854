package doctor

import (
	"context"
	"errors"

	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/message"
)

// winfsp asks for what guards of drives stand on. Without it drives are read-only,
// which is no fault of the machine.
func winfsp(context.Context, *examination) finding {
	version, err := guard.Library()
	switch {
	case errors.Is(err, guard.ErrNoLibrary):
		return found(Unsupported, "missing", nil)
	case errors.Is(err, guard.ErrOldLibrary):
		return warn("old", because(err))
	case err != nil:
		return fail("refused", because(err))
	}
	return fine(message.Args{"Version": version})
}
