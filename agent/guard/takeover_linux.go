package guard

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/moby/sys/mountinfo"
)

// hidden is how names of the guard's own files on a medium begin.
const hidden = ".trustline-"

// fsName is the type under which the guard's mounts stand in the mount table.
const fsName = "fuse.trustline"

// takeover is a medium taken over: a private clone of its mount that is
// writable, while the one that people see is read-only.
type takeover struct {
	path     string
	root     int    // descriptor of the clone's root
	flags    uint64 // mount attributes the visible mount had
	dev      uint64
	writable bool
}

// takeOver makes the mount at path read-only for everybody and answers a
// private, writable clone of it. A guard that died there is removed first.
func takeOver(path string) (*takeover, error) {
	inherited, err := removeDeadGuard(path)
	if err != nil {
		return nil, err
	}
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return nil, fmt.Errorf("look at %s: %w", path, err)
	}
	root, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("clone the mount at %s: %w", path, err)
	}
	t := &takeover{path: path, root: root, flags: uint64(st.Flags), writable: st.Flags&unix.ST_RDONLY == 0 || inherited}
	if err := t.protect(); err != nil {
		unix.Close(root)
		return nil, err
	}
	return t, nil
}

// protect makes the visible mount read-only and the clone writable, private
// and unable to run or honour anything by privilege.
func (t *takeover) protect() error {
	var st unix.Stat_t
	if err := unix.Fstat(t.root, &st); err != nil {
		return fmt.Errorf("look at the medium: %w", err)
	}
	t.dev = st.Dev
	if !t.writable {
		return nil
	}
	err := retryBusy(func() error {
		return unix.MountSetattr(unix.AT_FDCWD, t.path, 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	})
	if err != nil && !errors.Is(err, unix.EBUSY) {
		return fmt.Errorf("make %s read-only: %w", t.path, err)
	}
	private := unix.MountAttr{
		Attr_clr:    unix.MOUNT_ATTR_RDONLY,
		Attr_set:    unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC,
		Propagation: unix.MS_PRIVATE,
	}
	if err := unix.MountSetattr(t.root, "", unix.AT_EMPTY_PATH, &private); err != nil {
		return fmt.Errorf("make the private clone of %s writable: %w", t.path, err)
	}
	return nil
}

// retryBusy waits briefly for whoever still holds a file open for writing.
func retryBusy(do func() error) (err error) {
	for range 20 {
		if err = do(); !errors.Is(err, unix.EBUSY) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// giveBack makes the visible mount what it was.
func (t *takeover) giveBack() error {
	var err error
	if t.writable {
		err = unix.MountSetattr(unix.AT_FDCWD, t.path, 0, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY})
	}
	return errors.Join(err, t.letGo())
}

// letGo writes out what the medium has not got yet and closes the clone.
func (t *takeover) letGo() error {
	// The clone's own descriptor is a mere path, which cannot be flushed.
	fd, err := unix.Openat(t.root, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		err = errors.Join(unix.Syncfs(fd), unix.Close(fd))
	}
	return errors.Join(err, unix.Close(t.root))
}

// removeDeadGuard detaches guards at path whose process has died. It answers
// whether there was one: the mount below is then read-only by our own doing.
func removeDeadGuard(path string) (bool, error) {
	found := false
	for range 8 {
		mounts, err := mountinfo.GetMounts(mountinfo.SingleEntryFilter(path))
		if err != nil {
			return found, fmt.Errorf("read the mount table: %w", err)
		}
		if len(mounts) == 0 {
			return found, fmt.Errorf("%s is not a mount point: %w", path, os.ErrNotExist)
		}
		top, err := topMount(path)
		if err != nil {
			return found, err
		}
		if !strings.HasPrefix(top.FSType, fsName) {
			return found, nil
		}
		if _, err := os.Stat(path); !errors.Is(err, unix.ENOTCONN) && !errors.Is(err, unix.ECONNABORTED) {
			return found, fmt.Errorf("%s is guarded already by another process", path)
		}
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			return found, fmt.Errorf("remove the dead guard at %s: %w", path, err)
		}
		found = true
	}
	return found, fmt.Errorf("%s is covered by too many dead guards", path)
}

// topMount answers the mount that is visible at path.
func topMount(path string) (*mountinfo.Info, error) {
	mounts, err := mountinfo.GetMounts(func(m *mountinfo.Info) (skip, stop bool) { return m.Mountpoint != path, false })
	if err != nil {
		return nil, fmt.Errorf("read the mount table: %w", err)
	}
	if len(mounts) == 0 {
		return nil, fmt.Errorf("%s is not a mount point: %w", path, os.ErrNotExist)
	}
	return mounts[len(mounts)-1], nil
}
