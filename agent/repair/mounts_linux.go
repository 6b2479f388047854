package repair

import (
	"errors"
	"fmt"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/guard"
)

// mounts takes the dead ends of guards off their media, which are below them as
// the guard left them: read-only.
func mounts(Setup) (Outcome, int, error) {
	ours, err := mountinfo.GetMounts(func(m *mountinfo.Info) (skip, stop bool) { return m.FSType != guard.FileSystem, false })
	if err != nil {
		return Failed, 0, fmt.Errorf("read the mount table: %w", err)
	}
	n := 0
	var errs []error
	for _, m := range ours {
		var st unix.Statfs_t
		if err := unix.Statfs(m.Mountpoint, &st); !errors.Is(err, unix.ENOTCONN) {
			continue // somebody answers
		}
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			errs = append(errs, fmt.Errorf("take a dead guard off %s: %w", m.Mountpoint, err))
			continue
		}
		n++
	}
	if n == 0 {
		return Nothing, 0, errors.Join(errs...)
	}
	return Repaired, n, errors.Join(errs...)
}
