package guard

import (
	"errors"

	"golang.org/x/sys/unix"
)

// commit has the content judged and lets it reach the medium.
func (p *pending) commit(why occasion) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settle(why)
}

// settle is commit with the lock held.
func (p *pending) settle(why occasion) error {
	switch {
	case p.over:
		return p.outcome
	case p.denied.Load():
		return unix.EACCES
	}
	if err := p.drain(); err != nil {
		return err
	}
	switch {
	case p.unlinked, !p.dirty && !p.fresh:
		return nil
	case p.fresh && p.size.Load() == 0 && why == forNow:
		// A shell that opens a file for a program closes its own copy before
		// anything is written: nothing to decide yet.
		return nil
	case p.held == p.version && p.held > 0 && why == forNow:
		return nil
	}
	if p.dirty || p.size.Load() > 0 {
		switch p.finish(why == forGood) {
		case Allow:
		case Wait:
			if why != forGood {
				p.held = p.version
				return nil
			}
			fallthrough
		default:
			p.deny()
			return unix.EACCES
		}
	}
	if err := p.who.do(p.flush); err != nil {
		return err
	}
	p.restart()
	return nil
}

// finish asks for the verdict on the whole content.
func (p *pending) finish(final bool) Verdict {
	p.activity.Subject.Size = p.size.Load()
	v, answered := finish(p.fs.ctx, &p.fs.notices, p.follow(), readerAt(p.readAt), p.activity.Subject.Size, final)
	if !answered {
		p.judgement = nil
		p.fs.log.Error("the judge did not answer, the file is stopped", "mount", p.fs.medium.MountPoint)
	}
	return v
}

// restart begins a new judgement for whatever is written from now on.
func (p *pending) restart() {
	if p.judgement != nil {
		p.judgement.Close()
		p.judgement = nil
	}
	p.next = lost
	if p.size.Load() == 0 {
		p.next = 0
	}
}

// flush writes what was allowed and gives the file its name.
func (p *pending) flush() error {
	size := p.size.Load()
	if err := p.ensureRoom(); err != nil {
		return err
	}
	if p.length > p.shows {
		if err := unix.Ftruncate(p.base.fd, p.shows); err != nil {
			return err
		}
		p.length = p.shows
	}
	end, err := p.store.copyTo(func(b []byte, off int64) error { return writeAll(p.base.fd, b, off) })
	if err != nil {
		return err
	}
	p.length = max(p.length, end)
	if p.length != size {
		if err := unix.Ftruncate(p.base.fd, size); err != nil {
			return err
		}
	}
	p.length, p.shows = size, size
	if p.times != nil {
		if err := setTimes(p.base.fd, p.times); err != nil {
			return err
		}
	}
	if p.fresh {
		if err := p.reveal(); err != nil {
			return err
		}
	}
	p.dirty, p.times = false, nil
	p.mtime.Store(nil)
	p.written.Store(0)
	return nil
}

// ensureRoom makes sure that a file that exists can take its new content
// before the old one is touched.
func (p *pending) ensureRoom() error {
	if p.fresh {
		return nil
	}
	for _, e := range p.store.extents {
		from := max(e.from, p.length)
		if from >= e.to {
			continue
		}
		err := unix.Fallocate(p.base.fd, unix.FALLOC_FL_KEEP_SIZE, from, e.to-from)
		switch {
		case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT), errors.Is(err, unix.EFBIG):
			// Cutting to the same length gives back what was taken.
			return errors.Join(err, unix.Ftruncate(p.base.fd, p.length))
		case err != nil:
			return nil // not every file system can
		}
	}
	return nil
}

// reveal gives a file that was allowed its name.
func (p *pending) reveal() error {
	dir, name := p.fs.where(p.inode)
	at, err := p.fs.enter(dir)
	if err != nil {
		return err
	}
	defer at.done()
	err = unix.Renameat2(at.fd, p.temp, at.fd, name, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		err = unix.Renameat(at.fd, p.temp, at.fd, name)
	}
	if err != nil {
		return err
	}
	p.forget(dir, name)
	p.fresh = false
	return nil
}

// forget ends that the file exists for its writers only.
func (p *pending) forget(dir *inode, name string) {
	p.fs.tree.mu.Lock()
	defer p.fs.tree.mu.Unlock()
	if dir.fresh[name] == p.inode {
		delete(dir.fresh, name)
	}
}

// giveName gives a file that was made without a name its first.
func (p *pending) giveName(dir *inode, name string, at int) error {
	p.mu.Lock()
	p.unlinked, p.dirty = false, true
	p.mu.Unlock()
	err := p.commit(forGood)
	if err == nil {
		err = p.who.do(func() error {
			return unix.Linkat(unix.AT_FDCWD, procPath(p.base.fd), at, name, unix.AT_SYMLINK_FOLLOW)
		})
	}
	if err != nil {
		p.mu.Lock()
		p.unlinked = true
		p.mu.Unlock()
		return err
	}
	p.fs.tree.mu.Lock()
	defer p.fs.tree.mu.Unlock()
	p.fs.place(p.inode, dir, name)
	return nil
}

// nameless tells whether the file was made without a name.
func (p *pending) nameless() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unlinked && p.temp == ""
}

// drop takes away a file that exists for its writers only; false when it has
// come to be meanwhile.
func (p *pending) drop() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.fresh {
		return false
	}
	p.vanish()
	p.unlinked = true
	return true
}

// vanish removes the hidden file.
func (p *pending) vanish() {
	p.end()
	dir, name := p.fs.where(p.inode)
	if at, err := p.fs.enter(dir); err == nil {
		unix.Unlinkat(at.fd, p.temp, 0)
		at.done()
	}
	p.forget(dir, name)
	p.fs.gone(p.inode)
	p.fresh = false
}

// deny drops what was written; what the file held before is what it holds.
func (p *pending) deny() {
	p.denied.Store(true)
	p.end()
	p.store.Close()
	if p.judgement != nil {
		p.judgement.Close()
		p.judgement = nil
	}
	switch {
	case p.fresh:
		unix.Ftruncate(p.base.fd, 0)
		p.length = 0
		p.vanish()
	case p.born && !p.unlinked:
		p.unmake()
	}
	p.size.Store(p.length)
	p.shows = p.length
	i := p.inode
	i.mu.Lock()
	if i.pend == p {
		i.pend, i.stopped = nil, p
	}
	i.mu.Unlock()
	p.fs.tell(i)
}

// unmake takes away a file whose writers were stopped after parts of it had
// been allowed. Somebody else's file of the same name is left alone.
func (p *pending) unmake() {
	dir, name := p.fs.where(p.inode)
	at, err := p.fs.enter(dir)
	if err != nil {
		return
	}
	defer at.done()
	var st unix.Stat_t
	if unix.Fstatat(at.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil || keyOf(&st) != p.inode.key {
		return
	}
	if unix.Unlinkat(at.fd, name, 0) == nil && st.Nlink <= 1 {
		p.fs.gone(p.inode)
	}
	p.fs.notices.Go(func() { p.fs.server.EntryNotify(dir.id, name) })
}

// leave ends one writer; the last one out has the content judged for good, and
// is told when it does not reach the medium.
func (p *pending) leave() error {
	i := p.inode
	i.mu.Lock()
	p.writers--
	last := p.writers == 0
	i.mu.Unlock()
	if !last {
		return nil
	}
	// One lock from the verdict to the end: a writer who came meanwhile and is
	// about to leave as well must not find its change ended unjudged.
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := p.over
	err := p.settle(forGood)
	if err != nil && !ended && !errors.Is(err, unix.EACCES) {
		p.fs.log.Error("content does not reach the medium", "mount", p.fs.medium.MountPoint, "error", err)
	}
	p.fs.leaving.RLock()
	defer p.fs.leaving.RUnlock()
	i.mu.Lock()
	if p.writers > 0 || p.over {
		i.mu.Unlock()
		return err
	}
	if i.pend == p {
		i.pend = nil
	}
	if i.stopped == p {
		i.stopped = nil
	}
	p.over, p.outcome = true, err
	i.mu.Unlock()
	p.close()
	return err
}

// close ends a change nobody takes part in any more. The lock is held.
func (p *pending) close() {
	p.end()
	if p.judgement != nil {
		p.judgement.Close()
		p.judgement = nil
	}
	if p.fresh {
		p.vanish()
	}
	p.store.Close()
	p.base.done()
	p.fs.mu.Lock()
	delete(p.fs.live, p)
	p.fs.mu.Unlock()
	p.fs.tree.mu.Lock()
	defer p.fs.tree.mu.Unlock()
	p.fs.retire(p.inode)
}
