// Package ledger remembers how many distinct people's data a person has taken
// to a device within a rolling window, so that a list carried out in small
// pieces counts as the list it is. It holds keyed hashes only, survives
// restarts, and never decides anything.
//
// The guard claims what is in a file before it decides, and keeps the claim only
// once the file was allowed: what was stopped did not leave. While it is being
// decided it counts for everybody who asks after, so that many pieces at once
// count as much as one after the other.
package ledger

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/trustline/trustline/rules"
)

// Bounds on what is remembered. A pair of person and device at its bound counts
// as that many; over all, what is nearest to expiring goes first.
const (
	maxPerPair = 50_000
	maxKeys    = 250_000
)

// Reach is how far back totals can be asked for: as far as policies can.
const Reach = rules.MaxRollingWindow

// pair is whose total it is.
type pair struct {
	uid    int
	device string
}

// Ledger is the totals of one machine. All methods may be used by any number of
// goroutines at once.
type Ledger struct {
	log *slog.Logger
	db  *bolt.DB

	mu     sync.Mutex
	seen   map[pair]map[uint64]int64 // key of a person in the data -> when last, in seconds of clock
	count  int
	clock  clock
	claims map[pair][]*Claim // being decided, in the order they were made
}

// Open reads the totals from the file, making it where there is none. A file
// that cannot be read is moved aside and the totals start anew: losing them is
// better than a workstation without its guard.
func Open(path string, log *slog.Logger) (*Ledger, error) {
	l := &Ledger{log: log, claims: map[pair][]*Claim{}}
	if err := l.open(path); err != nil {
		return nil, err
	}
	return l, nil
}

// Close gives the file back.
func (l *Ledger) Close() error {
	if err := l.db.Close(); err != nil {
		return fmt.Errorf("close rolling totals: %w", err)
	}
	return nil
}

// Total answers how many distinct people there would be in what the person has
// taken to the device in the period before the time given, claims included, if
// these were taken too. The device is its serial number or, without one, its
// node. Keys are detect.Summary.PeopleKeys.
func (l *Ledger) Total(uid int, device string, within time.Duration, at time.Time, extra []uint64) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := pair{uid, device}
	return l.total(p, within, at, extra, l.claims[p])
}

func (l *Ledger) total(p pair, within time.Duration, at time.Time, extra []uint64, claims []*Claim) int {
	since := l.clock.at(at) - seconds(within)
	seen := l.seen[p]
	n := 0
	for _, when := range seen {
		if when > since {
			n++
		}
	}
	fresh := map[uint64]bool{}
	count := func(keys []uint64) {
		for _, k := range keys {
			if when, ok := seen[k]; (!ok || when <= since) && !fresh[k] {
				fresh[k] = true
				n++
			}
		}
	}
	for _, c := range claims {
		count(c.keys)
	}
	count(extra)
	return n
}

// Claim is people's data about to be decided on. It must be ended with Keep or
// Drop.
type Claim struct {
	ledger *Ledger
	pair   pair
	keys   []uint64
	at     time.Time
}

// Claim counts these people for everybody who asks from now on, until the claim
// ends.
func (l *Ledger) Claim(uid int, device string, at time.Time, keys []uint64) *Claim {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := pair{uid, device}
	c := &Claim{ledger: l, pair: p, keys: keys, at: at}
	l.claims[p] = append(l.claims[p], c)
	return c
}

// Total answers what the claim brings the total of this period to, with the
// claims made before it and without those made after: what rules.Policy.Context
// asks for.
func (c *Claim) Total(within time.Duration) int {
	l := c.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.claims[c.pair]
	if own := slices.Index(before, c); own >= 0 {
		before = before[:own]
	}
	return l.total(c.pair, within, c.at, c.keys, before)
}

// Keep ends the claim of a file that was allowed, as Add does.
func (c *Claim) Keep(ctx context.Context) error {
	defer c.Drop()
	return c.ledger.Add(ctx, c.pair.uid, c.pair.device, c.keys, c.at)
}

// Drop ends the claim of a file that was stopped. It may be called again, and
// after Keep.
func (c *Claim) Drop() {
	l := c.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	l.claims[c.pair] = slices.DeleteFunc(l.claims[c.pair], func(o *Claim) bool { return o == c })
	if len(l.claims[c.pair]) == 0 {
		delete(l.claims, c.pair)
	}
}

// Add records that these people's data went to the device. When it returns nil,
// a power cut loses nothing of it; when it fails, the total still counts them
// until the service ends.
func (l *Ledger) Add(ctx context.Context, uid int, device string, keys []uint64, at time.Time) error {
	if len(keys) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("add to rolling totals: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock.advance(at)
	now := l.clock.seconds
	p := pair{uid, device}
	gone := l.expire(now - seconds(Reach))
	if l.seen[p] == nil {
		l.seen[p] = map[uint64]int64{}
	}
	var kept []uint64
	for _, k := range keys {
		_, had := l.seen[p][k]
		if !had && len(l.seen[p]) >= maxPerPair {
			l.log.Warn("rolling total at its bound", "uid", uid, "people", maxPerPair)
			break
		}
		if !had {
			l.count++
		}
		l.seen[p][k] = now
		kept = append(kept, k)
	}
	gone = append(gone, l.makeRoom()...)
	if err := l.save(p, kept, gone); err != nil {
		return fmt.Errorf("add to rolling totals: %w", err)
	}
	return nil
}

// entry is one person of the data in one total.
type entry struct {
	pair pair
	key  uint64
	when int64
}

func (l *Ledger) forget(e entry) {
	delete(l.seen[e.pair], e.key)
	if len(l.seen[e.pair]) == 0 {
		delete(l.seen, e.pair)
	}
	l.count--
}

// expire forgets what is no longer in the window.
func (l *Ledger) expire(until int64) (gone []entry) {
	for p, seen := range l.seen {
		for k, when := range seen {
			if when <= until {
				gone = append(gone, entry{p, k, when})
			}
		}
	}
	for _, e := range gone {
		l.forget(e)
	}
	return gone
}

// makeRoom forgets what is nearest to expiring when there is too much.
func (l *Ledger) makeRoom() []entry {
	if l.count <= maxKeys {
		return nil
	}
	all := make([]entry, 0, l.count)
	for p, seen := range l.seen {
		for k, when := range seen {
			all = append(all, entry{p, k, when})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.when, b.when) })
	gone := all[:l.count-maxKeys*9/10]
	for _, e := range gone {
		l.forget(e)
	}
	l.log.Warn("rolling totals at their bound: the oldest were forgotten early", "people", len(gone))
	return gone
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
