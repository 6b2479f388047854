package guard

import (
	"os"

	"golang.org/x/sys/unix"
)

// Unnamed makes a file that nobody else can open and that is gone with the
// process.
func Unnamed(folder string) (*os.File, error) {
	return os.OpenFile(folder, os.O_RDWR|unix.O_TMPFILE, 0o600)
}
