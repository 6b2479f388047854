package guard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"sync"
	"sync/atomic"
)

const (
	chunkSize    = 256 << 10
	memoryBudget = 48 << 20 // of all files being written, together
)

// scratch makes places for what is being written: memory while there is
// little, unnamed files on the local disk beyond that. Unnamed files are gone
// with the process, so nothing readable is left behind by a crash.
type scratch struct {
	dir  string
	used atomic.Int64 // bytes in memory
	free sync.Pool    // of *[chunkSize]byte
}

// chunk answers room for n bytes, whatever it held before.
func (s *scratch) chunk(n int) []byte {
	if n < chunkSize {
		return make([]byte, n)
	}
	if c, ok := s.free.Get().(*[chunkSize]byte); ok {
		return c[:]
	}
	return new([chunkSize]byte)[:]
}

func (s *scratch) recycle(c []byte) {
	if cap(c) == chunkSize {
		s.free.Put((*[chunkSize]byte)(c[:chunkSize]))
	}
}

// extent is a range of bytes, end exclusive.
type extent struct{ from, to int64 }

// store holds written ranges of one file. It is not safe for concurrent use.
type store struct {
	scratch *scratch
	extents []extent // sorted, disjoint, not touching
	chunks  map[int64][]byte
	file    *os.File
}

func (s *scratch) store() *store { return &store{scratch: s, chunks: map[int64][]byte{}} }

// WriteAt keeps a copy of p.
func (s *store) WriteAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		index, in := (off+int64(n))/chunkSize, int((off+int64(n))%chunkSize)
		part := p[n:min(len(p), n+chunkSize-in)]
		if err := s.put(index, in, part); err != nil {
			return n, err
		}
		n += len(part)
	}
	s.mark(extent{off, off + int64(len(p))})
	return n, nil
}

// adopt keeps a whole chunk without copying it; what it holds counts from an
// offset within it on. It answers false where it cannot, and the chunk stays
// the caller's.
func (s *store) adopt(chunk []byte, from, off int64) bool {
	index := off / chunkSize
	if _, known := s.chunks[index]; known || s.file != nil || len(chunk) != chunkSize || off%chunkSize != 0 ||
		s.scratch.used.Load()+chunkSize > memoryBudget {
		return false
	}
	s.chunks[index] = chunk
	s.scratch.used.Add(chunkSize)
	s.mark(extent{from, off + chunkSize})
	return true
}

func (s *store) put(index int64, in int, part []byte) error {
	chunk, inMemory := s.chunks[index]
	if s.file != nil && !inMemory {
		_, err := s.file.WriteAt(part, index*chunkSize+int64(in))
		return wrapScratch(err)
	}
	if need := in + len(part) - len(chunk); need > 0 {
		if s.scratch.used.Load()+int64(need) > memoryBudget {
			if err := s.spill(); err != nil {
				return err
			}
			_, err := s.file.WriteAt(part, index*chunkSize+int64(in))
			return wrapScratch(err)
		}
		if cap(chunk) < in+len(part) {
			// What lies between the extents is never read.
			grown := s.scratch.chunk(min(chunkSize, max(2*cap(chunk), in+len(part))))
			copy(grown, chunk)
			chunk = grown
		}
		chunk = chunk[:in+len(part)]
		s.chunks[index] = chunk
		s.scratch.used.Add(int64(need))
	}
	copy(chunk[in:], part)
	return nil
}

// spill moves what is in memory to an unnamed file.
func (s *store) spill() error {
	if s.file == nil {
		f, err := Unnamed(s.scratch.dir)
		if err != nil {
			return wrapScratch(err)
		}
		s.file = f
	}
	// Whole chunks: a write that is under way is not among the extents yet.
	for index, chunk := range s.chunks {
		if _, err := s.file.WriteAt(chunk, index*chunkSize); err != nil {
			return wrapScratch(err)
		}
		s.forget(index)
	}
	return nil
}

func (s *store) forget(index int64) {
	chunk := s.chunks[index]
	s.scratch.used.Add(-int64(len(chunk)))
	s.scratch.recycle(chunk)
	delete(s.chunks, index)
}

func wrapScratch(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write to the scratch disk: %w", err)
}

// mark joins a range to the extents.
func (s *store) mark(e extent) {
	if e.from >= e.to {
		return
	}
	i := sort.Search(len(s.extents), func(i int) bool { return s.extents[i].to >= e.from })
	j := i
	for j < len(s.extents) && s.extents[j].from <= e.to {
		e.from, e.to = min(e.from, s.extents[j].from), max(e.to, s.extents[j].to)
		j++
	}
	s.extents = append(s.extents[:i], append([]extent{e}, s.extents[j:]...)...)
}

// cut forgets a range: what is there has gone to the medium or is void.
func (s *store) cut(e extent) {
	var kept []extent
	for _, x := range s.extents {
		if left := (extent{x.from, min(x.to, e.from)}); left.from < left.to {
			kept = append(kept, left)
		}
		if right := (extent{max(x.from, e.to), x.to}); right.from < right.to {
			kept = append(kept, right)
		}
	}
	s.extents = kept
	for index := range s.chunks {
		if (index+1)*chunkSize > e.from && index*chunkSize < e.to && !s.holds(extent{index * chunkSize, (index + 1) * chunkSize}) {
			s.forget(index)
		}
	}
}

// holds tells whether anything in a range is held.
func (s *store) holds(e extent) bool {
	x, ok := s.next(e.from)
	return ok && x.from < e.to
}

// covers tells whether everything up to an offset was written.
func (s *store) covers(to int64) bool {
	return len(s.extents) > 0 && s.extents[0].from == 0 && s.extents[0].to >= to
}

// total answers how many bytes are held.
func (s *store) total() (n int64) {
	for _, e := range s.extents {
		n += e.to - e.from
	}
	return n
}

// next answers the first written range at or after off.
func (s *store) next(off int64) (extent, bool) {
	i := sort.Search(len(s.extents), func(i int) bool { return s.extents[i].to > off })
	if i == len(s.extents) {
		return extent{}, false
	}
	return extent{max(off, s.extents[i].from), s.extents[i].to}, true
}

// ReadAt reads what was written; p must lie within one extent.
func (s *store) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		index, in := (off+int64(n))/chunkSize, int((off+int64(n))%chunkSize)
		part := p[n:min(len(p), n+chunkSize-in)]
		if chunk, ok := s.chunks[index]; ok {
			copy(part, chunk[in:])
		} else if m, err := s.file.ReadAt(part, index*chunkSize+int64(in)); err != nil && !(errors.Is(err, io.EOF) && m == len(part)) {
			return n, fmt.Errorf("read from the scratch disk: %w", err)
		}
		n += len(part)
	}
	return n, nil
}

// copyTo hands every extent to a writer and forgets it. It answers where the
// last one ended.
func (s *store) copyTo(write func(b []byte, off int64) error) (end int64, err error) {
	err = s.each(func(b []byte, off int64) error {
		if err := write(b, off); err != nil {
			return err
		}
		end = off + int64(len(b))
		s.cut(extent{off, end})
		return nil
	})
	return end, err
}

// each hands every extent over in pieces, in order.
func (s *store) each(do func(b []byte, off int64) error) error {
	var buf []byte
	for _, e := range s.extents {
		for e.from < e.to {
			piece := extent{e.from, min(e.to, (e.from/chunkSize+1)*chunkSize)}
			b := s.piece(piece)
			if b == nil {
				if buf == nil {
					buf = make([]byte, chunkSize)
				}
				b = buf[:piece.to-piece.from]
				if _, err := s.ReadAt(b, piece.from); err != nil {
					return err
				}
			}
			if err := do(b, piece.from); err != nil {
				return err
			}
			e.from = piece.to
		}
	}
	return nil
}

// piece answers an extent as it lies in memory, nil when it does not.
func (s *store) piece(e extent) []byte {
	chunk, ok := s.chunks[e.from/chunkSize]
	from, to := e.from%chunkSize, e.from%chunkSize+e.to-e.from
	if !ok || int64(len(chunk)) < to {
		return nil
	}
	return chunk[from:to]
}

func (s *store) Close() error {
	for index := range s.chunks {
		s.forget(index)
	}
	s.extents = nil
	if s.file != nil {
		f := s.file
		s.file = nil
		return f.Close()
	}
	return nil
}
