package discovery

import (
	"io/fs"
	"syscall"
	"time"
)

// CreatedAt answers when a file was made, zero where the system does not say.
func CreatedAt(_ string, info fs.FileInfo) time.Time {
	data, ok := info.Sys().(*syscall.Win32FileAttributeData)
	if !ok || data.CreationTime.Nanoseconds() <= 0 {
		return time.Time{}
	}
	return time.Unix(0, data.CreationTime.Nanoseconds())
}
