package doctor

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// fileEvents asks the kernel to be asked before one file of its own is opened
// (fanotify(7)), and takes the request back.
func fileEvents(context.Context, *examination) finding {
	if !privileged() {
		return warn("not-root")
	}
	f, err := os.CreateTemp("", "trustline-doctor-*")
	if err != nil {
		return fail("refused", because(err))
	}
	defer os.Remove(f.Name())
	defer f.Close()
	group, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_CLOEXEC|unix.FAN_NONBLOCK, unix.O_RDONLY)
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
		return warn("not-built-in")
	case err != nil:
		return warn("refused", because(err))
	}
	defer unix.Close(group)
	err = unix.FanotifyMark(group, unix.FAN_MARK_ADD, unix.FAN_OPEN_PERM, unix.AT_FDCWD, f.Name())
	switch {
	case errors.Is(err, unix.EINVAL):
		return warn("not-built-in")
	case err != nil:
		return warn("refused", because(err))
	}
	return fine()
}
