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
// knows one. File systems of sticks know no owners, and what an administrator
// makes belongs to all of them: then it is whoever is logged on, if that is one
// person, else -1.
func Owner(of *windows.SECURITY_DESCRIPTOR) (uid int, user string) {
	if sid, _, err := of.Owner(); err == nil && sid != nil {
		if uid := OfSID(sid); uid > 0 {
			return uid, Name(sid)
		}
	}
	return Sole(), ""
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
		case errors.Is(err, windows.ERROR_NO_TOKEN), errors.Is(err, windows.ERROR_FILE_NOT_FOUND): // nobody, or gone meanwhile
		default:
			return fmt.Errorf("ask who is logged on: %w", err)
		}
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
		all = append(all, s.SessionID)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(id uint32) bool { return id == 0 || id == noSession }), nil
}
