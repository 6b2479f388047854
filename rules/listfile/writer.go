package listfile

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// Writer writes a file, section after section, and puts it in its place only
// when it is complete and on disk.
type Writer struct {
	key    *Key
	header Header
	path   string
	file   *os.File
	out    *bufio.Writer
	at     int64
	sum    hash.Hash
	err    error
}

// Create begins a file. Of the header, kind, name, serial and time are taken.
func Create(path string, key *Key, h Header) (*Writer, error) {
	if !key.CanSign() {
		return nil, errors.New("this key only opens lists: build them with the signing key")
	}
	if !ValidName(h.Name) || !ValidName(h.Kind) {
		return nil, errors.New("a list is called by lower-case letters, digits and -, beginning with a letter")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".list-*")
	if err != nil {
		return nil, fmt.Errorf("create list: %w", err)
	}
	h.Format, h.Key, h.Sections, h.Created = formatVersion, key.id, nil, h.Created.UTC()
	w := &Writer{key: key, header: h, path: path, file: f, out: bufio.NewWriterSize(f, 256<<10), sum: sha256.New()}
	w.put([]byte(magic))
	return w, nil
}

func (w *Writer) put(p []byte) {
	if w.err != nil {
		return
	}
	var n int
	n, w.err = w.out.Write(p)
	w.at += int64(n)
	if w.at > MaxSize {
		w.err = ErrTooLarge
	}
}

// Section begins a section.
func (w *Writer) Section(name string) {
	w.endSection()
	w.put(make([]byte, (page-w.at%page)%page))
	w.header.Sections = append(w.header.Sections, Section{Name: name, Offset: w.at})
	w.sum.Reset()
}

func (w *Writer) endSection() {
	if n := len(w.header.Sections); n > 0 {
		s := &w.header.Sections[n-1]
		s.Size, s.SHA256 = w.at-s.Offset, w.sum.Sum(nil)
	}
}

// Write adds to the section begun last.
func (w *Writer) Write(p []byte) (int, error) {
	w.put(p)
	_, _ = w.sum.Write(p) // never fails
	return len(p), w.err
}

// Commit signs the file with what its kind has to say of it, and puts it in
// its place. It answers the size in bytes.
func (w *Writer) Commit(detail any) (int64, error) {
	defer w.Abort()
	w.endSection()
	var err error
	if w.header.Detail, err = json.Marshal(detail); err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	header, err := json.Marshal(w.header)
	if err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	if len(header) > maxHeader {
		return 0, errors.New("write list: the header grew too large")
	}
	w.put(header)
	w.put(ed25519.Sign(w.key.sign, signed(header)))
	w.put(binary.LittleEndian.AppendUint32(nil, uint32(len(header))))
	w.put([]byte(endMark))
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if err := errors.Join(w.err, w.file.Sync(), w.file.Close()); err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	if err := os.Rename(w.file.Name(), w.path); err != nil {
		return 0, fmt.Errorf("write list: %w", err)
	}
	return w.at, nil
}

// Abort leaves nothing behind; after Commit it does nothing.
func (w *Writer) Abort() {
	_ = w.file.Close()
	_ = os.Remove(w.file.Name())
}

// signed is what the signature stands for.
func signed(header []byte) []byte { return append([]byte(magic), header...) }

var _ io.Writer = (*Writer)(nil)
