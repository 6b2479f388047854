//go:build unix

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// systemCache is the folder for the service, "" for other accounts.
func systemCache() string {
	if os.Geteuid() != 0 {
		return ""
	}
	return filepath.Join(serviceCache(), "code")
}

// serviceCache is the folder of what the service can make again.
func serviceCache() string {
	if runtime.GOOS == "darwin" {
		return "/Library/Caches/trustline"
	}
	return "/var/cache/trustline"
}

// ownFolder refuses a folder that someone else may write to: code is loaded
// from there.
func ownFolder(folder string) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return fmt.Errorf("look at folder for compiled code: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm()&0o022 != 0 || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("folder for compiled code %s has to belong to this account and be writable for nobody else", folder)
	}
	return nil
}
