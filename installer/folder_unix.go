//go:build !windows

package installer

import (
	"fmt"
	"os"
)

// PrivateFolder makes a folder of the service's, which others may not read.
func PrivateFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make the service's folder: %w", err)
	}
	return nil
}
