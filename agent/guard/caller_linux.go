package guard

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/activity"
)

// as does something with the identity of whoever made the request, so that the
// medium's own rules hold for them and not for the service. The thread drops
// every file privilege meanwhile.
func as(ctx context.Context, do func() error) syscall.Errno {
	caller, ok := fuse.FromContext(ctx)
	if !ok || caller.Uid == 0 {
		return errno(do())
	}
	runtime.LockOSThread()
	if err := become(caller); err != nil {
		// The thread is left locked: it ends with its goroutine and is not used
		// again under a wrong identity.
		return syscall.EACCES
	}
	err := do()
	if resume() != nil {
		return syscall.EIO
	}
	runtime.UnlockOSThread()
	return errno(err)
}

func become(c *fuse.Caller) error {
	if err := setGroups(groups(c.Pid)); err != nil {
		return err
	}
	if err := setfsid(unix.SYS_SETFSGID, c.Gid); err != nil {
		return err
	}
	return setfsid(unix.SYS_SETFSUID, c.Uid)
}

func resume() error {
	if err := setfsid(unix.SYS_SETFSUID, 0); err != nil {
		return err
	}
	if err := setfsid(unix.SYS_SETFSGID, 0); err != nil {
		return err
	}
	return setGroups(nil)
}

// setfsid sets the file system identity of this thread and reads it back: the
// call itself does not say whether it worked.
func setfsid(call uintptr, id uint32) error {
	syscall.RawSyscall(call, uintptr(id), 0, 0)
	if now, _, _ := syscall.RawSyscall(call, ^uintptr(0), 0, 0); uint32(now) != id {
		return syscall.EPERM
	}
	return nil
}

// setGroups sets the supplementary groups of this thread alone.
func setGroups(ids []uint32) error {
	var p unsafe.Pointer
	if len(ids) > 0 {
		p = unsafe.Pointer(&ids[0])
	}
	if _, _, e := syscall.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(ids)), uintptr(p), 0); e != 0 {
		return e
	}
	return nil
}

// groups answers the supplementary groups of a process; none when it is gone.
func groups(pid uint32) []uint32 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil
	}
	_, rest, ok := strings.Cut(string(status), "\nGroups:")
	if !ok {
		return nil
	}
	line, _, _ := strings.Cut(rest, "\n")
	var ids []uint32
	for _, f := range strings.Fields(line) {
		if id, err := strconv.ParseUint(f, 10, 32); err == nil {
			ids = append(ids, uint32(id))
		}
	}
	return ids
}

// actor says who is behind a request.
func actor(ctx context.Context) activity.Actor {
	caller, ok := fuse.FromContext(ctx)
	if !ok {
		return activity.Actor{UID: -1}
	}
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", caller.Pid))
	if err != nil {
		program = ""
	}
	return activity.Actor{UID: int(caller.Uid), PID: int(caller.Pid), Program: strings.TrimSuffix(program, " (deleted)")}
}

// source answers the file a program most likely copies from: the one regular
// file with the same base name, or the only one, that it holds open for reading.
func source(pid int, name string) string {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 256 {
		return ""
	}
	only := ""
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil || !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "/dev/") || strings.HasPrefix(target, "/proc/") {
			continue
		}
		if filepath.Base(target) == filepath.Base(name) {
			return target
		}
		if only != "" {
			only = "?"
			continue
		}
		only = target
	}
	if only == "?" {
		return ""
	}
	return only
}

func errno(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	return fuseErrno(err)
}
