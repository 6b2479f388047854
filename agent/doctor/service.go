package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/message"
)

// servicePatience bounds how long a running service may take to answer.
const servicePatience = 3 * time.Second

// service asks the running service how it is.
func service(ctx context.Context, e *examination) finding {
	ctx, cancel := context.WithTimeout(ctx, servicePatience)
	defer cancel()
	client, err := control.Dial(ctx, e.Socket)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return unsupported(because(err))
	case errors.Is(err, control.ErrNotRunning):
		return fail("stopped")
	case err != nil:
		return fail("silent", because(err))
	}
	defer client.Close()
	s, err := client.Status(ctx)
	if err != nil {
		return fail("silent", because(err))
	}
	if s.Degraded() {
		return warn("degraded", message.Args{"Version": s.Version})
	}
	return fine(message.Args{"Version": s.Version})
}
