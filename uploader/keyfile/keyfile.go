// Package keyfile keeps keys in small files that only the service may read. On
// Windows they are sealed with DPAPI as well, so that a file copied off the
// disk opens on no other machine; what an earlier version left unsealed is
// read and can be sealed in place. The package never makes keys, and never
// replaces a file that it cannot open.
package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// ErrSealed: the file was sealed on another machine, or is damaged. It is left
// as it is.
var ErrSealed = errors.New("it was sealed on another machine, or is damaged; it is left as it is: restore it from a backup of this machine")

// overhead is how much a sealed file may be larger than the key in it, in bytes.
const overhead = 4 << 10

// Read answers the key in a file of up to so many bytes, sealed or not.
func Read(path string, limit int64) ([]byte, error) {
	raw, err := read(path, limit)
	if err != nil {
		return nil, err
	}
	plain, _, err := open(filepath.Base(path), raw)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return plain, nil
}

func read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+overhead+1))
	if err == nil && int64(len(raw)) > limit+overhead {
		return nil, fmt.Errorf("%s is larger than a key of up to %d bytes", path, limit)
	}
	return raw, err
}

// Write makes a file of a key, or replaces it: a crash leaves the old or the
// new one, whole.
func Write(path string, key []byte) error {
	data, err := seal(filepath.Base(path), key)
	if err == nil {
		err = write(path, data, true, os.Rename)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Create makes a file of a key where there is none; fs.ErrExist where there
// is. Of two that create at once, one key wins for both.
func Create(path string, key []byte) error {
	data, err := seal(filepath.Base(path), key)
	if err == nil {
		err = write(path, data, true, os.Link)
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

// Keep seals what an earlier version left unsealed, once the caller has found
// it whole; anything else it leaves alone.
func Keep(path string, limit int64) error {
	raw, err := read(path, limit)
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	plain, sealed, err := open(name, raw)
	if err != nil || sealed {
		return err
	}
	data, err := seal(name, plain)
	if err != nil {
		return fmt.Errorf("seal %s: %w", path, err)
	}
	if bytes.Equal(data, raw) { // a system that seals nothing
		return nil
	}
	if back, _, err := open(name, data); err != nil || !bytes.Equal(back, plain) {
		return fmt.Errorf("seal %s: what was sealed does not open again; it stays unsealed", path)
	}
	// Whoever replaced it meanwhile sealed it.
	replace := func(tmp, path string) error {
		if now, err := read(path, limit); err != nil || !bytes.Equal(now, raw) {
			return err
		}
		return os.Rename(tmp, path)
	}
	if err := write(path, data, true, replace); err != nil {
		return fmt.Errorf("seal %s: %w", path, err)
	}
	return nil
}

// Replace makes or replaces a small file that is no key as Write does, unsealed.
func Replace(path string, data []byte) error {
	if err := write(path, data, false, os.Rename); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// write puts data beside the path and then into its place.
func write(path string, data []byte, guarded bool, place func(tmp, path string) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if guarded {
		err = forServiceOnly(tmp.Name())
	}
	if err == nil {
		_, err = tmp.Write(data)
	}
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := place(tmp.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename last. Windows has no such thing and needs none.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
