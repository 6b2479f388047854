package ledger

import "time"

// setBack is how far behind the latest time one must be to mean that the clock
// was set back, and not that two activities arrived out of order.
const setBack = time.Minute

// clock counts the seconds that have passed as the system's clock shows them,
// and stands still while that is behind where it has been: setting the clock
// back neither brings totals down nor keeps them from ever expiring.
type clock struct {
	seconds int64     // passed since the ledger was made
	last    time.Time // the latest time seen since the clock was last set back
}

// at answers where the clock would be at the time given.
func (c *clock) at(t time.Time) int64 {
	if c.last.IsZero() {
		return c.seconds
	}
	// Round strips the reading that stands still while a laptop sleeps.
	return c.seconds + max(0, int64(t.Round(0).Sub(c.last.Round(0))/time.Second))
}

func (c *clock) advance(t time.Time) {
	c.seconds = c.at(t)
	if behind := c.last.Round(0).Sub(t.Round(0)); behind <= 0 || behind > setBack {
		c.last = t
	}
}
