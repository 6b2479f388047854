package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// fuse mounts an empty FUSE file system without fusermount, as the guard does,
// where nobody else can see it.
func fuse(context.Context, *examination) finding {
	device, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return fail("missing")
	case err != nil:
		return fail("closed", because(err))
	}
	defer device.Close()
	if !privileged() {
		return warn("not-root")
	}
	dir, err := os.MkdirTemp("", "trustline-doctor-")
	if err != nil {
		return fail("refused", because(err))
	}
	defer os.Remove(dir)
	err = unseen(func() error {
		options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions", device.Fd())
		if err := unix.Mount("trustline-doctor", dir, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
			return err
		}
		return unix.Unmount(dir, unix.MNT_DETACH)
	})
	switch {
	case errors.Is(err, unix.ENODEV):
		return fail("missing")
	case err != nil:
		return fail("refused", because(err))
	}
	return fine()
}

// unseen runs something in a mount namespace of its own, which ends with it.
func unseen(do func() error) error {
	result := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with this goroutine, and its
		// namespace with the thread.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
			result <- fmt.Errorf("leave the mount namespace: %w", err)
			return
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			result <- fmt.Errorf("make mounts private: %w", err)
			return
		}
		result <- do()
	}()
	return <-result
}
