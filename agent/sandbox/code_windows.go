package sandbox

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// systemCache is "": the cache folder of LocalSystem is its own already.
func systemCache() string { return "" }

// serviceCache is that folder, whoever asks.
func serviceCache() string {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return ""
	}
	return filepath.Join(system, `config\systemprofile\AppData\Local\trustline`)
}

// ownFolder wants a folder. Who may write there is inherited from the profile
// of the account it stands in.
func ownFolder(folder string) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return fmt.Errorf("look at folder for compiled code: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("folder for compiled code %s is no folder", folder)
	}
	return nil
}
