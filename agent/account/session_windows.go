package account

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/windows"
)

// noSession is what Windows answers while nobody is at the screen (0xFFFFFFFF).
const noSession = ^uint32(0)

// Sessions answers the sessions of this machine that somebody is logged on to.
// Only the system may ask.
func Sessions() ([]uint32, error) {
	var people []uint32
	err := eachSession(func(id uint32, _ windows.Token) bool { people = append(people, id); return true })
	return people, err
}

// Sole answers the account of who is logged on to this machine, where that is
// one person, and -1 otherwise.
func Sole() int {
	sole, ok := -1, true
	err := eachSession(func(_ uint32, token windows.Token) bool {
		p, err := OfToken(token)
		ok = ok && err == nil && (sole < 0 || sole == p.UID)
		sole = p.UID
		return ok
	})
	if err != nil || !ok {
		return -1
	}
	return sole
}

// Owner answers whose a file with these rights is, and their name where Windows
// knows one: -1 where it is nobody's own. Unsigned says that the file then tells
// nothing of who made it, as on sticks, which know no owners, and where an
// administrator did.
func Owner(of *windows.SECURITY_DESCRIPTOR) (uid int, user string, unsigned bool) {
	sid, _, err := of.Owner()
	if err != nil || sid == nil {
		return -1, "", true
	}
	if uid := OfSID(sid); uid >= 0 {
		return uid, Name(sid), false
	}
	return -1, "", sid.IsWellKnown(windows.WinWorldSid) || sid.IsWellKnown(windows.WinBuiltinAdministratorsSid)
}

// eachSession calls do with each session that somebody is logged on to, and
// their token, until it answers false.
func eachSession(do func(uint32, windows.Token) bool) error {
	all, err := sessions()
	if err != nil {
		return err
	}
	for _, id := range all {
		var token windows.Token
		switch err := windows.WTSQueryUserToken(id, &token); {
		case err == nil:
			more := do(id, token)
			_ = token.Close()
			if !more {
				return nil
			}
		case errors.Is(err, windows.ERROR_PRIVILEGE_NOT_HELD):
			return fmt.Errorf("ask who is logged on: %w", err)
		} // nobody is, or the session is just ending, which is said in many ways
	}
	return nil
}

// sessions answers all sessions but that of services.
func sessions() ([]uint32, error) {
	var first *windows.WTS_SESSION_INFO
	var count uint32
	if err := windows.WTSEnumerateSessions(0, 0, 1, &first, &count); err != nil {
		return nil, fmt.Errorf("list the sessions of this machine: %w", err)
	}
	defer windows.WTSFreeMemory(uintptr(unsafe.Pointer(first)))
	all := []uint32{windows.WTSGetActiveConsoleSessionId()}
	for _, s := range unsafe.Slice(first, count) {
		if s.State != windows.WTSListen && s.State != windows.WTSDown {
			all = append(all, s.SessionID)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(id uint32) bool { return id == 0 || id == noSession }), nil
}
