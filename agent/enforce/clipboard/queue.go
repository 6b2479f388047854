package clipboard

import (
	"context"
	"sync"
)

// maxWaiting bounds copies of files to be looked at, and what is told of those
// that are too many.
const maxWaiting = 8

// queue holds copies of files until they are looked at. Whoever puts one in
// never waits: those it has no room for are put together, counted, and told of
// as not looked at.
type queue struct {
	waiting chan lookup
	over    chan struct{} // some were given up

	mu      sync.Mutex
	givenUp []lookup
}

func newQueue() *queue {
	return &queue{waiting: make(chan lookup, maxWaiting), over: make(chan struct{}, 1)}
}

func (q *queue) put(l lookup) {
	select {
	case q.waiting <- l:
		return
	default:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.giveUp(l)
	select {
	case q.over <- struct{}{}:
	default:
	}
}

// giveUp puts a copy to those of its program. The lock is held.
func (q *queue) giveUp(l lookup) {
	for n := range q.givenUp {
		if q.givenUp[n].copied.Source == l.copied.Source {
			q.givenUp[n] = l.with(q.givenUp[n])
			return
		}
	}
	if len(q.givenUp) < maxWaiting {
		q.givenUp = append(q.givenUp, l)
		return
	}
	last := &q.givenUp[maxWaiting-1]
	*last = l.with(*last)
}

// with answers a copy together with one before it, of which most likely nothing
// is on the clipboard any more.
func (l lookup) with(before lookup) lookup {
	all := append(append([]string(nil), l.copied.Files...), before.copied.Files...)
	named := min(len(all), maxNamed)
	l.copied.Files, l.more = all[:named:named], l.more+before.more+len(all)-named
	return l
}

func (q *queue) take() []lookup {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.givenUp
	q.givenUp = nil
	return all
}

// tellOfGivenUp tells the service of copies that nobody will look at, until the
// context ends.
func (c *Clipboard) tellOfGivenUp(ctx context.Context, q *queue) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.over:
			for _, l := range q.take() {
				c.sayNotLookedAt(ctx, l)
			}
		}
	}
}
