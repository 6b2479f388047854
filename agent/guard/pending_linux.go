package guard

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

const (
	// aheadFrom is how much has to be written before anything goes ahead to
	// the medium, and aheadStep how much goes at least.
	aheadFrom = 1 << 20
	aheadStep = 64 << 10
)

// errOver says that a change is finished and its file is as it stands on the
// medium.
var errOver = errors.New("nothing is pending any more")

// pending is content on its way to one file of the medium: what the file holds
// (base) with what has been written over it and is not allowed yet (store).
type pending struct {
	fs       *fileSystem
	inode    *inode
	activity activity.Activity // by who has written what is pending
	who      identity          // of the first of them: the medium's rules for them hold
	base     *descriptor       // the file on the medium
	size     atomic.Int64
	denied   atomic.Bool
	mtime    atomic.Pointer[unix.Timespec] // set explicitly since the last write
	written  atomic.Int64                  // when something was written last, 0 when it is on the medium

	writers int // guarded by inode.mu

	mu        sync.Mutex
	hands     []*hand // by which it is open for writing
	last      *hand   // by which it was written last
	maker     *hand   // by which the file was made, nil for one that was there
	temp      string  // hidden name of base
	fresh     bool    // base is hidden under temp: the file does not exist yet
	born      bool    // the file was made by those who write it now
	unlinked  bool    // the file has no name (any more)
	over      bool
	outcome   error // what became of it, once it is over
	store     *store
	shows     int64 // how much of base still shows
	length    int64 // how long base is
	judgement Judgement
	next      int64 // offset at which the judgement goes on, or lost
	dirty     bool
	pipe      *pipe // while much is written in order
	fault     error // what was written could not be kept
	version   int   // counts changes
	held      int   // version the judge wants to see the end of
	times     *[2]unix.Timespec
}

// follow answers the judgement of what is being written.
func (p *pending) follow() Judgement {
	if p.judgement == nil {
		p.judgement = p.fs.judge.Open(p.activity)
		if p.next == lost {
			p.judgement.Reset()
		}
	}
	return p.judgement
}

// lose gives up following the content: Finish will be shown the whole.
func (p *pending) lose() {
	if p.next != lost && p.judgement != nil {
		p.judgement.Reset()
	}
	p.next = lost
}

// write takes bytes at an offset, from whom they may be.
func (p *pending) write(from []*hand, data []byte, off int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.put(from, data, off)
}

// append takes bytes where the content ends. Where that is the kernel does not
// know after a change was stopped: for it, the file is still as long as it
// would have become.
func (p *pending) append(h *hand, data []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.put([]*hand{h}, data, p.size.Load())
}

// put is write with the lock held.
func (p *pending) put(from []*hand, data []byte, off int64) error {
	end := off + int64(len(data))
	if off < 0 || end > maxFileSize {
		return unix.EFBIG
	}
	if p.denied.Load() {
		return unix.EACCES
	}
	if err := p.by(from...); err != nil {
		return err
	}
	p.changed()
	switch {
	case off != p.next:
		if err := p.drain(); err != nil {
			return err
		}
		p.lose()
		if err := p.keep(data, off); err != nil {
			return err
		}
	case p.fresh && off >= aheadFrom:
		if err := p.pass(data, off); err != nil {
			return err
		}
		p.next = end
	default:
		if err := p.take(data, off); err != nil {
			return p.failed(err)
		}
		p.next = end
	}
	p.size.Store(max(p.size.Load(), end))
	return nil
}

// take shows the next bytes to the judge, then sends what is proven harmless
// ahead and keeps the rest.
func (p *pending) take(data []byte, off int64) error {
	sent, err := p.see(data, off)
	if err != nil {
		return err
	}
	return p.keep(data[sent:], off+int64(sent))
}

// takeChunk is take for bytes that may be kept where they are; it answers
// whether they were.
func (p *pending) takeChunk(data []byte, off int64) (kept bool, err error) {
	sent, err := p.see(data, off)
	if err != nil || sent == len(data) {
		return false, err
	}
	from := off + int64(sent)
	if err := p.room(from, int64(len(data)-sent)); err != nil {
		return false, err
	}
	if p.store.adopt(data, from, off) {
		return true, nil
	}
	_, err = p.store.WriteAt(data[sent:], from)
	return false, err
}

// see shows bytes to the judge and sends what is proven harmless ahead. It
// answers how much of data went.
func (p *pending) see(data []byte, off int64) (sent int, err error) {
	ctx, cancel := context.WithTimeout(p.fs.ctx, patience)
	verdict := p.follow().Write(ctx, data)
	cancel()
	if verdict == Deny {
		return 0, unix.EACCES
	}
	return p.sendAhead(data, off)
}

// failed follows when bytes could not be taken.
func (p *pending) failed(err error) error {
	if errors.Is(err, unix.EACCES) {
		p.deny()
	} else {
		p.lose() // the judge has seen what is not there
	}
	return err
}

func (p *pending) changed() {
	p.dirty, p.times = true, nil
	p.version++
	p.mtime.Store(nil)
	p.written.Store(time.Now().UnixNano())
}

// keep puts bytes where they wait for the verdict.
func (p *pending) keep(data []byte, off int64) error {
	if len(data) > 0 {
		if err := p.room(off, int64(len(data))); err != nil {
			return err
		}
		if _, err := p.store.WriteAt(data, off); err != nil {
			return err
		}
	}
	return nil
}

// keepTimes sets attributes, and remembers times that are set before the
// content reaches the medium, which would change them.
func (p *pending) keepTimes(times *[2]unix.Timespec, set func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	// What is on its way to the medium would change the times behind our back.
	// Of what could not be written the writers are told, not who sets times.
	if err := p.drain(); errors.Is(err, unix.EACCES) {
		return err
	}
	if err := set(); err != nil || times == nil || !p.dirty {
		return err
	}
	var st unix.Stat_t
	if err := statOf(p.base.fd, &st); err != nil {
		return err
	}
	// What "now" meant is known now.
	p.times = &[2]unix.Timespec{st.Atim, st.Mtim}
	p.mtime.Store(&p.times[1])
	return nil
}

// abandon ends a change whose writers are gone without having been heard of:
// what they had closed counts, what they were still writing does not.
func (p *pending) abandon() {
	p.mu.Lock()
	open := p.dirty && p.held != p.version || p.drain() != nil
	p.mu.Unlock()
	if !open {
		if err := p.commit(forGood); err != nil {
			p.fs.log.Error("content does not reach the medium", "mount", p.fs.medium.MountPoint, "error", err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.over = true
	p.close()
}
