package account

import (
	"sync"
	"time"
)

const (
	tries     = 5 // free ones
	longest   = 15 * time.Minute
	forgetful = time.Hour
	maxKeys   = 10_000
)

// Brake slows guessing down: after a few failures each further one doubles the
// wait. It counts by key, such as an account's name and an address.
type Brake struct {
	mu     sync.Mutex
	failed map[string]failure
}

type failure struct {
	count int
	last  time.Time
}

// Wait answers how long the key has to wait before its next try, 0 for not at
// all.
func (b *Brake) Wait(key string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.failed[key]
	if !ok || f.count < tries {
		return 0
	}
	wait := min(time.Second<<min(f.count-tries, 20), longest)
	return max(0, wait-now.Sub(f.last))
}

// Failed counts a failure.
func (b *Brake) Failed(key string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil {
		b.failed = map[string]failure{}
	}
	if len(b.failed) >= maxKeys {
		b.forget(now)
	}
	f := b.failed[key]
	b.failed[key] = failure{f.count + 1, now}
}

// Succeeded forgets the key's failures.
func (b *Brake) Succeeded(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.failed, key)
}

func (b *Brake) forget(now time.Time) {
	for k, f := range b.failed {
		if now.Sub(f.last) > forgetful || len(b.failed) >= 2*maxKeys {
			delete(b.failed, k)
		}
	}
}
