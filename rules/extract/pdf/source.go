package pdf

import (
	"errors"
	"io"
)

const (
	blockSize  = 64 << 10
	mostBlocks = 32
)

// source reads a file in blocks: PDFium asks for a few hundred bytes at a
// time, here and there.
type source struct {
	r      io.ReaderAt
	size   int64
	pos    int64
	blocks map[int64][]byte
	order  []int64 // of blocks, the oldest first
	err    error   // of the file itself
}

func newSource(r io.ReaderAt, size int64) *source {
	return &source{r: r, size: size, blocks: map[int64][]byte{}}
}

// Seek moves to a position counted from the beginning.
func (s *source) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekStart || offset < 0 {
		return 0, errors.New("source only seeks from its start")
	}
	s.pos = offset
	return offset, nil
}

// Read reads on.
func (s *source) Read(p []byte) (int, error) {
	if s.pos >= s.size {
		return 0, io.EOF
	}
	block, err := s.block(s.pos / blockSize)
	if err != nil {
		return 0, err
	}
	from := int(s.pos % blockSize)
	if from >= len(block) {
		return 0, io.EOF
	}
	n := copy(p, block[from:])
	s.pos += int64(n)
	return n, nil
}

func (s *source) block(number int64) ([]byte, error) {
	if b, ok := s.blocks[number]; ok {
		return b, nil
	}
	if s.err != nil {
		return nil, s.err
	}
	var b []byte
	if len(s.order) == mostBlocks {
		b = s.blocks[s.order[0]][:0]
		delete(s.blocks, s.order[0])
		s.order = append(s.order[:0], s.order[1:]...)
	}
	if cap(b) < blockSize {
		b = make([]byte, blockSize)
	}
	b = b[:min(blockSize, s.size-number*blockSize)]
	n, err := s.r.ReadAt(b, number*blockSize)
	if err != nil && err != io.EOF {
		s.err = err
		return nil, err
	}
	s.blocks[number] = b[:n]
	s.order = append(s.order, number)
	return b[:n], nil
}
