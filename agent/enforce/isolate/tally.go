package isolate

import (
	"context"
	"net/netip"
	"time"
)

// Bounds of telling about attempts.
const (
	tellEvery    = 10 * time.Second // repetitions within come as one
	maxTallied   = 500              // different ones within that time
	maxUntallied = 1000             // waiting to be counted
)

// tally counts attempts: the first of its kind is told at once, its
// repetitions together after a while.
type tally struct {
	tell func(Attempt)
	in   chan Attempt
	seen map[attemptKey]*Attempt
}

type attemptKey struct {
	address  netip.Addr
	port     uint16
	protocol string
	uid      int
}

func newTally(tell func(Attempt)) *tally {
	return &tally{tell: tell, in: make(chan Attempt, maxUntallied), seen: map[attemptKey]*Attempt{}}
}

// add never waits: the kernel's own counter counts whatever is lost here.
func (t *tally) add(a Attempt) {
	select {
	case t.in <- a:
	default:
	}
}

func (t *tally) run(ctx context.Context) error {
	var due <-chan time.Time // while there is something to tell or to forget
	for {
		if due == nil && len(t.seen) > 0 {
			due = time.After(tellEvery)
		}
		select {
		case <-ctx.Done():
			t.flush()
			return nil
		case a := <-t.in:
			t.count(a)
		case <-due:
			due = nil
			t.flush()
		}
	}
}

func (t *tally) count(a Attempt) {
	k := attemptKey{a.Address, a.Port, a.Protocol, a.UID}
	if again := t.seen[k]; again != nil {
		again.Count += a.Count
		again.Time = a.Time
		return
	}
	if len(t.seen) >= maxTallied {
		return
	}
	t.tell(a)
	a.Count = 0
	t.seen[k] = &a
}

// flush tells of repetitions; what had none is forgotten.
func (t *tally) flush() {
	for k, a := range t.seen {
		if a.Count == 0 {
			delete(t.seen, k)
			continue
		}
		t.tell(*a)
		a.Count = 0
	}
}
