//go:build !windows

package clipboard

import (
	"os"
	"syscall"
)

// openFile opens a file to read it, and never waits as on a named pipe.
func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// elsewhere tells whether reading a file would have it fetched from elsewhere.
func elsewhere(os.FileInfo) bool { return false }
