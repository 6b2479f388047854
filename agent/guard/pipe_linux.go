package guard

import (
	"errors"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// pipe carries what a program writes in order to the judge and on to the
// medium, while the program goes on. As long as it runs, what it works on
// belongs to it: drain before anything else touches that.
type pipe struct {
	blocks chan block
	done   chan struct{}
	err    atomic.Pointer[error]
}

// block is a piece of content, and where it stands.
type block struct {
	data []byte
	off  int64
}

// pipeBlocks bounds how far a program may be ahead of the judge.
const pipeBlocks = 16

// pass hands bytes to the pipe. An error is one of something passed before.
func (p *pending) pass(data []byte, off int64) error {
	if p.fault != nil {
		return p.fault
	}
	if p.pipe == nil {
		p.pipe = &pipe{blocks: make(chan block, pipeBlocks), done: make(chan struct{})}
		go p.pump(p.pipe)
	}
	for len(data) > 0 {
		if p.pipe.err.Load() != nil {
			return p.drain()
		}
		chunk := p.store.scratch.chunk(chunkSize)
		n := copy(chunk, data)
		p.pipe.blocks <- block{chunk[:n], off}
		data, off = data[n:], off+int64(n)
	}
	return nil
}

func (p *pending) pump(q *pipe) {
	defer close(q.done)
	for b := range q.blocks {
		kept := false
		if q.err.Load() == nil {
			var err error
			if kept, err = p.takeChunk(b.data, b.off); err != nil {
				q.err.Store(&err)
			}
		}
		if !kept {
			p.store.scratch.recycle(b.data)
		}
	}
}

// drain waits until all that was passed is through, and answers what became of
// it.
func (p *pending) drain() error {
	q := p.pipe
	p.end()
	if q != nil {
		if err := q.err.Load(); err != nil {
			if errors.Is(*err, unix.EACCES) {
				p.deny()
				return unix.EACCES
			}
			// Programs were told it was written: it cannot be made good.
			p.lose()
			p.fault = *err
		}
	}
	return p.fault
}

// end waits for the pipe and takes it away.
func (p *pending) end() {
	if q := p.pipe; q != nil {
		p.pipe = nil
		close(q.blocks)
		<-q.done
	}
}
