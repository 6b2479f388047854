package control

import (
	"slices"
	"sync"
	"time"
)

// mailbox holds what people are to be told: a bounded queue for each
// subscriber, and for a while what came when nobody was subscribed.
type mailbox struct {
	mu    sync.Mutex
	boxes map[int]*box // by uid; only boxes with something in them
}

type box struct {
	subscribers map[*subscriber]struct{}
	kept        []kept
	missed      int // notices dropped from kept
}

type kept struct {
	Notice
	at time.Time
}

// subscriber is one connection that takes notices.
type subscriber struct {
	uid    int
	ready  chan struct{} // holds a token while the queue may have something
	queue  []Notice
	missed int // notices dropped from queue
}

// post hands the notice to every subscriber of the person, or keeps it and
// answers false when there is none. It never waits.
func (m *mailbox) post(uid int, n Notice, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.open(uid)
	if len(b.subscribers) == 0 {
		b.keep(n, now)
		m.evict(now)
		return false
	}
	for s := range b.subscribers {
		s.push(n)
	}
	return true
}

// withdraw takes a kept notice back and answers whether it was still there,
// which means that nobody has been given it.
func (m *mailbox) withdraw(uid int, id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.boxes[uid]
	if !ok {
		return false
	}
	for i, k := range b.kept {
		if k.ID == id {
			b.kept = append(b.kept[:i], b.kept[i+1:]...)
			m.close(uid, b)
			return true
		}
	}
	return false
}

// subscribe opens a queue that starts with what was kept.
func (m *mailbox) subscribe(uid int, now time.Time) *subscriber {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.open(uid)
	b.expire(now)
	s := &subscriber{uid: uid, ready: make(chan struct{}, 1), missed: b.missed}
	for _, k := range b.kept {
		s.push(k.Notice)
	}
	b.kept, b.missed = nil, 0
	b.subscribers[s] = struct{}{}
	return s
}

// unsubscribe ends a queue; what is left in it is kept for the next
// subscriber unless another one of the same person has it already.
func (m *mailbox) unsubscribe(s *subscriber, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boxes[s.uid]
	delete(b.subscribers, s)
	if len(b.subscribers) == 0 {
		b.missed += s.missed
		for _, n := range s.queue {
			b.keep(n, now)
		}
	}
	m.close(s.uid, b)
}

// take answers the next notice of the queue.
func (m *mailbox) take(s *subscriber) (Notice, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(s.queue) == 0 {
		return Notice{}, false
	}
	n := s.queue[0]
	s.queue = s.queue[1:]
	n.Missed += s.missed
	s.missed = 0
	return n, true
}

// putBack undoes take for a notice that could not be handed over.
func (m *mailbox) putBack(s *subscriber, n Notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.queue = append([]Notice{n}, s.queue...)
}

func (m *mailbox) open(uid int) *box {
	if m.boxes == nil {
		m.boxes = map[int]*box{}
	}
	b, ok := m.boxes[uid]
	if !ok {
		b = &box{subscribers: map[*subscriber]struct{}{}}
		m.boxes[uid] = b
	}
	return b
}

func (m *mailbox) close(uid int, b *box) {
	if len(b.subscribers) == 0 && len(b.kept) == 0 && b.missed == 0 {
		delete(m.boxes, uid)
	}
}

// present answers who has a subscriber.
func (m *mailbox) present() (uids []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for uid, b := range m.boxes {
		if len(b.subscribers) > 0 {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	return uids
}

// evict forgets what is too old, and the longest kept person when there are
// too many.
func (m *mailbox) evict(now time.Time) {
	if len(m.boxes) <= maxBoxes {
		return
	}
	oldest, at := -1, now.Add(time.Hour)
	for uid, b := range m.boxes {
		if len(b.subscribers) > 0 {
			continue
		}
		b.expire(now)
		if len(b.kept) == 0 {
			delete(m.boxes, uid)
		} else if b.kept[0].at.Before(at) {
			oldest, at = uid, b.kept[0].at
		}
	}
	if len(m.boxes) > maxBoxes && oldest >= 0 {
		delete(m.boxes, oldest)
	}
}

func (b *box) keep(n Notice, now time.Time) {
	b.expire(now)
	b.kept = append(b.kept, kept{n, now})
	if over := len(b.kept) - maxKept; over > 0 {
		b.missed += over
		b.kept = append([]kept(nil), b.kept[over:]...)
	}
}

// expire forgets what is too old to be news. What was forgotten is not
// counted as missed: nobody is to be startled by it days later.
func (b *box) expire(now time.Time) {
	for len(b.kept) > 0 && now.Sub(b.kept[0].at) > keepFor {
		b.kept = b.kept[1:]
	}
	if len(b.kept) == 0 {
		b.missed = 0
	}
}

func (s *subscriber) push(n Notice) {
	s.queue = append(s.queue, n)
	if over := len(s.queue) - maxQueue; over > 0 {
		for _, dropped := range s.queue[:over] {
			s.missed += 1 + dropped.Missed
		}
		s.queue = append([]Notice(nil), s.queue[over:]...)
	}
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
