package doctor

import (
	"context"
	"time"

	"github.com/trustline/trustline/message"
)

// skew is how far this machine's clock may differ from the console's; the
// console's is told in whole seconds and arrives a little late.
const skew = 2 * time.Minute

// made is before any machine that runs this: a clock behind it is wrong
// whatever else is known.
var made = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// clock holds this machine's clock against the console's.
func clock(_ context.Context, e *examination) finding {
	now := time.Now()
	switch ahead := e.clockAhead.Round(time.Second); {
	case now.Before(made):
		return fail("past", message.Args{"Now": now.UTC().Format(time.DateTime)})
	case e.consoleClock.IsZero():
		return found(OK, "unchecked", nil)
	case ahead > skew:
		return warn("ahead", message.Args{"By": ahead.String()})
	case ahead < -skew:
		return warn("behind", message.Args{"By": (-ahead).String()})
	}
	return fine()
}
