// Package grants keeps the approvals that people at this machine have, and
// counts their use: what is used up, withdrawn or over stays so through crashes
// and restarts, and however the clock is set. It believes what the console has
// signed and nobody else; what lets somebody go on without the console, a
// reason given or a code heard over the telephone, is told to it by the service.
package grants

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/signed"
)

// Bounds.
const (
	maxKept  = 2000    // grants
	maxFile  = 4 << 20 // bytes
	maxSeen  = 5000    // answers that are known by now
	keepOver = 30 * 24 * time.Hour
	// setBack is how far the clock may go back before nothing is allowed:
	// corrections of a clock are smaller, and nights are longer.
	setBack = 10 * time.Minute
	// lookFor is how often the time is remembered while nothing happens.
	lookFor = 15 * time.Minute
)

// ErrNone: there is no grant that could have been meant.
var ErrNone = errors.New("there is no approval")

// kept is the file.
type kept struct {
	// Latest is the latest time that was seen: a clock that shows less was set
	// back.
	Latest time.Time `json:"latest"`
	// Since is from when on uses are known: what is older may have been used by
	// a book that was lost.
	Since  time.Time `json:"since"`
	Grants []*held   `json:"grants"`
	Seen   []string  `json:"seen"` // ids of refusals, withdrawals and grants that were told
}

type held struct {
	grant.Grant
	Uses      int        `json:"uses"`
	Withdrawn *time.Time `json:"withdrawn,omitempty"`
}

// Book is the approvals of one machine. It is safe for concurrent use.
type Book struct {
	path    string
	machine string
	keys    func() [][]byte
	now     func() time.Time
	log     *slog.Logger

	mu     sync.Mutex
	kept   kept
	forged map[string]bool // signatures that were refused, told once
}

// Open reads the book of a machine. Keys answers what the console signs with,
// as 32 bytes each. A book that cannot be read is moved aside; what was granted
// before that counts as used.
func Open(path, machine string, keys func() [][]byte, log *slog.Logger) (*Book, error) {
	return openAt(path, machine, keys, time.Now, log)
}

func openAt(path, machine string, keys func() [][]byte, now func() time.Time, log *slog.Logger) (*Book, error) {
	b := &Book{path: path, machine: machine, keys: keys, now: now, log: log, forged: map[string]bool{}}
	err := b.read()
	if errors.Is(err, errDamaged) {
		log.Error("approvals start anew: the file cannot be read", "aside", path+".damaged")
		if err := os.Rename(path, path+".damaged"); err != nil {
			return nil, fmt.Errorf("move damaged approvals aside: %w", err)
		}
		b.kept = kept{Since: b.second()}
		err = b.write()
	}
	if err != nil {
		return nil, fmt.Errorf("open approvals: %w", err)
	}
	return b, nil
}

var errDamaged = errors.New("the file is damaged")

func (b *Book) read() error {
	info, err := os.Stat(b.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		// The first start, or somebody took the book away: what was granted
		// before counts as used either way.
		b.kept.Since = b.second()
		return b.write()
	case err != nil:
		return err
	case info.Size() > maxFile:
		return errDamaged
	}
	raw, err := os.ReadFile(b.path)
	if err != nil {
		return err
	}
	if json.Unmarshal(raw, &b.kept) != nil || slices.Contains(b.kept.Grants, nil) {
		return errDamaged
	}
	return nil
}

// second is the present time as grants say theirs.
func (b *Book) second() time.Time { return b.now().UTC().Truncate(time.Second) }

// write keeps the book; the lock is held.
func (b *Book) write() error {
	raw, err := json.Marshal(b.kept)
	if err != nil {
		return err
	}
	return identity.WriteDurably(b.path, raw)
}

// News is what an update has brought.
type News struct {
	Granted   []grant.Grant
	Refused   []grant.Refusal
	Withdrawn []Withdrawn
	// Forged says why answers were refused that had not been seen before.
	Forged []error
}

// Withdrawn is a grant that ended before its time.
type Withdrawn struct {
	grant.Grant
	Reason string
	By     string
}

// Update takes in everything the console has answered so far and tells what is
// new in it. When it fails nothing was taken in.
func (b *Book) Update(answers []signed.Envelope) (News, error) {
	var keys []ed25519.PublicKey
	for _, k := range b.keys() {
		keys = append(keys, k)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look()
	var news News
	before := b.kept.clone()
	for _, e := range answers {
		a, err := grant.Open(e, b.machine, keys...)
		if err != nil {
			if id := string(e.Signature); !b.forged[id] && len(b.forged) < maxSeen {
				b.forged[id] = true
				news.Forged = append(news.Forged, err)
			}
			continue
		}
		b.take(a, &news)
	}
	b.forget()
	if err := b.write(); err != nil {
		b.kept = before
		return News{Forged: news.Forged}, fmt.Errorf("keep approvals: %w", err)
	}
	return news, nil
}

// take takes in one answer, if it is new.
func (b *Book) take(a grant.Answer, news *News) {
	switch {
	case a.Grant != nil:
		if b.find(a.Grant.ID) != nil || !b.fresh(a.Grant.ID) {
			return
		}
		b.kept.Grants = append(b.kept.Grants, &held{Grant: *a.Grant})
		news.Granted = append(news.Granted, *a.Grant)
	case a.Refusal != nil:
		if b.fresh(a.Refusal.Request) {
			news.Refused = append(news.Refused, *a.Refusal)
		}
	case a.Withdrawal != nil:
		// Remembered even where the grant has not come yet: it never will.
		if !b.fresh(a.Withdrawal.Grant + "/withdrawn") {
			return
		}
		if h := b.find(a.Withdrawal.Grant); h == nil {
			b.fresh(a.Withdrawal.Grant)
		} else if h.Withdrawn == nil {
			at := a.Withdrawal.Time
			h.Withdrawn = &at
			news.Withdrawn = append(news.Withdrawn, Withdrawn{h.Grant, a.Withdrawal.Reason, a.Withdrawal.By})
		}
	}
}

// fresh tells whether an answer is told for the first time, and remembers it.
func (b *Book) fresh(id string) bool {
	if slices.Contains(b.kept.Seen, id) {
		return false
	}
	b.kept.Seen = append(b.kept.Seen, id)
	if over := len(b.kept.Seen) - maxSeen; over > 0 {
		b.kept.Seen = slices.Delete(b.kept.Seen, 0, over)
	}
	return true
}

func (b *Book) find(id string) *held {
	for _, h := range b.kept.Grants {
		if h.ID == id {
			return h
		}
	}
	return nil
}

// forget lets go of grants that are long over.
func (b *Book) forget() {
	now := b.kept.Latest
	b.kept.Grants = slices.DeleteFunc(b.kept.Grants, func(h *held) bool { return now.Sub(h.Expires) > keepOver })
	if over := len(b.kept.Grants) - maxKept; over > 0 {
		b.kept.Grants = slices.Delete(b.kept.Grants, 0, over)
	}
}

// Permit lets one person go on without the console: for a reason they gave, or
// a code they heard.
func (b *Book) Permit(g grant.Grant) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look()
	before := b.kept.clone()
	b.kept.Grants = append(b.kept.Grants, &held{Grant: g})
	b.forget()
	if err := b.write(); err != nil {
		b.kept = before
		return fmt.Errorf("keep an approval: %w", err)
	}
	return nil
}

// look remembers the time and answers the latest there was.
func (b *Book) look() time.Time {
	now := b.now().UTC()
	if now.After(b.kept.Latest) {
		b.kept.Latest = now
	}
	return now
}

// Tick remembers that time has passed; the service calls it now and then.
func (b *Book) Tick() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.kept.Latest
	if b.look().Sub(before) < lookFor {
		return nil
	}
	if err := b.write(); err != nil {
		return fmt.Errorf("keep approvals: %w", err)
	}
	return nil
}

// SetBack tells whether the clock shows less than it has shown before.
func (b *Book) SetBack() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now().Before(b.kept.Latest.Add(-setBack))
}

// May tells whether this person may have an approval for this place, so that
// what they do has to be seen to its end before it is stopped.
func (b *Book) May(uid int, channel, destination string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range b.kept.Grants {
		if h.open(b.now()) && h.UID == uid && h.Channel == channel && h.Destination == destination {
			return true
		}
	}
	return false
}

// Holder answers the account number of somebody who may take something to this
// place now, whoever it is.
func (b *Book) Holder(channel, destination string) (uid int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if now.Before(b.kept.Latest.Add(-setBack)) {
		return -1, false
	}
	for _, h := range slices.Backward(b.kept.Grants) {
		if h.Channel == channel && h.Destination == destination && h.Begun(now) && h.open(now) && !h.NotBefore.Before(b.kept.Since) {
			return h.UID, true
		}
	}
	return -1, false
}

func (h *held) open(now time.Time) bool {
	return h.Withdrawn == nil && h.Uses < h.MaxUses && now.Before(h.Expires)
}

// holds answers why a grant does not cover a use, nil when it does.
func (b *Book) holds(h *held, u grant.Use, now time.Time) error {
	switch {
	case now.Before(b.kept.Latest.Add(-setBack)):
		return grant.ErrClockSetBack
	case h.Withdrawn != nil:
		return grant.ErrWithdrawn
	case h.Uses >= h.MaxUses, h.NotBefore.Before(b.kept.Since):
		return grant.ErrUsedUp
	}
	return h.Covers(u, now)
}

// State is how a grant stands.
type State struct {
	grant.Grant
	Left int // uses
	Open bool
}

// Of answers the grants of a person that belong to an incident, oldest first.
func (b *Book) Of(uid int, incident string) []State {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []State
	for _, h := range b.kept.Grants {
		if h.UID == uid && h.Incident == incident {
			out = append(out, State{h.Grant, max(0, h.MaxUses-h.Uses), h.open(b.now())})
		}
	}
	return out
}

func (k *kept) clone() kept {
	out := *k
	out.Seen = slices.Clone(k.Seen)
	out.Grants = make([]*held, len(k.Grants))
	for i, h := range k.Grants {
		copied := *h
		out.Grants[i] = &copied
	}
	return out
}
