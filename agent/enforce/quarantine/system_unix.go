//go:build !windows

package quarantine

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

func ownerOf(_ *os.File, info fs.FileInfo) (uid, gid int, owner string) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid), int(st.Gid), ""
	}
	return -1, -1, ""
}

// giveTo gives a file to whose it was; who may not is who makes it.
func giveTo(f *os.File, e Entry) error {
	err := f.Chown(e.UID, e.GID)
	if errors.Is(err, syscall.EPERM) && os.Geteuid() != 0 {
		return nil
	}
	return err
}

// remove takes a file away from a folder that is open.
func remove(folder *os.Root, name, _ string) error { return folder.Remove(name) }

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// place gives a file its name if nothing has it. A link fails where something
// stands, which a rename would replace.
func place(tmp, to string) error {
	switch err := os.Link(tmp, to); {
	case errors.Is(err, fs.ErrExist):
		return ErrTaken
	case err == nil:
		return nil
	}
	// File systems of sticks know no links.
	if _, err := os.Lstat(to); err == nil {
		return ErrTaken
	}
	return os.Rename(tmp, to)
}
