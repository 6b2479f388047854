//go:build !windows

package destroy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// folder is an open directory: whatever is put under its path meanwhile, it
// stays the one that was opened.
type folder struct{ fd int }

// openFolder goes down from the root step by step and follows no link.
func openFolder(path string) (*folder, error) {
	const how = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Open("/", how, 0)
	for _, part := range strings.Split(strings.Trim(path, "/"), "/") {
		if err != nil || part == "" {
			break
		}
		var next int
		next, err = unix.Openat(fd, part, how, 0)
		unix.Close(fd)
		fd = next
	}
	if err != nil {
		return nil, told(err, "open the folder")
	}
	return &folder{fd}, nil
}

func (d *folder) Close() error { return unix.Close(d.fd) }

func told(err error, what string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOENT):
		return ErrGone
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.EISDIR), errors.Is(err, unix.ENXIO):
		return ErrNotFile
	}
	return fmt.Errorf("%s: %w", what, err)
}

// open never waits, as it would on a named pipe.
func (d *folder) open(name string) (*os.File, error) {
	fd, err := unix.Openat(d.fd, name, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, told(err, "open the file")
	}
	return os.NewFile(uintptr(fd), "file"), nil // its name is nobody's business
}

func linked(_ *os.File, info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || st.Nlink != 1
}

// markOf tells a file apart from any other on this machine.
func markOf(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "file"
	}
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

func (d *folder) exists(name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

func (d *folder) move(from, to string) error {
	if d.exists(to) {
		return fs.ErrExist
	}
	return told(unix.Renameat(d.fd, from, d.fd, to), "rename")
}

// back gives a file its name back unless something else has it by now.
func (d *folder) back(from, to string) error {
	if err := unix.Linkat(d.fd, from, d.fd, to, 0); err == nil {
		return unix.Unlinkat(d.fd, from, 0)
	}
	// File systems of sticks know no links, and a folder has one name only.
	return d.move(from, to)
}

func (d *folder) remove(name string) error { return unix.Unlinkat(d.fd, name, 0) }

func (d *folder) sync() error {
	// Some file systems cannot flush a folder; the name is gone all the same.
	if err := unix.Fsync(d.fd); err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("flush the folder: %w", err)
	}
	return nil
}
