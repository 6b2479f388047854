package spool

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Key seals the records: 32 bytes, for AES-256.
type Key [32]byte

// LoadKey reads the key from its file, making a fresh one where there is none.
// Only the service's own account may read the file. (Keeping the key in the
// system's own store, such as DPAPI, the keychain or a TPM, is to come; until
// then it guards records that are copied off without it.)
func LoadKey(path string) (Key, error) {
	var k Key
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newKey(path)
	case err != nil:
		return k, fmt.Errorf("read the spool's key: %w", err)
	case len(data) != len(k):
		return k, fmt.Errorf("the spool's key %s is damaged: restore it, or remove it to have a new one made (records that wait now cannot be read then)", path)
	}
	if err := os.Chmod(path, 0o600); err != nil {
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
	tmp, err := writeTemporary(filepath.Dir(path), k[:])
	if err == nil {
		// Link, not rename: of two that start at once, one key wins for both.
		if err = os.Link(tmp, path); err == nil {
			err = syncFolder(filepath.Dir(path))
		}
		os.Remove(tmp)
	}
	if errors.Is(err, fs.ErrExist) {
		return LoadKey(path)
	}
	if err != nil {
		return k, fmt.Errorf("make the spool's key: %w", err)
	}
	return k, nil
}
