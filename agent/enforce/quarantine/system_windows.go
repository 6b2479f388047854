package quarantine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/account"
)

// ownerOf answers whose a file is; groups have no numbers here.
func ownerOf(f *os.File, _ fs.FileInfo) (uid, gid int, owner string) {
	rights, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return -1, -1, ""
	}
	uid, _, _ = account.Owner(rights)
	if sid, _, err := rights.Owner(); err == nil && uid > 0 {
		owner = sid.String()
	}
	return uid, -1, owner
}

// giveTo gives a file to whose it was, or who looks at it next would take it for
// the service's. File systems without owners, and who may not, leave it as it is.
func giveTo(f *os.File, e Entry) error {
	if e.Owner == "" {
		return nil
	}
	sid, err := windows.StringToSid(e.Owner)
	if err != nil {
		return fmt.Errorf("give a file back to its owner: %w", err)
	}
	_ = allow("SeRestorePrivilege") // only who has it needs it for others
	// By the open file, never by its path: that may lead elsewhere by now.
	again, _, _ := reOpenFile.Call(f.Fd(), windows.WRITE_OWNER, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, windows.FILE_FLAG_BACKUP_SEMANTICS)
	file := windows.Handle(again)
	if file == windows.InvalidHandle {
		return nil
	}
	_ = windows.SetSecurityInfo(file, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION, sid, nil, nil, nil)
	if err := windows.CloseHandle(file); err != nil {
		return fmt.Errorf("give a file back to its owner: %w", err)
	}
	return nil
}

var reOpenFile = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReOpenFile")

// allow has this process use a privilege that its account has.
func allow(privilege string) error {
	name, err := windows.UTF16PtrFromString(privilege)
	if err != nil {
		return err
	}
	want := windows.Tokenprivileges{PrivilegeCount: 1}
	want.Privileges[0].Attributes = windows.SE_PRIVILEGE_ENABLED
	if err := windows.LookupPrivilegeValue(nil, name, &want.Privileges[0].Luid); err != nil {
		return err
	}
	var token windows.Token
	if err := windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_ADJUST_PRIVILEGES, &token); err != nil {
		return err
	}
	defer func() { _ = token.Close() }()
	return windows.AdjustTokenPrivileges(token, false, &want, 0, nil, nil)
}

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
