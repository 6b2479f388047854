package doctor

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// mounts makes a private clone of a mount read-only, as the guard does to a
// medium (open_tree(2), mount_setattr(2)): nothing can be written there any
// more while it can everywhere else.
func mounts(context.Context, *examination) finding {
	if !privileged() {
		return warn("not-root")
	}
	dir, err := os.MkdirTemp("", "trustline-doctor-")
	if err != nil {
		return fail("refused", because(err))
	}
	defer os.RemoveAll(dir)
	clone, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	switch {
	case errors.Is(err, unix.ENOSYS):
		return fail("old-kernel")
	case err != nil:
		return fail("refused", because(err))
	}
	defer unix.Close(clone)
	err = unix.MountSetattr(clone, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	switch {
	case errors.Is(err, unix.ENOSYS):
		return fail("old-kernel")
	case err != nil:
		return fail("refused", because(err))
	}
	if fd, err := unix.Openat(clone, "probe", unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o600); !errors.Is(err, unix.EROFS) {
		if err == nil {
			unix.Close(fd)
		}
		return fail("no-effect")
	}
	if err := os.WriteFile(dir+"/probe", nil, 0o600); err != nil {
		return fail("refused", because(err))
	}
	return fine()
}
