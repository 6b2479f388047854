package exact

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/FastFilter/xorfilter"
)

const (
	spillBuffer = 32 << 10 // bytes of each of the files
	fewKeys     = 1 << 19  // a filter smaller than this takes more bits for each key
	manyKeys    = 1 << 23  // of one part: what fits into 300 MB while it is built
)

// spill holds hashes on disk, parted by their leading bits.
type spill struct {
	files [maxParts]*os.File
	out   [maxParts]*bufio.Writer
	count [maxParts]int64
	total int64
}

func newSpill(dir, name string) (*spill, error) {
	s := &spill{}
	for i := range s.files {
		f, err := os.OpenFile(filepath.Join(dir, name+strconv.Itoa(i)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("keep hashes on disk: %w", err), s.close())
		}
		s.files[i], s.out[i] = f, bufio.NewWriterSize(f, spillBuffer)
	}
	return s, nil
}

func (s *spill) add(hash uint64) error {
	i := partOf(hash, maxParts)
	if s.count[i] == manyKeys {
		return errors.New("the table is too large for one list: take fewer rows, columns or primary columns, or make several lists of it")
	}
	s.count[i]++
	s.total++
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], hash)
	_, err := s.out[i].Write(b[:])
	return err
}

// parts answers in how many parts the filter is built.
func (s *spill) parts() int {
	n := maxParts
	for n > 1 && s.total/int64(n) < fewKeys {
		n /= 2
	}
	return n
}

// build writes filters of some width over all hashes; done is told after each
// part.
func (s *spill) build(width int, w io.Writer, done func()) (filter, error) {
	f := filter{Width: width}
	parts := s.parts()
	var builder xorfilter.BinaryFuseBuilder
	var keys []uint64
	var at int64
	for p := range parts {
		keys = keys[:0]
		for i := p * maxParts / parts; i < (p+1)*maxParts/parts; i++ {
			var err error
			if keys, err = s.load(i, keys); err != nil {
				return f, err
			}
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
		var err error
		if width == 1 {
			at, err = writePart[uint8](&f, &builder, keys, at, w)
		} else {
			at, err = writePart[uint16](&f, &builder, keys, at, w)
		}
		if err != nil {
			return f, err
		}
		done()
	}
	return f, nil
}

func (s *spill) load(i int, keys []uint64) ([]uint64, error) {
	if err := s.out[i].Flush(); err != nil {
		return nil, err
	}
	if _, err := s.files[i].Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(s.files[i], 1<<20)
	var b [8]byte
	for range s.count[i] {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return nil, fmt.Errorf("read hashes back: %w", err)
		}
		keys = append(keys, binary.LittleEndian.Uint64(b[:]))
	}
	return keys, nil
}

func (s *spill) close() error {
	var errs []error
	for _, f := range s.files {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}
