package listfile

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"
)

// File is an open list, safe for concurrent use. Files are replaced by
// renaming another one over them, never written in place. A File nobody refers
// to any more closes itself, so that a list can be replaced while it is used.
type File struct {
	Header
	file    *os.File
	mapped  []byte // nil where files are read instead
	failed  atomic.Bool
	sectors map[string]Section
	cleanup runtime.Cleanup
}

// Open opens a list of a kind: its signature by a key of the ring and all its
// checksums are right. Older serials than least are refused. Checksums cost
// one reading of the file; ctx ends it.
func Open(ctx context.Context, path, kind string, keys Ring, least uint64) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open list: %w", withoutPath(err))
	}
	f := &File{file: file, sectors: map[string]Section{}}
	if err := f.open(ctx, kind, keys, least); err != nil {
		return nil, errors.Join(fmt.Errorf("open list: %w", withoutPath(err)), f.Close())
	}
	return f, nil
}

func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (f *File) open(ctx context.Context, kind string, keys Ring, least uint64) error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return ErrNotAList
	}
	header, end, err := readHeader(f.file, info.Size(), keys)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(header))
	if err := d.Decode(&f.Header); err != nil {
		return ErrNotAList
	}
	if err := f.check(end); err != nil {
		return err
	}
	if f.Kind != kind {
		return fmt.Errorf("%w (%s, not %s)", ErrOtherKind, f.Kind, kind)
	}
	if f.Serial < least {
		return ErrReplayed
	}
	for _, s := range f.Sections {
		if err := f.verify(ctx, s); err != nil {
			return err
		}
		f.sectors[s.Name] = s
	}
	if f.mapped, err = mapFile(f.file, info.Size()); err == nil {
		f.cleanup = runtime.AddCleanup(f, func(b []byte) { _ = unmapFile(b) }, f.mapped)
	}
	return err
}

// readHeader answers the header of a file of some size, its signature checked,
// and where it begins.
func readHeader(r io.ReaderAt, size int64, keys Ring) (header []byte, begins int64, err error) {
	if size > MaxSize {
		return nil, 0, ErrTooLarge
	}
	first := make([]byte, len(magic))
	if _, err := r.ReadAt(first, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	if string(first) != magic {
		if string(first[:len(magic)-1]) == magic[:len(magic)-1] {
			return nil, 0, ErrFormat
		}
		return nil, 0, ErrNotAList
	}
	if size < int64(len(magic))+tailSize {
		return nil, 0, ErrCut
	}
	tail := make([]byte, tailSize)
	if _, err := r.ReadAt(tail, size-tailSize); err != nil {
		return nil, 0, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[64:]))
	begins = size - tailSize - n
	if string(tail[68:]) != endMark || n > maxHeader || begins < int64(len(magic)) {
		return nil, 0, ErrCut
	}
	header = make([]byte, n)
	if _, err := r.ReadAt(header, begins); err != nil {
		return nil, 0, err
	}
	var named struct {
		Key string `json:"key"`
	}
	if json.Unmarshal(header, &named) != nil {
		return nil, 0, ErrForged
	}
	key := keys.Find(named.Key)
	if key == nil {
		return nil, 0, ErrKeyless
	}
	if !ed25519.Verify(key.public, signed(header), tail[:64]) {
		return nil, 0, ErrForged
	}
	return header, begins, nil
}

func (f *File) verify(ctx context.Context, s Section) error {
	sum := sha256.New()
	buffer := make([]byte, 1<<20)
	for at := int64(0); at < s.Size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := f.file.ReadAt(buffer[:min(int64(len(buffer)), s.Size-at)], s.Offset+at)
		if err != nil {
			return err
		}
		_, _ = sum.Write(buffer[:n]) // never fails
		at += int64(n)
	}
	if !bytes.Equal(sum.Sum(nil), s.SHA256) {
		return ErrDamaged
	}
	return nil
}

// Close ends the use of the file and of all its Views.
func (f *File) Close() error {
	f.cleanup.Stop()
	err := unmapFile(f.mapped)
	f.mapped = nil
	return errors.Join(err, f.file.Close())
}

// Failed tells whether the file could not be read at some point: what was
// looked up in it may have been missed.
func (f *File) Failed() bool { return f.failed.Load() }

// Section answers a section, of size 0 when there is none of that name.
func (f *File) Section(name string) View {
	s := f.sectors[name]
	v := View{file: f, base: s.Offset, size: s.Size}
	if f.mapped != nil {
		v.bytes = f.mapped[s.Offset : s.Offset+s.Size]
	}
	return v
}

// View looks into a section.
type View struct {
	file  *File
	bytes []byte
	base  int64
	size  int64
}

// Size is in bytes.
func (v View) Size() int64 { return v.size }

// At answers n ≤ len(scratch) bytes at an offset. Outside the section, or
// where the file cannot be read any more, it answers zeros and notes the
// failure. The answer holds until scratch is used again.
func (v View) At(at int64, n int, scratch []byte) []byte {
	if at < 0 || at > v.size-int64(n) {
		v.file.failed.Store(true)
		clear(scratch[:n])
		return scratch[:n]
	}
	if v.bytes != nil {
		return v.bytes[at : at+int64(n)]
	}
	if _, err := v.file.file.ReadAt(scratch[:n], v.base+at); err != nil {
		v.file.failed.Store(true)
		clear(scratch[:n])
	}
	return scratch[:n]
}
