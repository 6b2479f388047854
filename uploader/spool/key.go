package spool

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/trustline/trustline/uploader/keyfile"
)

// Key seals the records: 32 bytes, for AES-256.
type Key [32]byte

// LoadKey reads the key from its file, making a fresh one where there is none.
// Only the service's own account may read the file, which keyfile seals where
// the system can.
func LoadKey(path string) (Key, error) {
	var k Key
	data, err := keyfile.Read(path, int64(len(k)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newKey(path)
	case errors.Is(err, keyfile.ErrSealed):
		return k, fmt.Errorf("the spool's key: %w, or remove it to have a new one made (records that wait now cannot be read then)", err)
	case err != nil:
		return k, fmt.Errorf("read the spool's key: %w", err)
	case len(data) != len(k):
		return k, fmt.Errorf("the spool's key %s is damaged: restore it, or remove it to have a new one made (records that wait now cannot be read then)", path)
	}
	if err := errors.Join(os.Chmod(path, 0o600), keyfile.Keep(path, int64(len(k)))); err != nil {
		return k, fmt.Errorf("protect the spool's key: %w", err)
	}
	return Key(data), nil
}

func newKey(path string) (Key, error) {
	var k Key
	rand.Read(k[:]) // never fails
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return k, fmt.Errorf("make the spool key's folder: %w", err)
	}
	err := keyfile.Create(path, k[:])
	if errors.Is(err, fs.ErrExist) {
		return LoadKey(path)
	}
	if err != nil {
		return k, fmt.Errorf("make the spool's key: %w", err)
	}
	return k, nil
}
