//go:build !windows

package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Trusted answers an error when anybody but root could change what the file
// holds, or put another in its place: what runs as root must not be theirs to
// write. The error names the first such part of the path and the remedy.
func Trusted(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist", path)
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	for part := real; ; part = filepath.Dir(part) {
		info, err := os.Lstat(part)
		if err != nil {
			return fmt.Errorf("look at %s: %w", part, err)
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return fmt.Errorf("look at %s: no owner", part)
		}
		if owner.Uid != 0 || info.Mode().Perm()&0o022 != 0 {
			return fmt.Errorf("others than root can change %s, which would give them root; put the program where only root can write, such as /usr/local/bin (chown root, chmod go-w)", part)
		}
		if part == filepath.Dir(part) {
			return nil
		}
	}
}
