package spool

import (
	"context"
	"fmt"
	"slices"

	"github.com/trustline/trustline/uploader/incident"
)

// putting is one Put under way.
type putting struct {
	incidents []incident.Incident
	err       error
	done      chan struct{} // closed when err is final
}

func (p *putting) end(err error) {
	p.err = err
	close(p.done)
}

// maxTogether bounds how many Puts share one flush of the folder.
const maxTogether = 256

// Put keeps the incident: when it returns nil, a power cut loses nothing. An id
// that is already kept is kept once. When the spool is filling up, an incident
// may be counted into a like one instead of being kept as a record of its own;
// see shares. When the context ends first, whether the incident was kept is not
// known, and putting it again is safe.
//
// Several incidents are about one thing: all are kept, each as a record of its
// own, or none. Only who is killed in between may find some of them later.
//
// Puts that wait at the same time are flushed together by whichever of them
// gets its turn.
func (s *Spool) Put(ctx context.Context, incidents ...incident.Incident) error {
	for n := range incidents {
		if err := incidents[n].Validate(); err != nil {
			return fmt.Errorf("keep incident: %w", err)
		}
	}
	if len(incidents) == 0 {
		return nil
	}
	p := &putting{incidents: incidents, done: make(chan struct{})}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.queue = append(s.queue, p)
	s.mu.Unlock()
	for {
		select {
		case <-p.done:
			return p.err
		case <-ctx.Done():
			s.mu.Lock()
			s.queue = slices.DeleteFunc(s.queue, func(q *putting) bool { return q == p })
			s.mu.Unlock()
			return fmt.Errorf("keep incident: %w", ctx.Err())
		case s.turn <- struct{}{}:
			s.commit(s.dequeue())
			s.give()
		}
	}
}

func (s *Spool) dequeue() []*putting {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.queue), maxTogether)
	batch := slices.Clone(s.queue[:n])
	s.queue = slices.Delete(s.queue, 0, n)
	return batch
}

// shares says how full, in percent, the spool may be for an incident of each
// rank: from merge on, one that is like another that waits is counted into it;
// from keep on, one that is like no other is only counted in the spool's own
// incident or, where that would not do, refused with ErrFull. So repeats of
// little weight never take the room of what weighs more.
var shares = [ranks]struct {
	merge, keep int
	count       bool
}{
	{merge: 50, keep: 75, count: true}, // low
	{merge: 70, keep: 85, count: true}, // medium
	{merge: 85, keep: 95},              // high
	{merge: 95, keep: 100},             // critical
}
