package account

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/windows"
)

// Process is who a process acts as.
type Process struct {
	UID        int  // the account's number here
	Privileged bool // it may do everything on this machine: the system, an elevated administrator
}

// OfProcess answers who runs a process.
func OfProcess(pid uint32) (Process, error) {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return Process{UID: -1}, fmt.Errorf("look at a process: %w", err)
	}
	defer windows.CloseHandle(process)
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return Process{UID: -1}, fmt.Errorf("look at a process' account: %w", err)
	}
	defer token.Close()
	return OfToken(token)
}

// OfToken is OfProcess for who a token stands for.
func OfToken(token windows.Token) (Process, error) {
	user, err := token.GetTokenUser()
	if err != nil {
		return Process{UID: -1}, fmt.Errorf("ask a token for its account: %w", err)
	}
	uid := number(user.User.Sid)
	return Process{UID: uid, Privileged: uid == 0 || token.IsElevated()}, nil
}

// OfSID answers the number of a person's account; -1 for groups and for what
// Windows itself runs as, but for the system, which is 0.
func OfSID(sid *windows.SID) int {
	if uid := number(sid); uid == 0 || isPerson(sid) {
		return uid
	}
	return -1
}

// number answers a number for an account, which Windows knows by a longer name:
// 0 for the system, from 2^30 to below 2^31 for others. It stays the same on every
// machine; the last part of the SID alone may be another's, in another domain.
func number(sid *windows.SID) int {
	if sid.IsWellKnown(windows.WinLocalSystemSid) {
		return 0
	}
	hash := sha256.Sum256([]byte(sid.String()))
	return int(binary.BigEndian.Uint32(hash[:])&(1<<30-1) | 1<<30)
}

// Authorities of accounts that people have ([MS-DTYP] 2.4.2.4): of a machine or
// domain, and of Entra ID.
const (
	ntAuthority, cloudAuthority = 5, 12
	domainAccounts, cloudUsers  = 21, 1
)

func isPerson(sid *windows.SID) bool {
	if sid.SubAuthorityCount() < 4 {
		return false
	}
	first := sid.SubAuthority(0)
	switch sid.IdentifierAuthority().Value {
	case [6]byte{5: ntAuthority}:
		return first == domainAccounts
	case [6]byte{5: cloudAuthority}:
		return first == cloudUsers
	}
	return false
}
