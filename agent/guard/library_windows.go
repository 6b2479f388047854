package guard

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// What is asked of WinFsp: it is installed by the company, never shipped by us.
const (
	libraryName = "winfsp-x64.dll"
	libraryKey  = `SOFTWARE\WinFsp` // of 32 bits
	// oldest is the version (2022.2) from which on a file that is removed while
	// it is open is told of as is expected here.
	oldest = uint32(1)<<16 | 12
)

// ErrNoLibrary: WinFsp is not installed.
var ErrNoLibrary = errors.New("WinFsp is not installed")

// ErrOldLibrary: WinFsp is too old.
var ErrOldLibrary = errors.New("WinFsp is too old")

// Library answers which WinFsp is installed: its version, and an error where it
// is none that guards can stand on.
func Library() (version string, err error) {
	path, err := libraryPath()
	if err != nil {
		return "", err
	}
	return loadLibrary(path)
}

// libraryPath answers where WinFsp was installed, as its installer has written
// down where only administrators may write. It is looked for nowhere else:
// a library of that name in a folder of somebody's own is not loaded.
func libraryPath() (string, error) {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, libraryKey, registry.QUERY_VALUE|registry.WOW64_32KEY)
	if err != nil {
		return "", ErrNoLibrary
	}
	defer key.Close()
	folder, _, err := key.GetStringValue("InstallDir")
	if err != nil || !filepath.IsAbs(folder) {
		return "", ErrNoLibrary
	}
	return filepath.Join(folder, "bin", libraryName), nil
}

// loadLibrary loads WinFsp for good. Whoever asks for it by its name alone
// afterwards gets this one.
func loadLibrary(path string) (version string, err error) {
	h, err := windows.LoadLibraryEx(path, 0, windows.LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR|windows.LOAD_LIBRARY_SEARCH_SYSTEM32)
	if err != nil {
		return "", fmt.Errorf("load %s: %w", path, errors.Join(ErrNoLibrary, err))
	}
	ask, err := windows.GetProcAddress(h, "FspVersion")
	if err != nil {
		return "", fmt.Errorf("ask WinFsp for its version: %w", errors.Join(ErrOldLibrary, err))
	}
	return versionOf(ask)
}

func versionOf(ask uintptr) (string, error) {
	var n uint32
	if status, _, _ := syscall.SyscallN(ask, uintptr(unsafe.Pointer(&n))); int32(status) < 0 {
		return "", fmt.Errorf("ask WinFsp for its version: status %#x", uint32(status))
	}
	version := fmt.Sprintf("%d.%d", n>>16, n&0xffff)
	if n < oldest {
		return version, fmt.Errorf("version %s: %w", version, ErrOldLibrary)
	}
	return version, nil
}
