package quarantine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/google/uuid"
)

// Destroy destroys what was taken for an incident before it expires, if its
// content has this SHA-256 in hex: ErrUnknown where nothing is kept for it,
// ErrChanged where the content is another. Begun is told the entry's id before
// anything is overwritten.
func (s *Store) Destroy(incident, sum string, begun func(id string) error) (Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.list()
	if err != nil {
		return Entry{}, err
	}
	for _, e := range all {
		if e.Incident != incident {
			continue
		}
		is, err := s.sum(e)
		switch {
		case err != nil:
			return e, fmt.Errorf("destroy %s: %w", e.ID, err)
		case is != sum:
			return e, ErrChanged
		}
		if err := begun(e.ID); err != nil {
			return e, err
		}
		return e, errors.Join(s.wipe(e.ID), s.removeNote(e))
	}
	return Entry{}, ErrUnknown
}

// ResumeDestroy goes on with what a crash has interrupted after begun was told.
// The note may stay: its place is not known any more.
func (s *Store) ResumeDestroy(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if uuid.Validate(id) != nil {
		return ErrUnknown
	}
	e, readErr := s.entry(s.file(id, sealed))
	if err := s.wipe(id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if readErr != nil {
		return nil
	}
	return s.removeNote(e)
}

// sum answers the SHA-256 of what is kept.
func (s *Store) sum(e Entry) (string, error) {
	f, content, _, err := s.open(s.file(e.ID, sealed))
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, content); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// wipe overwrites a sealed file, its nonce first: without it nobody can make
// the key again that the rest was sealed with.
func (s *Store) wipe(id string) error {
	path := s.file(id, sealed)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = io.CopyN(f, rand.Reader, info.Size())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("overwrite what is kept: %w", err)
	}
	return errors.Join(os.Remove(path), syncFolder(s.dir))
}
