package guard

import (
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"golang.org/x/sys/windows"
)

// Unnamed makes a file that nobody else can open and that is gone with the
// process.
func Unnamed(folder string) (*os.File, error) {
	name := filepath.Join(folder, uuid.NewString())
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(p, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.CREATE_NEW,
		windows.FILE_ATTRIBUTE_TEMPORARY|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	if err != nil {
		return nil, &os.PathError{Op: "create", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), name), nil
}
