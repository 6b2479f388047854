package doctor

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/message"
)

// sandbox asks what the kernel offers to lock the reader of documents in:
// seccomp (seccomp(2)), without which nothing is read, and Landlock
// (landlock(7)), which is a second wall.
func sandbox(context.Context, *examination) finding {
	action := uint32(unix.SECCOMP_RET_KILL_PROCESS)
	if err := seccompHas(&action); err != nil {
		return fail("no-seccomp", because(err))
	}
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch {
	case errors.Is(errno, unix.ENOSYS), errors.Is(errno, unix.EOPNOTSUPP):
		return warn("no-landlock")
	case errno != 0:
		return warn("landlock-refused", because(errno))
	}
	return fine(message.Args{"Version": int(version)})
}
