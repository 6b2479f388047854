package guard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// takeover is a medium taken over: a private clone of its mount that is
// writable, while those that people see are read-only.
type takeover struct {
	path     string
	root     int    // descriptor of the clone's root
	visible  int    // descriptor of the mount that people see, which the guard covers
	flags    uint64 // mount flags the visible mount had
	dev      uint64
	writable bool
	siblings []string // other mounts of the medium that were made read-only
	note     string   // file that remembers this across a crash
	watch    *holdoutWatch
}

// takeOver makes the mount at path read-only for everybody and answers a
// private, writable clone of it. A guard that died there is removed first.
func takeOver(ctx context.Context, path string, o Options) (*takeover, error) {
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
	t := &takeover{path: path, root: root, visible: -1, flags: uint64(st.Flags), writable: st.Flags&unix.ST_RDONLY == 0 || inherited}
	if err = t.identify(o.Scratch); err == nil {
		err = t.protect(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, t.giveBack())
	}
	return t, nil
}

// identify finds out which device it is, and whether a guard of ours had taken
// it over and died before it was mounted.
func (t *takeover) identify(scratch string) error {
	var st unix.Stat_t
	if err := unix.Fstat(t.root, &st); err != nil {
		return fmt.Errorf("look at the medium: %w", err)
	}
	t.dev = st.Dev
	id, err := mountID(t.path)
	if err != nil {
		return err
	}
	t.note = filepath.Join(scratch, fmt.Sprintf("taken-over-%d", id))
	if boot, err := os.ReadFile(t.note); err == nil && string(boot) == bootID() {
		t.writable = true
	}
	return nil
}

// mountID answers the number of a mount, which is never used again until the
// machine restarts.
func mountID(path string) (uint64, error) {
	var st unix.Statx_t
	const unique = 0x4000 // STATX_MNT_ID_UNIQUE, Linux 6.8
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_NO_AUTOMOUNT, unique, &st); err != nil {
		return 0, fmt.Errorf("look at the mount: %w", err)
	}
	return st.Mnt_id, nil
}

func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// protect makes every visible mount of the medium read-only and the clone
// writable, private and unable to run or honour anything by privilege.
func (t *takeover) protect(ctx context.Context, o Options) error {
	if !t.writable {
		return nil
	}
	if err := os.WriteFile(t.note, []byte(bootID()), 0o600); err != nil {
		return fmt.Errorf("remember the take-over: %w", err)
	}
	var err error
	if t.visible, err = unix.Open(t.path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open the mount point: %w", err)
	}
	if err := t.readOnly(ctx, o, func() error { return setReadOnly(t.visible, "", true) }); err != nil {
		return fmt.Errorf("make %s read-only: %w", t.path, err)
	}
	others, err := mountsOf(t.dev, t.path)
	if err != nil {
		return err
	}
	for _, path := range others {
		t.siblings = append(t.siblings, path)
		if err := t.readOnly(ctx, o, func() error { return setReadOnly(unix.AT_FDCWD, path, true) }); err != nil && !gone(err) {
			return fmt.Errorf("make %s read-only: %w", path, err)
		}
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

// readOnly waits briefly for whoever holds a file open for writing, then goes
// on without them: they are named, and tried again.
func (t *takeover) readOnly(ctx context.Context, o Options, try func() error) error {
	err := makeReadOnly(ctx, try)
	if !errors.Is(err, unix.EBUSY) {
		return err
	}
	if t.watch == nil {
		t.watch = watchHoldouts(t.dev, o.Log)
	}
	t.watch.add(try)
	return nil
}

// mountsOf answers where else than at path a medium is mounted writable.
func mountsOf(dev uint64, path string) ([]string, error) {
	major, minor := int(unix.Major(dev)), int(unix.Minor(dev))
	var found []string
	all, err := mountinfo.GetMounts(func(m *mountinfo.Info) (skip, stop bool) {
		return m.Major != major || m.Minor != minor || !slices.Contains(strings.Split(m.Options, ","), "rw"), false
	})
	if err != nil {
		return nil, fmt.Errorf("read the mount table: %w", err)
	}
	for _, m := range all {
		// What lies under something else at its place cannot be reached by it.
		if top, err := topMount(m.Mountpoint); err == nil && top.ID == m.ID && m.Mountpoint != path {
			found = append(found, m.Mountpoint)
		}
	}
	return found, nil
}

const (
	busyTries = 10
	busyPause = 100 * time.Millisecond
)

func makeReadOnly(ctx context.Context, try func() error) (err error) {
	for range busyTries {
		if err = try(); !errors.Is(err, unix.EBUSY) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(busyPause):
		}
	}
	return err
}

func setReadOnly(at int, path string, on bool) error {
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if !on {
		attr = unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}
	}
	return unix.MountSetattr(at, path, unix.AT_SYMLINK_NOFOLLOW|unix.AT_EMPTY_PATH, &attr)
}

// giveBack makes the visible mounts what they were.
func (t *takeover) giveBack() error {
	t.watch.stop()
	var errs []error
	if t.visible >= 0 {
		if err := setReadOnly(t.visible, "", false); err != nil && !gone(err) {
			errs = append(errs, fmt.Errorf("make %s writable again: %w", t.path, err))
		}
	}
	for _, path := range t.siblings {
		if err := setReadOnly(unix.AT_FDCWD, path, false); err != nil && !gone(err) {
			errs = append(errs, fmt.Errorf("make %s writable again: %w", path, err))
		}
	}
	return errors.Join(append(errs, t.close())...)
}

// letGo follows an unmount by somebody else, an eject: the medium's own mount
// goes too, so that nothing holds the device. When it was the connection to
// the kernel that ended, the dead guard alone goes: the medium stays, read-only
// and remembered as ours, to be taken over again.
func (t *takeover) letGo() error {
	t.watch.stop()
	if died, err := removeDeadGuard(t.path); died {
		t.note = ""
		return errors.Join(err, t.close())
	}
	t.uncover()
	var errs []error
	if err := unix.Unmount(t.path, unix.UMOUNT_NOFOLLOW); err != nil && !gone(err) {
		errs = append(errs, fmt.Errorf("unmount %s: %w", t.path, err))
	}
	return errors.Join(append(errs, t.close())...)
}

// close flushes the medium and ends the private clone.
func (t *takeover) close() error {
	t.uncover()
	if t.note != "" {
		_ = os.Remove(t.note)
	}
	// The clone's own descriptor is a mere path, which cannot be flushed.
	fd, err := unix.Openat(t.root, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		err = errors.Join(unix.Syncfs(fd), unix.Close(fd))
	}
	return errors.Join(err, unix.Close(t.root))
}

func (t *takeover) uncover() {
	if t.visible >= 0 {
		unix.Close(t.visible)
		t.visible = -1
	}
}

// gone tells that a mount is not there any more.
func gone(err error) bool { return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) }

// removeDeadGuard detaches guards at path whose process has died. It answers
// whether there was one: the mount below is then read-only by our own doing.
func removeDeadGuard(path string) (bool, error) {
	found := false
	for range 8 {
		top, err := topMount(path)
		if err != nil {
			return found, err
		}
		if !kernelName(top.FSType) {
			return found, nil
		}
		if !dead(path) {
			return found, fmt.Errorf("%s is guarded already by another process", path)
		}
		if err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return found, fmt.Errorf("remove the dead guard at %s: %w", path, err)
		}
		found = true
	}
	return found, fmt.Errorf("%s is covered by too many dead guards", path)
}

// dead tells whether a guard's process is gone. A live one that does not
// answer is not waited for.
func dead(path string) bool {
	answer := make(chan error, 1)
	go func() {
		// Not stat: the kernel would answer from what it remembers.
		var st unix.Statfs_t
		answer <- unix.Statfs(path, &st)
	}()
	select {
	case err := <-answer:
		return errors.Is(err, unix.ENOTCONN) || errors.Is(err, unix.ECONNABORTED)
	case <-time.After(5 * time.Second):
		return false
	}
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

// holdouts answers who may still write unseen.
func (t *takeover) holdouts() []Holdout { return t.watch.holdouts() }
