package doctor

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// seccompHas asks whether filters may answer calls in this way.
func seccompHas(action *uint32) error {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(action)))
	if errno != 0 {
		return errno
	}
	return nil
}
