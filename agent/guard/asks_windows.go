package guard

import (
	"github.com/winfsp/cgofuse/fuse"
	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/account"
	"github.com/trustline/trustline/rules/activity"
)

// asks answers who waits for the guard's answer: WinFsp knows the process that
// opens or renames. Nobody proves anything here.
func asks() activity.Actor {
	_, _, pid := fuse.Getcontext()
	return process(pid)
}

func process(pid int) activity.Actor {
	a := activity.Actor{UID: -1}
	if pid <= 0 {
		return a
	}
	a.PID = pid
	if by, err := account.OfProcess(uint32(pid)); err == nil {
		a.UID = by.UID
	}
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return a
	}
	defer windows.CloseHandle(h)
	var path [windows.MAX_LONG_PATH]uint16
	size := uint32(len(path))
	if windows.QueryFullProcessImageName(h, 0, &path[0], &size) == nil {
		a.Program = windows.UTF16ToString(path[:size])
	}
	var token windows.Token
	if windows.OpenProcessToken(h, windows.TOKEN_QUERY, &token) != nil {
		return a
	}
	defer token.Close()
	if user, err := token.GetTokenUser(); err == nil {
		a.User = account.Name(user.User.Sid)
	}
	return a
}

// numberOf answers the number of the file system at a drive, 0 when it has none.
func numberOf(root string) (serial uint32) {
	p, err := windows.UTF16PtrFromString(root)
	if err != nil || windows.GetVolumeInformation(p, nil, 0, &serial, nil, nil, nil, 0) != nil {
		return 0
	}
	return serial
}
