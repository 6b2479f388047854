package guard

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// hand is one opening of a file for writing. Who opened it answers for what
// comes by it.
type hand struct {
	activity activity.Activity
	who      identity
}

// opened and closed follow by which hands a file may be written.
func (p *pending) opened(h *hand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hands = append(p.hands, h)
}

func (p *pending) closed(h *hand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hands = slices.DeleteFunc(p.hands, func(o *hand) bool { return o == h })
}

// anybody answers all who may have written what comes out of the kernel's
// cache: whose mapping it was the kernel does not tell.
func (p *pending) anybody(h *hand) []*hand {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.hands) == 0 {
		return []*hand{h}
	}
	return slices.Clone(p.hands)
}

// by has those who write answer for what is pending: alone where nothing was,
// together with all whose content it holds already. What stands on the medium
// is not theirs. The lock is held.
func (p *pending) by(hands ...*hand) error {
	for _, h := range hands {
		switch {
		case !p.dirty && h == hands[0]:
			p.begin(h)
		case h == p.last || answersFor(p.activity, h.activity.Actor):
		default:
			if err := p.join(h); err != nil {
				return err
			}
		}
		p.last = h
	}
	return nil
}

// begin starts a change of what the file holds.
func (p *pending) begin(h *hand) {
	p.activity = h.activity
	if !p.fresh && !p.unlinked {
		p.who, p.born = h.who, p.born && h == p.maker
	}
	p.restart()
}

// join adds somebody to those who answer for a change under way. Only what the
// medium holds of the file is safe from what comes of it.
func (p *pending) join(h *hand) error {
	if len(p.activity.Others) == maxAuthors-1 {
		return unix.EBUSY
	}
	if err := p.drain(); errors.Is(err, unix.EACCES) {
		return err // of other faults those are told whose content it was
	}
	p.born = p.born && h.who.uid == p.who.uid
	p.activity.Others = append(slices.Clip(p.activity.Others), h.activity.Actor)
	p.restart()
	return nil
}
