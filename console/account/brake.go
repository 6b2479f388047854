package account

import (
	"sync"
	"time"
)

const (
	longest   = 15 * time.Minute
	forgetful = time.Hour
	maxKeys   = 10_000
)

// Brake slows guessing down: after some free tries each further one doubles
// the wait. It counts by key, such as an account's name and an address.
type Brake struct {
	free int

	mu    sync.Mutex
	tries map[string]try
}

type try struct {
	count int
	last  time.Time
}

// NewBrake answers a brake with this many free tries.
func NewBrake(free int) *Brake { return &Brake{free: free, tries: map[string]try{}} }

// Try counts a try and answers 0, or answers how long the key has to wait
// before its next one. It counts before anybody knows how the try ends: many
// at once gain nothing over one after the other.
func (b *Brake) Try(key string, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tries[key]
	if now.Sub(t.last) > forgetful {
		t = try{}
	}
	if t.count >= b.free {
		if left := min(time.Second<<min(t.count-b.free, 20), longest) - now.Sub(t.last); left > 0 {
			return left
		}
	}
	b.makeRoom(now)
	b.tries[key] = try{t.count + 1, now}
	return 0
}

// Undo takes one try of the key back.
func (b *Brake) Undo(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t, ok := b.tries[key]; ok && t.count > 0 {
		t.count--
		b.tries[key] = t
	}
}

// Forget takes all tries of the key back.
func (b *Brake) Forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tries, key)
}

// makeRoom bounds the memory that made-up keys can take. Old keys go first;
// were there none, those least in the way of a guesser.
func (b *Brake) makeRoom(now time.Time) {
	if len(b.tries) < maxKeys {
		return
	}
	for k, t := range b.tries {
		if now.Sub(t.last) > forgetful {
			delete(b.tries, k)
		}
	}
	for k, t := range b.tries {
		if len(b.tries) < maxKeys*9/10 {
			return
		}
		if t.count < b.free {
			delete(b.tries, k)
		}
	}
	for k := range b.tries {
		if len(b.tries) < maxKeys*9/10 {
			return
		}
		delete(b.tries, k)
	}
}
