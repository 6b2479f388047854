//go:build unix

package policyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// open never waits, as it would on a named pipe.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// maxLinks is how many symbolic links may lie on the way to a file.
const maxLinks = 20

// trusted refuses a policy that somebody other than root or the service's own
// user could have written, put in its place, or could yet change: the file as
// opened, and every folder and symbolic link on the way to it.
func trusted(path string, file *os.File) error {
	opened, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read policy: %w", err)
	}
	if err := ownedAlone(path, opened); err != nil {
		return err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("read policy: %w", err)
	}
	found, err := walk(absolute, maxLinks)
	if errors.Is(err, fs.ErrNotExist) { // it was there a moment ago
		return fmt.Errorf("read policy: %s %w", path, errReplaced)
	}
	if err != nil {
		return err
	}
	if !os.SameFile(found, opened) {
		return fmt.Errorf("read policy: %s %w", path, errReplaced)
	}
	return nil
}

// walk follows an absolute path step by step and answers what it ends at.
func walk(path string, links int) (fs.FileInfo, error) {
	if links == 0 {
		return nil, fmt.Errorf("read policy: more than %d symbolic links on the way to it", maxLinks)
	}
	at, rest := "/", strings.Split(strings.Trim(path, "/"), "/")
	for {
		info, err := os.Lstat(at)
		if err != nil {
			return nil, fmt.Errorf("read policy: %w", err)
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if err := owned(at, info); err != nil {
				return nil, err
			}
			target, err := os.Readlink(at)
			if err != nil {
				return nil, fmt.Errorf("read policy: %w", err)
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(at), target)
			}
			return walk(filepath.Join(append([]string{target}, rest...)...), links-1)
		}
		if len(rest) == 0 {
			return info, nil
		}
		// In a folder such as /tmp nobody can move what is another's.
		if err := ownedAlone(at, info); err != nil && info.Mode()&fs.ModeSticky == 0 {
			return nil, err
		}
		at, rest = filepath.Join(at, rest[0]), rest[1:]
	}
}

func ownedAlone(path string, info fs.FileInfo) error {
	if err := owned(path, info); err != nil {
		return err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be changed by other users (mode %04o); make it writable by its owner only: chmod go-w %s", path, info.Mode().Perm(), path)
	}
	return nil
}

func owned(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("read policy: the owner of %s is unknown", path)
	}
	if stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d, who could change the policy; make it root's: chown -h root %s", path, stat.Uid, path)
	}
	return nil
}
