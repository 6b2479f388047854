package guard

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/trustline/trustline/rules/activity"
)

// node is a file that somebody has open through an overlay: what stands on the
// medium (base) with what has been written over it and is not allowed yet (store).
type node struct {
	o              *overlay
	users, writers int         // guarded by the overlay's lock, as are the next three
	key            string      // what the name means
	stands         fs.FileInfo // which file of the medium it is, nil as long as it is none

	told atomic.Pointer[told] // what is told of it, whoever has the lock

	mu         sync.Mutex
	name       string
	base       *os.File // nil as long as nobody needs it
	rewritable bool     // base is open for writing
	fresh      bool     // nothing of the file is on the medium
	born       bool     // the file was made by those who write it now
	gone       bool     // the file has no name any more
	denied     bool
	activity   activity.Activity
	maker      *opened   // by which the file was made, nil for one that was there
	last       *opened   // by which it was written last
	hands      []*opened // one of everybody who has had it open for writing
	store      *store
	size       int64
	shows      int64 // how much of base still shows
	length     int64 // how long base is
	next       int64 // offset at which the judgement goes on, or lost
	announced  int64 // size that was set before the content came
	judgement  Judgement
	dirty      bool
	version    int // counts changes
	held       int // version the judge wants to see the end of
	modified   time.Time
	times      *[2]time.Time // set explicitly since the last write
	attributes uint32        // to be set once the file is on the medium
}

// told is what is told of a file as it was when its lock was given back: nobody
// who looks at a folder waits for a judge.
type told struct {
	name          string
	size          int64
	modified      time.Time
	attributes    uint32
	pending, gone bool // not on the medium yet, and without a name
	waits         bool // something written is not on the medium
}

func (o *overlay) node(name string) *node {
	return &node{o: o, name: name, key: o.volume.means(name), store: o.scratch.store()}
}

// unlock gives the lock back.
func (n *node) unlock() {
	n.told.Store(&told{n.name, n.size, n.modified, n.attributes, n.fresh, n.gone, n.dirty || n.fresh && !n.gone})
	n.mu.Unlock()
}

// look finds out what stands on the medium. The lock is held.
func (n *node) look() error {
	info, err := n.o.volume.root.Lstat(n.name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	case !info.Mode().IsRegular():
		return syscall.EACCES
	}
	n.size = info.Size()
	n.shows, n.length, n.modified = n.size, n.size, info.ModTime()
	if n.size > 0 {
		n.next = lost
	}
	return nil
}

// ready answers whether the file can be used in this way.
func (n *node) ready(writes bool) error {
	n.mu.Lock()
	defer n.unlock()
	if n.fresh {
		return nil
	}
	_, err := n.file(writes)
	return err
}

// file answers base. The lock is held.
func (n *node) file(writes bool) (*os.File, error) {
	switch {
	case n.gone:
		return nil, fs.ErrNotExist
	case n.base != nil && (n.rewritable || !writes):
		return n.base, nil
	}
	flag := os.O_RDONLY
	if writes {
		flag = os.O_RDWR
	}
	f, err := n.o.volume.root.OpenFile(n.name, flag, 0)
	if err != nil {
		return nil, err
	}
	if err := n.claim(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	n.put()
	n.base, n.rewritable = f, writes
	return f, nil
}

// put closes base: what has another name in a moment must not be open.
func (n *node) put() {
	if n.base != nil {
		_ = n.base.Close() // what was written was synced
		n.base, n.rewritable = nil, false
	}
}

// follow answers the judgement of what is being written.
func (n *node) follow() Judgement {
	if n.judgement == nil {
		n.judgement = n.o.judge.Open(n.activity)
		if n.next == lost {
			n.judgement.Reset()
		}
	}
	return n.judgement
}

// lose gives up following the content: the judge will be shown the whole.
func (n *node) lose() {
	if n.next != lost && n.judgement != nil {
		n.judgement.Reset()
	}
	n.next = lost
}

// restart begins a new judgement for whatever is written from now on.
func (n *node) restart() {
	if n.judgement != nil {
		n.judgement.Close()
		n.judgement = nil
	}
	n.next = lost
	if n.size == 0 {
		n.next = 0
	}
}

func (n *node) changed() {
	n.dirty, n.times, n.modified = true, nil, time.Now()
	n.version++
}

// Write takes bytes at an offset. Bytes that complete a size which was set
// before are the last that a program writes as a rule, and the last moment at
// which it listens: the whole is judged then.
func (o *overlay) Write(fh uint64, data []byte, off int64) error {
	h, err := o.opened(fh)
	switch {
	case err != nil:
		return err
	case off < 0 || off > maxFileSize-int64(len(data)) || off+int64(len(data)) > o.volume.largest:
		return syscall.EFBIG
	}
	mapped := o.readOnly(h)
	h.node.mu.Lock()
	defer h.node.unlock()
	from := []*opened{h}
	if mapped {
		from = h.node.anybody(h)
	}
	return h.node.write(from, data, off)
}

func (n *node) write(from []*opened, data []byte, off int64) error {
	switch {
	case n.denied:
		return syscall.EACCES
	case n.gone:
		return fs.ErrNotExist
	}
	end := off + int64(len(data))
	if err := n.room(off, end); err != nil {
		return err
	}
	if err := n.by(from...); err != nil {
		return err
	}
	n.changed()
	if err := n.see(data, off); err != nil {
		return err
	}
	if _, err := n.store.WriteAt(data, off); err != nil {
		n.lose() // the judge has seen what is not there
		return err
	}
	n.size = max(n.size, end)
	if n.announced > 0 && n.size == n.announced && n.store.covers(n.size) {
		n.announced = 0
		return n.settle(forSync)
	}
	return nil
}

// see shows bytes to the judge as long as they come in order.
func (n *node) see(data []byte, off int64) error {
	if off != n.next {
		n.lose()
		return nil
	}
	verdict := n.shown(data)
	if verdict == Deny {
		n.deny()
		return syscall.EACCES
	}
	n.next = off + int64(len(data))
	return nil
}

// room refuses what the medium has no room for while the program is still
// writing; it looks once for every step.
func (n *node) room(off, end int64) error {
	if off/roomStep == end/roomStep && n.size > 0 {
		return nil
	}
	needed := max(0, end-n.length)
	if n.fresh {
		needed = n.store.total() + end - off
	}
	free, err := n.o.volume.free()
	if err == nil && needed > free {
		err = syscall.ENOSPC
	}
	return err
}

// Truncate makes a file size bytes long.
func (o *overlay) Truncate(fh uint64, size int64) error {
	h, err := o.opened(fh)
	switch {
	case err != nil:
		return err
	case !o.mayWrite(h):
		return syscall.EBADF
	case size < 0:
		return syscall.EINVAL
	case size > o.volume.largest:
		return syscall.EFBIG
	}
	h.node.mu.Lock()
	defer h.node.unlock()
	return h.node.resize(h, size)
}

func (n *node) resize(h *opened, size int64) error {
	switch {
	case n.denied:
		return syscall.EACCES
	case n.gone:
		return fs.ErrNotExist
	case size == n.size:
		return nil
	}
	if free, err := n.o.volume.free(); err != nil || size-n.length > free {
		return errors.Join(err, syscall.ENOSPC)
	}
	if err := n.by(h); err != nil {
		return err
	}
	untouched := n.next == 0 && n.shows == 0 && n.store.total() == 0
	n.changed()
	n.store.cut(extent{size, maxFileSize})
	n.shows, n.size = min(n.shows, size), size
	switch {
	case size == 0:
		n.announced = 0
		n.restart()
	case untouched:
		n.announced = size // and content is about to come, in order
	default:
		n.announced = 0
		n.lose()
	}
	return nil
}

// Read reads the content as it will be. Everybody who has the file open sees
// what is being written: there is one content.
func (o *overlay) Read(fh uint64, b []byte, off int64) (int, error) {
	h, err := o.opened(fh)
	if err != nil {
		return 0, err
	}
	h.node.mu.Lock()
	defer h.node.unlock()
	if h.node.denied && h.node.born {
		return 0, syscall.EACCES
	}
	return h.node.readAt(b, off)
}

func (n *node) readAt(b []byte, off int64) (int, error) {
	if off >= n.size || off < 0 {
		return 0, io.EOF
	}
	count := int(min(int64(len(b)), n.size-off))
	if err := n.read(b[:count], off); err != nil {
		return 0, err
	}
	if count < len(b) {
		return count, io.EOF
	}
	return count, nil
}

// read fills b from what was written and, between that, from base.
func (n *node) read(b []byte, off int64) error {
	for len(b) > 0 {
		part := b
		e, ok := n.store.next(off)
		switch {
		case ok && e.from == off:
			part = part[:min(int64(len(part)), e.to-off)]
			if _, err := n.store.ReadAt(part, off); err != nil {
				return err
			}
		default:
			if ok {
				part = part[:min(int64(len(part)), e.from-off)]
			}
			if err := n.readBase(part, off); err != nil {
				return err
			}
		}
		b, off = b[len(part):], off+int64(len(part))
	}
	return nil
}

func (n *node) readBase(b []byte, off int64) error {
	have := max(0, min(int64(len(b)), n.shows-off))
	clear(b[have:])
	if have == 0 {
		return nil
	}
	base, err := n.file(false)
	if err != nil {
		return err
	}
	got, err := base.ReadAt(b[:have], off)
	clear(b[got:have])
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return err
}
