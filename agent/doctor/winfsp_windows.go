package doctor

import (
	"cmp"
	"context"
	"errors"

	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/message"
)

// winfsp asks for what guards of drives stand on. The service does not use it yet,
// which is no fault of the machine.
func winfsp(context.Context, *examination) finding {
	version, err := guard.Library()
	if errors.Is(err, guard.ErrNoLibrary) {
		return found(Unsupported, "missing", nil)
	}
	return found(Unsupported, "unused", []message.Args{{"Version": cmp.Or(version, "?")}})
}
