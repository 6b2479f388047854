package guard

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/trustline/trustline/rules/activity"
)

// overlay is the guard for systems that ask a file system by paths and handles,
// as WinFsp does. What is written is held until the judge has allowed it; only
// then anything of it is on the medium. It knows files, folders and their times
// and nothing else: links, streams, attributes beside the content and names that
// mean something to the system are refused.
type overlay struct {
	ctx     context.Context // ends with the guard
	medium  Medium
	judge   Judge
	volume  *volume
	scratch *scratch
	log     *slog.Logger
	asked   sync.WaitGroup

	top      fs.FileInfo // the medium's first folder
	renaming sync.Mutex

	// Whoever holds the lock of a node may take this one, never the other way.
	mu      sync.Mutex
	nodes   map[string]*node // files that somebody has open, by what their name means
	handles map[uint64]*opened
	last    uint64
	written map[string]stamp
	stamps  uint64
	moving  map[string]bool // what names mean that are being given or taken away
	temps   map[string]bool // files of the guard's own that are being written
}

// volume is the medium's own file system.
type volume struct {
	root *os.Root
	// free answers how many bytes there is room for.
	free func() (int64, error)
	// remove takes a file or an empty folder away.
	remove func(name string) error
	// means answers the same for names that are the same to the file system.
	means func(name string) string
	// setTimes and setAttributes change what is known of a file. 0 stands for no attributes.
	setTimes      func(name string, times [2]time.Time) error
	setAttributes func(name string, attributes uint32) error
	// describe completes what is told of a file.
	describe func(fs.FileInfo, *entry)
	largest  int64 // file
}

// opened is one handle. Who opened it answers for what comes by it.
type opened struct {
	node     *node
	writes   bool // guarded by the overlay's lock
	mapped   bool // writes pages only that somebody has mapped; as writes
	activity activity.Activity
}

// entry is what is told of a file or folder.
type entry struct {
	Name                     string
	Dir                      bool
	Size                     int64
	Modified, Accessed, Born time.Time
	Attributes               uint32
}

func newOverlay(ctx context.Context, m Medium, j Judge, v *volume, scratchFolder string, log *slog.Logger) *overlay {
	o := &overlay{
		ctx: ctx, medium: m, judge: j, volume: v, scratch: &scratch{dir: scratchFolder}, log: log,
		nodes: map[string]*node{}, handles: map[uint64]*opened{}, written: map[string]stamp{}, temps: map[string]bool{}, moving: map[string]bool{},
	}
	o.top, _ = v.root.Lstat(".")
	o.sweep()
	return o
}

// sweep removes what a guard that died has left. It was allowed, and is not whole.
func (o *overlay) sweep() {
	top, err := o.volume.root.Open(".")
	if err != nil {
		return
	}
	defer top.Close()
	names, _ := top.Readdirnames(-1)
	for _, name := range names {
		if temporary(name) {
			_ = o.volume.remove(name)
		}
	}
}

// about describes what somebody does to something of the medium.
func (o *overlay) about(op activity.Operation, who activity.Actor, name string) activity.Activity {
	return activity.Activity{
		Channel: o.medium.Channel, Operation: op, Actor: who, Subject: activity.Subject{Name: name, Size: -1},
		Destination: activity.Destination{Path: o.medium.MountPoint, Device: o.medium.Device},
	}
}

// mayName asks whether something may have a name.
func (o *overlay) mayName(who activity.Actor, name string) error {
	last := name[strings.LastIndexByte(name, '/')+1:]
	if name == "." || !nameAllowed(o.ctx, o.judge, o.about(activity.Name, who, name), last) {
		return syscall.EACCES
	}
	return nil
}

// Create makes a file that exists for its writers only until it is allowed.
func (o *overlay) Create(who activity.Actor, path string) (uint64, error) {
	name, err := o.target(path)
	if err != nil {
		return 0, err
	}
	if err := o.mayName(who, name); err != nil {
		return 0, err
	}
	if err := o.folder(parentOf(name)); err != nil {
		return 0, err
	}
	n := o.node(name)
	n.fresh, n.born, n.activity = true, true, o.about(activity.Write, who, name)
	h := &opened{node: n, writes: true, activity: n.activity}
	n.maker, n.last, n.hands = h, h, []*opened{h}
	n.users, n.writers, n.modified = 1, 1, time.Now()
	n.mu.Lock()
	n.unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.nodes[n.key] != nil:
		return 0, syscall.EEXIST
	case o.moves(n.key):
		return 0, syscall.EBUSY
	}
	// What is being moved here has come once nothing is known to be moving.
	if _, err := o.volume.root.Lstat(name); err == nil {
		return 0, syscall.EEXIST
	} else if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	o.nodes[n.key] = n
	return o.handle(h), nil
}

// folder answers nil for a folder that is there.
func (o *overlay) folder(name string) error {
	switch info, err := o.volume.root.Lstat(name); {
	case err != nil:
		return err
	case !info.IsDir():
		return syscall.ENOTDIR
	}
	return nil
}

func parentOf(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return "."
}

// handle gives a number to somebody who has a file open. The lock is held.
func (o *overlay) handle(h *opened) uint64 {
	o.last++
	o.handles[o.last] = h
	return o.last
}

func (o *overlay) opened(fh uint64) (*opened, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	h := o.handles[fh]
	if h == nil {
		return nil, syscall.EBADF
	}
	return h, nil
}

// Open opens a file that is there, or that others are writing.
func (o *overlay) Open(who activity.Actor, path string, writes bool) (uint64, error) {
	name, err := o.here(path)
	if err != nil {
		return 0, err
	}
	n, err := o.join(name, writes)
	if err != nil {
		return 0, err
	}
	h := &opened{node: n, writes: writes, activity: o.about(activity.Write, who, name)}
	if writes {
		n.remember(h)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.handle(h), nil
}

// join answers the node of a name and counts one more who uses it.
func (o *overlay) join(name string, writes bool) (*node, error) {
	o.mu.Lock()
	n := o.nodes[o.volume.means(name)]
	known := n != nil
	if !known && o.moves(o.volume.means(name)) {
		o.mu.Unlock()
		return nil, syscall.EBUSY
	}
	if !known {
		// Nobody else may meet the node of a file that is not there.
		if _, err := o.volume.root.Lstat(name); err != nil {
			o.mu.Unlock()
			return nil, err
		}
		n = o.node(name)
		n.mu.Lock() // until it is known what it is
		o.nodes[n.key] = n
	}
	n.users++
	if writes {
		n.writers++
	}
	o.mu.Unlock()
	var err error
	if !known {
		err = n.look()
		n.gone = errors.Is(err, fs.ErrNotExist) // removed this moment
		n.unlock()
	}
	if err == nil {
		err = n.ready(writes)
	}
	if err == nil && known {
		err = n.called(name)
	}
	if err != nil {
		o.leave(n, writes)
		return nil, err
	}
	return n, nil
}

// leave counts one less. Nobody has it open after the last.
func (o *overlay) leave(n *node, writes bool) {
	o.mu.Lock()
	n.users--
	if writes {
		n.writers--
	}
	last := n.users == 0
	if last {
		o.detach(n)
	}
	o.mu.Unlock()
	if last {
		n.close()
	}
}

// detach lets a name mean what is on the medium again. The lock is held.
func (o *overlay) detach(n *node) {
	if o.nodes[n.key] == n {
		delete(o.nodes, n.key)
	}
}

// Release ends a handle. The last writer out has the content judged for good;
// nobody can be told here any more but the person.
func (o *overlay) Release(fh uint64) {
	o.mu.Lock()
	h := o.handles[fh]
	delete(o.handles, fh)
	o.mu.Unlock()
	if h != nil {
		o.end(h)
	}
}

func (o *overlay) end(h *opened) {
	if h.writes {
		o.mu.Lock()
		h.node.writers--
		last := h.node.writers == 0
		o.mu.Unlock()
		if last {
			h.node.conclude()
		}
	}
	o.leave(h.node, false)
}

// Finish ends what nobody has ended. What is not whole and harmless by itself
// does not get to the medium.
func (o *overlay) Finish() {
	o.mu.Lock()
	all := make([]*opened, 0, len(o.handles))
	for _, h := range o.handles {
		all = append(all, h)
	}
	o.handles = map[uint64]*opened{}
	o.mu.Unlock()
	for _, h := range all {
		o.end(h)
	}
	o.asked.Wait()
}

// Waits tells whether anything written is not on the medium yet.
func (o *overlay) Waits() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.nodes {
		if t := n.told.Load(); t == nil || t.waits {
			return true
		}
	}
	return false
}
