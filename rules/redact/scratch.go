package redact

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// scratch holds a copy until it is proven harmless: in memory, or beyond a
// bound in a temporary file that goes with it.
type scratch struct {
	bound  int64
	memory []byte
	file   *os.File
	size   int64
}

func (s *scratch) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) > s.bound {
		f, err := os.CreateTemp("", "trustline-masked-*")
		if err != nil {
			return 0, fmt.Errorf("make a temporary file: %w", withoutPath(err))
		}
		s.file = f
		if _, err := f.Write(s.memory); err != nil {
			return 0, fmt.Errorf("write a temporary file: %w", withoutPath(err))
		}
		s.memory = nil
	}
	if s.file == nil {
		s.memory = append(s.memory, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	if err != nil {
		err = fmt.Errorf("write a temporary file: %w", withoutPath(err))
	}
	return n, err
}

func (s *scratch) ReadAt(p []byte, offset int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, offset)
	}
	if offset >= int64(len(s.memory)) {
		return 0, io.EOF
	}
	n := copy(p, s.memory[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// close takes the temporary file away.
func (s *scratch) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

// withoutPath takes the path out of an error.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
