package doctor

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/enforce/isolate"
)

// firewall closes something off in a network of its own.
func firewall(context.Context, *examination) finding {
	if !privileged() {
		return warn("not-root")
	}
	err := isolate.Try()
	switch {
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EPROTONOSUPPORT), errors.Is(err, unix.ENOENT):
		return fail("missing", because(err))
	case err != nil:
		return fail("refused", because(err))
	}
	return fine()
}
