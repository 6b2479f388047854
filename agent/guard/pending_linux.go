package guard

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/activity"
)

// pending is content on its way to one file of the medium: what the file holds
// (base) with what has been written over it and not been allowed yet (store).
type pending struct {
	fs         *fileSystem
	activity   activity.Activity
	name, temp string // path of the file, and the hidden name it has while fresh

	mu        sync.Mutex
	base      *os.File // the file on the medium; hidden under temp until it is allowed
	baseSize  int64    // how much of base still shows
	size      int64
	store     *store
	judgement Judgement
	next      int64 // offset at which the judgement goes on; -1 when it has lost track
	ahead     int64 // leading bytes that are in base although nothing is decided
	fresh     bool  // base is hidden: the file did not exist
	born      bool  // the file was made by those who write it now
	dirty     bool
	shrunk    bool // base has to be cut to size
	denied    bool
	unlinked  bool
	times     *[2]unix.Timespec // set explicitly since the last write
	handles   int               // open for writing
}

func newPending(fs *fileSystem, a activity.Activity, base *os.File, size int64, fresh bool) *pending {
	p := &pending{fs: fs, activity: a, base: base, baseSize: size, size: size, store: fs.scratch.store(), fresh: fresh, born: fresh}
	p.judgement = fs.judge.Open(a)
	if size > 0 {
		p.lose()
	}
	return p
}

// lose gives up following the content: Finish will be shown the whole.
func (p *pending) lose() {
	if p.next >= 0 {
		p.judgement.Reset()
		p.next = -1
	}
}

// write takes bytes at an offset.
func (p *pending) write(ctx context.Context, data []byte, off int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.denied {
		return unix.EACCES
	}
	if off+int64(len(data)) > maxFileSize {
		return unix.EFBIG
	}
	if _, err := p.store.WriteAt(data, off); err != nil {
		return err
	}
	p.dirty, p.times = true, nil
	p.size = max(p.size, off+int64(len(data)))
	if off != p.next {
		p.lose()
		return nil
	}
	p.next += int64(len(data))
	if p.judgement.Write(ctx, data) == Deny {
		p.deny()
		return unix.EACCES
	}
	return p.writeAhead()
}

// writeAhead lets bytes that are proven harmless go to the hidden file while
// the rest is still being written.
func (p *pending) writeAhead() error {
	if !p.fresh {
		return nil
	}
	proven := min(p.judgement.Released(), p.next)
	if proven-p.ahead < chunkSize {
		return nil
	}
	for p.ahead < proven {
		buf := make([]byte, min(chunkSize, proven-p.ahead))
		if _, err := p.store.ReadAt(buf, p.ahead); err != nil {
			return err
		}
		if _, err := p.base.WriteAt(buf, p.ahead); err != nil {
			return fmt.Errorf("write to the medium: %w", err)
		}
		p.store.cut(extent{p.ahead, p.ahead + int64(len(buf))})
		p.ahead += int64(len(buf))
		p.baseSize = p.ahead
	}
	return nil
}

// ReadAt reads the content as it will be.
func (p *pending) ReadAt(b []byte, off int64) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.readAt(b, off)
}

func (p *pending) readAt(b []byte, off int64) (int, error) {
	want := len(b)
	if off >= p.size {
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), p.size-off)]
	for n := 0; n < len(b); {
		at := off + int64(n)
		part := b[n:]
		if e, ok := p.store.next(at); ok && e.from == at {
			part = part[:min(int64(len(part)), e.to-at)]
			if _, err := p.store.ReadAt(part, at); err != nil {
				return n, err
			}
		} else {
			if ok {
				part = part[:min(int64(len(part)), e.from-at)]
			}
			if err := p.readBase(part, at); err != nil {
				return n, err
			}
		}
		n += len(part)
	}
	if len(b) < want {
		return len(b), io.EOF
	}
	return len(b), nil
}

func (p *pending) readBase(b []byte, off int64) error {
	n := 0
	if shows := min(int64(len(b)), p.baseSize-off); shows > 0 {
		var err error
		if n, err = p.base.ReadAt(b[:shows], off); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read from the medium: %w", err)
		}
	}
	clear(b[n:])
	return nil
}

// truncate makes the content size bytes long.
func (p *pending) truncate(size int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.denied {
		return unix.EACCES
	}
	if size > maxFileSize {
		return unix.EFBIG
	}
	if size == p.size {
		return nil
	}
	p.store.cut(extent{size, maxFileSize})
	if size < p.baseSize {
		p.baseSize = size
	}
	p.shrunk = true
	p.ahead = min(p.ahead, p.baseSize)
	p.dirty, p.times, p.size = true, nil, size
	if size == 0 && p.judgement != nil {
		p.judgement.Close()
		p.judgement, p.next = p.fs.judge.Open(p.activity), 0
		return nil
	}
	p.lose()
	return nil
}

// commit has the content judged and lets it reach the medium. Final says that
// nobody can write any more.
func (p *pending) commit(ctx context.Context, final bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.denied:
		return unix.EACCES
	case !p.dirty && !p.fresh, p.unlinked:
		return nil
	case p.fresh && p.size == 0 && !final:
		// A shell that opens a file for a program closes its own copy before
		// anything is written: nothing to decide yet.
		return nil
	}
	if p.dirty || p.size > 0 {
		a := p.activity
		a.Subject.Size = p.size
		switch p.judgement.Finish(ctx, lockedReader{p}, p.size, final) {
		case Allow:
		case Wait:
			if !final {
				return nil
			}
			fallthrough
		default:
			p.deny()
			return unix.EACCES
		}
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.restart()
	return nil
}

// restart begins a new judgement for whatever is written from now on; it
// always sees the whole content.
func (p *pending) restart() {
	p.judgement.Close()
	p.judgement, p.next = p.fs.judge.Open(p.activity), 0
	if p.size > 0 {
		p.lose()
	}
}

// flush writes what was allowed and gives the file its name.
func (p *pending) flush() error {
	if p.shrunk {
		if err := p.base.Truncate(p.baseSize); err != nil {
			return fmt.Errorf("truncate on the medium: %w", err)
		}
		p.shrunk = false
	}
	if err := p.store.copyTo(p.base); err != nil {
		return err
	}
	if err := p.base.Truncate(p.size); err != nil {
		return fmt.Errorf("truncate on the medium: %w", err)
	}
	if p.times != nil {
		if err := setTimes(p.base, p.times); err != nil {
			return fmt.Errorf("set times on the medium: %w", err)
		}
	}
	if p.fresh {
		if err := p.fs.reveal(p); err != nil {
			return err
		}
		p.fresh = false
	}
	p.baseSize, p.ahead, p.dirty = p.size, 0, false
	return nil
}

// deny drops what was written; what the file held before is what it holds.
func (p *pending) deny() {
	p.denied = true
	p.store.Close()
	switch {
	case p.fresh:
		p.base.Truncate(0)
		p.fs.discard(p)
	case p.born:
		p.fs.remove(p)
	}
}

// close ends the pending content of a file nobody has open for writing.
func (p *pending) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fresh && !p.denied {
		p.fs.discard(p)
	}
	p.judgement.Close()
	p.store.Close()
	p.base.Close()
}

// lockedReader reads for a judge that is called with the lock held.
type lockedReader struct{ p *pending }

func (r lockedReader) ReadAt(b []byte, off int64) (int, error) { return r.p.readAt(b, off) }

func setTimes(f *os.File, times *[2]unix.Timespec) error {
	return unix.UtimesNanoAt(int(f.Fd()), "", times[:], unix.AT_EMPTY_PATH)
}

func temporaryName() string {
	var b [9]byte
	rand.Read(b[:])
	return hidden + hex.EncodeToString(b[:])
}

// maxFileSize bounds offsets, which would otherwise overflow.
const maxFileSize = 1 << 46

var omit = unix.Timespec{Nsec: unix.UTIME_OMIT}

func timespec(t time.Time) unix.Timespec {
	return unix.NsecToTimespec(t.UnixNano())
}
