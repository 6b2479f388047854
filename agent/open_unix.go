//go:build !windows

package agent

import (
	"os"
	"syscall"
)

// openPlain opens a file to read it. It follows no link that stands in its
// place and never waits, as it would on a named pipe.
func openPlain(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}
