package discovery

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	ioprioWhoProcess = 1
	ioprioIdle       = 3 << 13
)

// giveWay has this thread run and read when nobody else wants to.
func giveWay() error {
	_, _, errno := unix.Syscall(unix.SYS_IOPRIO_SET, ioprioWhoProcess, 0, ioprioIdle)
	var disk error
	if errno != 0 {
		disk = fmt.Errorf("set the priority of reading: %w", errno)
	}
	return errors.Join(disk, unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 19))
}

func deviceOf(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Dev
	}
	return 0
}

// changedAt is when anything about the file changed, which nobody can set.
func changedAt(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ctim.Nano()
	}
	return 0
}

// CreatedAt is when a file was made, zero where the file system does not know.
func CreatedAt(path string, _ fs.FileInfo) time.Time {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BTIME, &st); err != nil || st.Mask&unix.STATX_BTIME == 0 {
		return time.Time{}
	}
	return time.Unix(st.Btime.Sec, int64(st.Btime.Nsec))
}

// Homes is where people's own folders are.
func Homes() []string { return []string{"/home"} }
