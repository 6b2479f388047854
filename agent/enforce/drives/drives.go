// Package drives makes removable drives read-only on a system that has no guard
// file system, and gives them back. What makes them so is an attribute of the
// disk that Windows holds to until the disk is unplugged or the machine started
// anew: a service that is killed leaves them read-only, and none it has touched
// is left so for good. It decides nothing: which drive is to be writable is
// said to it, and it claims a drive to be read-only only once the system says so.
package drives

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trustline/trustline/agent/holdings"
)

// Wish says how one drive shall be.
type Wish struct {
	Drive    string // `E:`
	Writable bool
}

// State is how a drive is.
type State string

// The states.
const (
	ReadOnly State = "read-only" // nothing can be written
	Writable State = "writable"  // as was wished
	Failed   State = "failed"    // it should be read-only, or be given back, and is not
)

// Report is how one drive is kept.
type Report struct {
	Drive string
	State State
	// Ours tells that it is us who made it read-only.
	Ours  bool
	Err   error // why it failed
	Since time.Time

	tried  time.Time
	wished bool // to be writable
}

// system is what is asked of Windows.
type system interface {
	// disks answers the disks a drive lies on, and drives the drives on a disk.
	disks(drive string) ([]Disk, error)
	drives(Disk) []string
	// present tells whether a disk is still the one that has its number.
	present(Disk) bool
	// isSystem tells whether the machine itself runs from a disk.
	isSystem(Disk) (bool, error)
	readOnly(Disk) (bool, error)
	setReadOnly(d Disk, on bool) error
	// writable tells whether file system and disk of a drive take writes.
	writable(drive string) (bool, error)
	open(drive string) (volume, error)
}

// volume is a drive that is held to be taken off its file system.
type volume interface {
	Lock() error // nobody else has a file of it open
	Flush() error
	Dismount() error
	Close() error
}

// Disk is a disk as long as it stays plugged in: its number is given to
// another one afterwards.
type Disk struct {
	Number uint32 `json:"number"`
	ID     string `json:"id"` // what it says it is; "" where it says nothing
}

// Keeper keeps drives as they shall be. It is safe for concurrent use.
type Keeper struct {
	system system
	ours   *holdings.Record[Disk]
	pause  func() // between two attempts to lock a drive
	now    func() time.Time
	log    *slog.Logger

	mu   sync.Mutex
	kept map[string]Report
}

// errSystem: whoever asked is wrong about what can be carried away.
var errSystem = errors.New("the machine itself runs from this disk")

// Keep has drives be as they shall be, and forgets those that are not named. A
// disk is writable only if all its drives may be. It answers the drives whose
// state is another than before.
func (k *Keeper) Keep(wishes []Wish) (changed []Report) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := map[string]Report{}
	for _, g := range k.groups(wishes) {
		if k.failedJustNow(g, now) {
			continue
		}
		state, err := Failed, g.err
		if err == nil {
			state, err = k.keep(g)
		}
		for _, drive := range g.drives {
			now[drive] = k.report(g, drive, state, err)
		}
	}
	for _, w := range wishes {
		r, known := now[w.Drive]
		if old, was := k.kept[w.Drive]; known && (!was || old.State != r.State) {
			changed = append(changed, r)
		}
	}
	k.kept = now
	return changed
}

// retrying is when what has failed is tried again: each time keeps people out of
// their drive for a moment.
const retrying = time.Minute

// failedJustNow carries over what was tried a moment ago.
func (k *Keeper) failedJustNow(g *group, now map[string]Report) bool {
	for _, drive := range g.drives {
		old := k.kept[drive]
		if old.State != Failed || old.wished != g.writable || k.now().Sub(old.tried) >= retrying {
			return false
		}
	}
	for _, drive := range g.drives {
		now[drive] = k.kept[drive]
	}
	return true
}

// group are drives that share disks, and therefore are read-only together.
type group struct {
	drives   []string
	disks    []Disk
	writable bool
	err      error // that the disks are not known
}

func (k *Keeper) groups(wishes []Wish) []*group {
	var groups []*group
	for _, w := range wishes {
		g := &group{drives: []string{w.Drive}, writable: w.Writable}
		g.disks, g.err = k.system.disks(w.Drive)
		for _, other := range groups {
			if slices.ContainsFunc(other.disks, func(d Disk) bool { return slices.Contains(g.disks, d) }) {
				g.join(other)
			}
		}
		groups = append(slices.DeleteFunc(groups, func(o *group) bool { return len(o.drives) == 0 }), g)
	}
	return groups
}

func (g *group) join(other *group) {
	for _, d := range other.disks {
		if !slices.Contains(g.disks, d) {
			g.disks = append(g.disks, d)
		}
	}
	g.drives, g.writable = append(other.drives, g.drives...), g.writable && other.writable
	other.drives, other.disks = nil, nil
}

// keep has the disks of a group be as they shall be.
func (k *Keeper) keep(g *group) (State, error) {
	state := ReadOnly
	if g.writable {
		state = Writable
	}
	for _, d := range g.disks {
		if system, err := k.system.isSystem(d); err != nil || system {
			return Failed, errors.Join(err, errSystem)
		}
	}
	for _, d := range g.disks {
		is, err := k.system.readOnly(d)
		switch ours := k.ours.Has(d); {
		case err != nil && g.writable && !ours:
			// Nothing of ours is on it, whatever else it is.
		case err != nil:
			return Failed, err
		case g.writable && is && ours:
			err = k.giveBack(d)
		case g.writable && is:
			state = ReadOnly // by somebody else, whom we leave it to
		case !g.writable && !is:
			err = k.take(d)
		case !is && ours:
			err = k.ours.Drop(d) // unplugged and in again, or somebody was faster
		}
		if err != nil {
			return Failed, err
		}
	}
	if g.writable {
		return state, nil
	}
	return state, k.settled(g.drives)
}

// settled answers nil when the system says that nothing can be written.
func (k *Keeper) settled(drives []string) error {
	for _, drive := range drives {
		switch takes, err := k.system.writable(drive); {
		case err != nil:
			return err
		case takes:
			return fmt.Errorf("%s takes writes although its disk is read-only", drive)
		}
	}
	return nil
}

func (k *Keeper) report(g *group, drive string, state State, err error) Report {
	at := k.now().UTC()
	r := Report{Drive: drive, State: state, Since: at, Ours: slices.ContainsFunc(g.disks, k.ours.Has), tried: at, wished: g.writable}
	if err != nil {
		r.State, r.Err = Failed, err
	}
	if old, was := k.kept[drive]; was && old.State == r.State {
		r.Since = old.Since
	}
	return r
}

// Reports answers how every drive is kept, in the order of their letters.
func (k *Keeper) Reports() []Report {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := make([]Report, 0, len(k.kept))
	for _, r := range k.kept {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Report) int { return strings.Compare(a.Drive, b.Drive) })
	return list
}

// Stop gives back every drive that we made read-only, those included that an
// earlier run has left so.
func (k *Keeper) Stop() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = map[string]Report{}
	var errs []error
	for _, d := range k.ours.All() {
		errs = append(errs, k.release(d))
	}
	return errors.Join(errs...)
}

// release gives a disk back, if it is still there.
func (k *Keeper) release(d Disk) error {
	if !k.system.present(d) {
		return k.ours.Drop(d)
	}
	is, err := k.system.readOnly(d)
	if err != nil {
		return err
	}
	if !is {
		return k.ours.Drop(d)
	}
	return k.giveBack(d)
}

// Left answers how many disks an earlier run has left read-only.
func (k *Keeper) Left() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := 0
	for _, d := range k.ours.All() {
		if is, err := k.system.readOnly(d); k.system.present(d) && (err != nil || is) {
			n++
		}
	}
	return n
}
