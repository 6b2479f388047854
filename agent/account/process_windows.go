package account

import (
	"errors"

	"golang.org/x/sys/windows"
)

// OfProcess answers a number for who runs a process: 0 for the system and for
// elevated administrators, who can do everything here; for others the last
// part of the account's SID, which is its own among the accounts of a machine.
func OfProcess(pid uint32) (int, error) {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return -1, err
	}
	defer windows.CloseHandle(process)
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return -1, err
	}
	defer token.Close()
	return OfToken(token)
}

// OfToken is OfProcess for who a token stands for.
func OfToken(token windows.Token) (int, error) {
	user, err := token.GetTokenUser()
	if err != nil {
		return -1, err
	}
	sid := user.User.Sid
	if sid.IsWellKnown(windows.WinLocalSystemSid) || token.IsElevated() {
		return 0, nil
	}
	n := sid.SubAuthorityCount()
	if n == 0 {
		return -1, errors.New("the account has no number")
	}
	return int(sid.SubAuthority(uint32(n) - 1)), nil
}
