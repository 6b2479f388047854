package guard

import "golang.org/x/sys/unix"

// sendAhead lets leading bytes that are proven harmless go to the hidden file
// while the rest is still being written. It answers how much of data went.
func (p *pending) sendAhead(data []byte, off int64) (int, error) {
	end := off + int64(len(data))
	if !p.fresh || end < aheadFrom {
		return 0, nil
	}
	proven := min(p.follow().Released(), end)
	if proven-p.shows < aheadStep {
		return 0, nil
	}
	err := p.who.do(func() error {
		if err := p.sendStored(min(off, proven)); err != nil || proven <= off {
			return err
		}
		return p.sent(data[:proven-off])
	})
	return int(max(0, p.shows-off)), err
}

// sendStored sends what is held up to an offset.
func (p *pending) sendStored(to int64) error {
	for p.shows < to {
		e := extent{p.shows, min(to, (p.shows/chunkSize+1)*chunkSize)}
		b := p.store.piece(e)
		if b == nil {
			b = make([]byte, e.to-e.from)
			if err := p.read(b, e.from); err != nil {
				return err
			}
		}
		if err := p.sent(b); err != nil {
			return err
		}
	}
	return nil
}

func (p *pending) sent(b []byte) error {
	if err := writeAll(p.base.fd, b, p.shows); err != nil {
		return err
	}
	from := p.shows
	p.shows += int64(len(b))
	p.store.cut(extent{from, p.shows})
	p.length = max(p.length, p.shows)
	return nil
}

func writeAll(fd int, b []byte, off int64) error {
	for len(b) > 0 {
		n, err := retry(func() (int, error) { return unix.Pwrite(fd, b, off) })
		if err != nil {
			return err
		}
		b, off = b[n:], off+int64(n)
	}
	return nil
}
