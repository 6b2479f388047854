package guard

import "golang.org/x/sys/unix"

// room refuses what the medium has no room for while the program is still
// writing; it looks once for every chunk.
func (p *pending) room(off, n int64) error {
	if off/roomStep == (off+n)/roomStep {
		return nil
	}
	needed := p.store.total() + n
	if !p.fresh {
		needed = min(needed, max(0, off+n-p.length))
	}
	free, err := p.free()
	if err != nil || needed <= free {
		return err
	}
	return unix.ENOSPC
}

// free answers how many bytes the medium has left for this person.
func (p *pending) free() (int64, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(p.fs.root, &st); err != nil {
		return 0, err
	}
	blocks := st.Bavail
	if p.who.uid == 0 {
		blocks = st.Bfree
	}
	return int64(blocks) * st.Bsize, nil
}

// truncate makes the content size bytes long.
func (p *pending) truncate(h *hand, size int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resize(h, size)
}

func (p *pending) resize(h *hand, size int64) error {
	switch {
	case p.denied.Load():
		return unix.EACCES
	case size > maxFileSize:
		return unix.EFBIG
	case size == p.size.Load():
		return nil
	}
	if err := p.drain(); err != nil {
		return err
	}
	if err := p.by(h); err != nil {
		return err
	}
	p.changed()
	p.store.cut(extent{size, maxFileSize})
	p.shows = min(p.shows, size)
	p.size.Store(size)
	p.lose()
	if size == 0 {
		p.restart()
		p.next = 0
	}
	return nil
}

// reserve makes the content at least size bytes long, unless it is to be kept,
// and refuses what the medium has no room for.
func (p *pending) reserve(h *hand, size int64, keep bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	free, err := p.free()
	switch {
	case err != nil:
		return err
	case size-p.length > free:
		return unix.ENOSPC
	case keep || size <= p.size.Load():
		return nil
	}
	return p.resize(h, size)
}

// zero writes zeros over a range.
func (p *pending) zero(h *hand, from, to int64) error {
	zeros := make([]byte, min(1<<20, max(0, to-from)))
	for from < to {
		n := min(int64(len(zeros)), to-from)
		if err := p.write([]*hand{h}, zeros[:n], from); err != nil {
			return err
		}
		from += n
	}
	return nil
}
