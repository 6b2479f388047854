package guard

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// openVolume opens the file system of a volume (`\\?\Volume{…}\`) or a folder.
func openVolume(path string) (*volume, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open the volume: %w", err)
	}
	full := func(name string) string {
		return strings.TrimSuffix(path, `\`) + `\` + strings.ReplaceAll(name, "/", `\`)
	}
	return &volume{
		root: root, means: meaning, largest: maxFileSize, describe: describe,
		free:   func() (int64, error) { _, free, err := room(path); return free, err },
		remove: func(name string) error { return os.Remove(full(name)) },
		setTimes: func(name string, times [2]time.Time) error {
			return setTimes(full(name), times)
		},
		setAttributes: func(name string, attributes uint32) error {
			p, err := windows.UTF16PtrFromString(full(name))
			if err != nil {
				return err
			}
			return windows.SetFileAttributes(p, attributes)
		},
	}, nil
}

// room answers how many bytes a volume has, and has free.
func room(path string) (total, free int64, err error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0, err
	}
	var all, available uint64
	err = windows.GetDiskFreeSpaceEx(p, &available, &all, nil)
	return int64(min(all, maxFileSize)), int64(min(available, maxFileSize)), err
}

// setTimes works on files that are read-only, too.
func setTimes(path string, times [2]time.Time) error {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	const flags = windows.FILE_FLAG_BACKUP_SEMANTICS | windows.FILE_FLAG_OPEN_REPARSE_POINT
	h, err := windows.CreateFile(p, windows.FILE_WRITE_ATTRIBUTES, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING, flags, 0)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	accessed, modified := windows.NsecToFiletime(times[0].UnixNano()), windows.NsecToFiletime(times[1].UnixNano())
	return windows.SetFileTime(h, nil, &accessed, &modified)
}

func describe(info fs.FileInfo, e *entry) {
	data, ok := info.Sys().(*syscall.Win32FileAttributeData)
	if !ok {
		return
	}
	e.Attributes = data.FileAttributes
	e.Accessed = time.Unix(0, data.LastAccessTime.Nanoseconds())
	e.Born = time.Unix(0, data.CreationTime.Nanoseconds())
}
