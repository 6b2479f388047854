package clipboard

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

func openFile(path string) (*os.File, error) { return os.Open(path) }

// elsewhere tells whether reading a file would have it fetched from elsewhere,
// as those of a cloud drive that are not on this machine.
func elsewhere(info os.FileInfo) bool {
	data, ok := info.Sys().(*syscall.Win32FileAttributeData)
	const away = windows.FILE_ATTRIBUTE_OFFLINE | windows.FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS | windows.FILE_ATTRIBUTE_RECALL_ON_OPEN
	return ok && data.FileAttributes&away != 0
}
