//go:build !linux && !windows

package sandbox

import (
	"runtime/debug"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return nil }

// confine bounds memory. A process of its own, and its deadline, are all the
// isolation there is on this system so far: the file system and the network
// stay open to a worker.
func confine(memory int64) error {
	debug.SetMemoryLimit(memory * 3 / 4)
	return nil
}
