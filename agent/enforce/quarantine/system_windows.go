package quarantine

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/account"
)

// ownerOf answers whose a file is; groups have no numbers here.
func ownerOf(f *os.File, _ fs.FileInfo) (uid, gid int) {
	rights, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return -1, -1
	}
	uid, _ = account.Owner(rights)
	return uid, -1
}

// giveTo does nothing: a file belongs to whom its folder says.
func giveTo(*os.File, int, int) error { return nil }

// remove takes a file away from a folder that is open. Systems that cannot
// delete by an open folder delete by the path.
func remove(folder *os.Root, name, path string) error {
	err := folder.Remove(name)
	if errors.Is(err, windows.ERROR_INVALID_FUNCTION) || errors.Is(err, windows.ERROR_INVALID_PARAMETER) {
		return os.Remove(path)
	}
	return err
}

// syncFolder has nothing to do: NTFS journals renames in order.
func syncFolder(string) error { return nil }

// place gives a file its name if nothing has it.
func place(tmp, to string) error {
	from, err := windows.UTF16PtrFromString(tmp)
	if err != nil {
		return err
	}
	dest, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	err = windows.MoveFileEx(from, dest, windows.MOVEFILE_WRITE_THROUGH)
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) || errors.Is(err, windows.ERROR_FILE_EXISTS) {
		return ErrTaken
	}
	return err
}
