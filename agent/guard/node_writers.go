package guard

import (
	"slices"
	"syscall"
)

// remember notes who has had a file open for writing: pages that somebody has
// mapped may come after that.
func (n *node) remember(h *opened) {
	n.mu.Lock()
	defer n.unlock()
	if !slices.ContainsFunc(n.hands, func(o *opened) bool { return sameActor(o.activity.Actor, h.activity.Actor) }) {
		n.hands = append(n.hands, h)
	}
}

// anybody answers all whose mapped pages may come by a handle that was opened
// for reading.
func (n *node) anybody(h *opened) []*opened {
	if len(n.hands) == 0 {
		return []*opened{h}
	}
	return n.hands
}

// mayWrite tells whether a handle is a writer's.
func (o *overlay) mayWrite(h *opened) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return h.writes
}

// readOnly tells whether a handle that is written by was opened for reading. No
// program writes by such a handle, the system sees to that; but it brings the
// pages a writer has mapped by the first handle that mapped the file, whoever's
// that is. The handle counts as a writer's from then on until it is closed.
func (o *overlay) readOnly(h *opened) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !h.writes {
		h.writes, h.mapped = true, true
		h.node.writers++
	}
	return h.mapped
}

// written tells whether somebody has the file open for writing.
func (n *node) written() bool {
	n.o.mu.Lock()
	defer n.o.mu.Unlock()
	return n.writers > 0
}

// by has those who write answer for what is pending: alone where nothing was,
// together with all whose content it holds already. What stands on the medium is
// not theirs. The lock is held.
func (n *node) by(hands ...*opened) error {
	for _, h := range hands {
		switch {
		case !n.dirty && h == hands[0]:
			n.begin(h)
		case h == n.last || answersFor(n.activity, h.activity.Actor):
		case len(n.activity.Others) == maxAuthors-1:
			return syscall.EBUSY
		default:
			n.born = n.fresh || n.born && h.activity.Actor.UID == n.activity.Actor.UID && h.activity.Actor.User == n.activity.Actor.User
			n.activity.Others = append(slices.Clip(n.activity.Others), h.activity.Actor)
			n.restart()
		}
		n.last = h
	}
	return nil
}

// begin starts a change of what the file holds.
func (n *node) begin(h *opened) {
	n.activity = h.activity
	n.activity.Subject.Name = n.name
	n.born = n.fresh || n.born && h == n.maker
	n.restart()
}
