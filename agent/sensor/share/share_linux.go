package share

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// Of answers the network share that an open file lies on, false for none.
func Of(f *os.File) (activity.Share, bool) {
	var st unix.Statx_t
	err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_MNT_ID, &st)
	if err != nil || st.Mask&unix.STATX_MNT_ID == 0 {
		return Under(f.Name()) // before Linux 5.8
	}
	return among(func(m *mountinfo.Info) bool { return uint64(m.ID) == st.Mnt_id })
}

// Under answers the share that a path lies on by name alone: nothing is looked
// at, so that a server that is gone is not waited for.
func Under(path string) (activity.Share, bool) { return among(covering(path)) }

// Mount answers the number of the mount that a path lies on, by name alone.
func Mount(path string) string {
	var id int
	covers := covering(path)
	_, _ = among(func(m *mountinfo.Info) bool {
		if !covers(m) {
			return false
		}
		id = m.ID
		return true
	})
	return strconv.Itoa(id)
}

// covering finds the mount a path lies on: the last of the deepest.
func covering(path string) func(*mountinfo.Info) bool {
	deepest := 0
	return func(m *mountinfo.Info) bool {
		within := m.Mountpoint == "/" || path == m.Mountpoint || strings.HasPrefix(path, m.Mountpoint+"/")
		if !within || len(m.Mountpoint) < deepest {
			return false
		}
		deepest = len(m.Mountpoint)
		return true
	}
}

// among answers the last mount that is the one, if it is a share.
func among(is func(*mountinfo.Info) bool) (activity.Share, bool) {
	table, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return activity.Share{}, false
	}
	defer table.Close()
	s, ok, _ := choose(table, is)
	return s, ok
}

func choose(table io.Reader, is func(*mountinfo.Info) bool) (activity.Share, bool, error) {
	mounts, err := mountinfo.GetMountsFromReader(table, nil)
	if err != nil {
		return activity.Share{}, false, fmt.Errorf("read the mount table: %w", err)
	}
	var chosen *mountinfo.Info
	for _, m := range mounts {
		if is(m) {
			chosen = m
		}
	}
	if chosen == nil {
		return activity.Share{}, false, nil
	}
	s, ok := parse(chosen.FSType, chosen.Source)
	s.Proven = ok && bySystem(chosen)
	return s, ok, nil
}

// bySystem tells whether root made a mount. Anybody may mount with FUSE, and
// call the source whatever they like.
func bySystem(m *mountinfo.Info) bool {
	if !strings.HasPrefix(m.FSType, "fuse") {
		return true
	}
	for option := range strings.SplitSeq(m.VFSOptions, ",") {
		if id, ok := strings.CutPrefix(option, "user_id="); ok {
			return id == "0"
		}
	}
	return false
}
