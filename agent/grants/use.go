package grants

import (
	"fmt"
	"slices"
	"time"

	"github.com/trustline/trustline/grant"
)

// UseAll counts one use of a grant for each of these and answers the grants, or
// counts nothing: then whys says of each why, nil for one that alone would be
// covered. That is ErrNone, or a NotHeld of the latest grant for this person and
// place. What is counted is on disk when
// UseAll returns. Sum answers the SHA-256 of the content in hex and is asked
// once, only where a grant names one; nil where there is no content.
func (b *Book) UseAll(uses []grant.Use, sum func() (string, error)) (granted []grant.Grant, whys []error) {
	uses, whys = slices.Clone(uses), make([]error, len(uses))
	all := b.tellApart(uses, sum, whys)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.look()
	var counted []*held
	for n, u := range uses {
		if whys[n] != nil {
			continue
		}
		h, err := b.covering(u, now)
		if err != nil {
			whys[n], all = err, false
			continue
		}
		h.Uses++ // two may want the same
		counted, granted = append(counted, h), append(granted, h.Grant)
	}
	if all {
		err := b.write()
		if err == nil {
			return granted, nil
		}
		for n := range whys {
			whys[n] = fmt.Errorf("count an approval: %w", err)
		}
	}
	for _, h := range counted {
		h.Uses--
	}
	return nil, whys
}

// tellApart has the content told apart for those uses for which it matters.
// Reading it takes a while; others do not wait for it.
func (b *Book) tellApart(uses []grant.Use, sum func() (string, error), whys []error) (ok bool) {
	var those []int
	for n, u := range uses {
		if b.needsSum(u) {
			those = append(those, n)
		}
	}
	if len(those) == 0 || sum == nil {
		return true
	}
	s, err := sum()
	for _, n := range those {
		uses[n].SHA256 = s
		if err != nil {
			whys[n] = fmt.Errorf("tell the content apart: %w", err)
		}
	}
	return err == nil
}

// Why answers what UseAll would of this alone, without its content, and counts
// nothing.
func (b *Book) Why(u grant.Use) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, err := b.covering(u, b.look())
	return err
}

// NotHeld is why a grant does not hold, and what it was given for.
type NotHeld struct {
	Why      error
	Incident string // id, "" where the grant names none
}

func (n *NotHeld) Error() string { return n.Why.Error() }

// Unwrap answers the reason of package grant.
func (n *NotHeld) Unwrap() error { return n.Why }

// covering answers a grant that covers a use, the latest first. The lock is
// held.
func (b *Book) covering(u grant.Use, now time.Time) (*held, error) {
	why := ErrNone
	for _, h := range slices.Backward(b.kept.Grants) {
		if h.UID != u.UID || h.Channel != u.Channel || h.Destination != u.Destination {
			continue
		}
		err := b.holds(h, u, now)
		switch {
		case err == nil:
			return h, nil
		case why == ErrNone:
			why = &NotHeld{Why: err, Incident: h.Incident}
		}
	}
	return nil, why
}

func (b *Book) needsSum(u grant.Use) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.kept.Grants, func(h *held) bool {
		return h.SHA256 != "" && h.UID == u.UID && h.Channel == u.Channel && h.Destination == u.Destination && h.open(b.now())
	})
}

// Return takes back that grants were used once: nothing went out by them. What
// cannot be kept stays used.
func (b *Book) Return(used ...grant.Grant) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var back []*held
	for _, g := range used {
		if h := b.find(g.ID); h != nil && h.Uses > 0 {
			h.Uses--
			back = append(back, h)
		}
	}
	if err := b.write(); err != nil {
		for _, h := range back {
			h.Uses++
		}
		return fmt.Errorf("take back that approvals were used: %w", err)
	}
	return nil
}
