package guard

import (
	"io"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// show puts what is pending into a description of the file.
func (p *pending) show(out *fuse.Attr) {
	if p.denied.Load() {
		return
	}
	out.Size = uint64(p.size.Load())
	t := p.mtime.Load()
	if at := p.written.Load(); t == nil && at != 0 {
		last := unix.NsecToTimespec(at)
		t = &last
	}
	if t != nil {
		out.Mtime, out.Mtimensec = uint64(t.Sec), uint32(t.Nsec)
	}
}

// ReadAt reads the content as it will be.
func (p *pending) ReadAt(b []byte, off int64) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return 0, errOver
	}
	if err := p.drain(); err != nil {
		return 0, err
	}
	if p.denied.Load() && p.born {
		return 0, unix.EACCES
	}
	return p.readAt(b, off)
}

func (p *pending) readAt(b []byte, off int64) (int, error) {
	size := p.size.Load()
	if off >= size {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), size-off))
	if err := p.read(b[:n], off); err != nil {
		return 0, err
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// read fills b from what was written and, between that, from base.
func (p *pending) read(b []byte, off int64) error {
	for len(b) > 0 {
		part := b
		e, ok := p.store.next(off)
		switch {
		case ok && e.from == off:
			part = part[:min(int64(len(part)), e.to-off)]
			if _, err := p.store.ReadAt(part, off); err != nil {
				return err
			}
		default:
			if ok {
				part = part[:min(int64(len(part)), e.from-off)]
			}
			if err := p.readBase(part, off); err != nil {
				return err
			}
		}
		b, off = b[len(part):], off+int64(len(part))
	}
	return nil
}

func (p *pending) readBase(b []byte, off int64) error {
	have := max(0, min(int64(len(b)), p.shows-off))
	clear(b[have:])
	for done := int64(0); done < have; {
		n, err := retry(func() (int, error) { return unix.Pread(p.base.fd, b[done:have], off+done) })
		if err != nil {
			return err
		}
		if n == 0 {
			clear(b[done:have])
			return nil
		}
		done += int64(n)
	}
	return nil
}
