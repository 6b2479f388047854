package share

import (
	"os"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/rules/activity"
)

// Of answers the network share that an open file lies on, false for none. The
// system is asked for the file's real name, which drives that stand for a share
// do not hide.
func Of(f *os.File) (activity.Share, bool) {
	name := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetFinalPathNameByHandle(windows.Handle(f.Fd()), &name[0], uint32(len(name)), 0)
	if err != nil || int(n) >= len(name) {
		return Under(f.Name())
	}
	return Under(windows.UTF16ToString(name[:n]))
}

// Under answers the share of a path that names its server.
func Under(path string) (activity.Share, bool) {
	s, ok := fromUNC(path)
	s.Proven = ok && !strings.EqualFold(s.Host, "localhost")
	return s, ok
}

// Mount answers nothing: there a drive that goes takes its watch along.
func Mount(string) string { return "" }
