package quarantine

import (
	"bufio"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/minio/sio"
)

// derive makes a key for one file, so that no two are sealed with the same.
func derive(key Key, nonce []byte) []byte {
	// Fails only for keys longer than this hash can make.
	k, _ := hkdf.Key(sha256.New, key[:], nonce, "trustline quarantine 1", len(key))
	return k
}

// open opens a sealed file behind its description.
func (s *Store) open(path string) (*os.File, *bufio.Reader, Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, Entry{}, err
	}
	fail := func(err error) (*os.File, *bufio.Reader, Entry, error) {
		f.Close()
		return nil, nil, Entry{}, err
	}
	nonce := make([]byte, 32)
	if _, err := io.ReadFull(f, nonce); err != nil {
		return fail(fmt.Errorf("damaged: %w", err))
	}
	r, err := sio.DecryptReader(f, s.config(nonce))
	if err != nil {
		return fail(err)
	}
	in := bufio.NewReaderSize(r, maxMeta)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return fail(fmt.Errorf("damaged, or sealed with another key: %w", err))
	}
	var e Entry
	if err := json.Unmarshal(line, &e); err != nil {
		return fail(fmt.Errorf("damaged: %w", err))
	}
	if base := filepath.Base(path); base[:len(base)-len(filepath.Ext(base))] != e.ID {
		return fail(errors.New("this is the file of another entry"))
	}
	return f, in, e, nil
}

func (s *Store) entry(path string) (Entry, error) {
	f, _, e, err := s.open(path)
	if err != nil {
		return e, err
	}
	return e, f.Close()
}

// Restore gives a file back: to where it was, or to another path. Nothing that
// stands there is overwritten. Whatever is wrong with the sealed copy shows
// before the file has its name.
func (s *Store) Restore(id, to string) (Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if uuid.Validate(id) != nil {
		return Entry{}, ErrUnknown
	}
	f, content, e, err := s.open(s.file(id, sealed))
	if errors.Is(err, fs.ErrNotExist) {
		return e, ErrUnknown
	}
	if err != nil {
		return e, fmt.Errorf("restore %s: %w", id, err)
	}
	defer f.Close()
	if to == "" {
		to = e.Path
	}
	if err := restore(e, content, to); err != nil {
		return e, fmt.Errorf("restore %s: %w", id, err)
	}
	f.Close()
	if err := errors.Join(os.Remove(s.file(id, sealed)), s.removeNote(e)); err != nil {
		return e, fmt.Errorf("clear up after restoring %s: %w", id, err)
	}
	return e, nil
}

func restore(e Entry, content io.Reader, to string) error {
	tmp, err := os.CreateTemp(filepath.Dir(to), ".trustline-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	n, err := io.Copy(tmp, content)
	if err == nil && n != e.Bytes {
		err = fmt.Errorf("holds %d bytes, want %d", n, e.Bytes)
	}
	err = errors.Join(err, giveTo(tmp, e), tmp.Chmod(e.Mode), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Chtimes(tmp.Name(), time.Time{}, e.Modified); err != nil {
		return err
	}
	return place(tmp.Name(), to)
}

// flush has a file that is closed safe on disk.
func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
