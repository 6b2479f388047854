package installer

import (
	"fmt"
	"os"
)

// Trusted answers an error when the file is not there. Whether others can
// change it is not looked at here yet.
func Trusted(path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	return nil
}
