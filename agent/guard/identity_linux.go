package guard

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// identity is who asks for something, as the medium's file system knows
// people.
type identity struct {
	uid, gid uint32
	groups   []uint32
}

// identities answers who is behind a request. Supplementary groups stand in
// /proc alone: they are remembered for a moment.
type identities struct {
	mu    sync.Mutex
	known map[fuse.Caller]membership
}

type membership struct {
	groups []uint32
	until  time.Time
}

const (
	membershipFor  = time.Second
	maxMemberships = 1024
)

func (s *identities) of(c fuse.Caller) identity {
	id := identity{uid: c.Uid, gid: c.Gid}
	if c.Uid == 0 {
		return id
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.known[c]; ok && now.Before(m.until) {
		id.groups = m.groups
		return id
	}
	if s.known == nil || len(s.known) >= maxMemberships {
		s.known = map[fuse.Caller]membership{}
	}
	id.groups = groupsOf(c)
	s.known[c] = membership{id.groups, now.Add(membershipFor)}
	return id
}

// groupsOf reads the supplementary groups of the process that asks; none when
// it is gone or is somebody else by now.
func groupsOf(c fuse.Caller) []uint32 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Pid))
	if err != nil || statusField(status, "Uid", 3) != strconv.Itoa(int(c.Uid)) {
		return nil
	}
	var ids []uint32
	for _, f := range strings.Fields(statusLine(status, "Groups")) {
		if id, err := strconv.ParseUint(f, 10, 32); err == nil {
			ids = append(ids, uint32(id))
		}
	}
	return ids
}

func statusLine(status []byte, name string) string {
	_, rest, _ := bytes.Cut(status, []byte("\n"+name+":"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return string(line)
}

// statusField answers one of the numbers of a line; of Uid, the fourth is the
// one that counts for files.
func statusField(status []byte, name string, n int) string {
	fields := strings.Fields(statusLine(status, name))
	if n >= len(fields) {
		return ""
	}
	return fields[n]
}

// do runs something with this identity, so that the medium's own rules hold
// for the person and not for the service: permissions, access lists, quotas,
// reserved space. The thread has no privilege of the service meanwhile.
func (id identity) do(what func() error) error {
	if id.uid == 0 {
		return what()
	}
	runtime.LockOSThread()
	own, err := id.assume()
	if err == nil {
		err = what()
	}
	if own.resume() != nil {
		// The thread must never be used again under a wrong identity. It ends
		// with its goroutine, as it is still locked to it.
		runtime.Goexit()
	}
	runtime.UnlockOSThread()
	return err
}

// powers are what a thread of the service may do.
type powers struct {
	head   unix.CapUserHeader
	data   [2]unix.CapUserData
	groups []uint32
}

func (id identity) assume() (powers, error) {
	own := powers{head: unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}}
	var err error
	if own.groups, err = threadGroups(); err != nil {
		return own, err
	}
	if err := unix.Capget(&own.head, &own.data[0]); err != nil {
		return own, err
	}
	if err := setGroups(id.groups); err != nil {
		return own, err
	}
	if err := setFSID(unix.SYS_SETFSGID, id.gid); err != nil {
		return own, err
	}
	if err := setFSID(unix.SYS_SETFSUID, id.uid); err != nil {
		return own, err
	}
	none := own.data
	none[0].Effective, none[1].Effective = 0, 0
	return own, unix.Capset(&own.head, &none[0])
}

func (own powers) resume() error {
	if own.data[0].Permitted == 0 {
		return nil // nothing was given up yet
	}
	if err := unix.Capset(&own.head, &own.data[0]); err != nil {
		return err
	}
	if err := setFSID(unix.SYS_SETFSUID, 0); err != nil {
		return err
	}
	if err := setFSID(unix.SYS_SETFSGID, 0); err != nil {
		return err
	}
	return setGroups(own.groups)
}

// setFSID sets the file system identity of this thread and reads it back: the
// call itself does not say whether it worked.
func setFSID(call uintptr, id uint32) error {
	syscall.RawSyscall(call, uintptr(id), 0, 0)
	if now, _, _ := syscall.RawSyscall(call, ^uintptr(0), 0, 0); uint32(now) != id {
		return syscall.EPERM
	}
	return nil
}

// threadGroups answers the supplementary groups of this thread.
func threadGroups() ([]uint32, error) {
	n, _, e := syscall.RawSyscall(unix.SYS_GETGROUPS, 0, 0, 0)
	if e != 0 || n == 0 {
		return nil, errnoOrNil(e)
	}
	ids := make([]uint32, n)
	_, _, e = syscall.RawSyscall(unix.SYS_GETGROUPS, n, uintptr(unsafe.Pointer(&ids[0])), 0)
	return ids, errnoOrNil(e)
}

// setGroups sets the supplementary groups of this thread alone; the standard
// library would set those of the whole process.
func setGroups(ids []uint32) error {
	var p unsafe.Pointer
	if len(ids) > 0 {
		p = unsafe.Pointer(&ids[0])
	}
	_, _, e := syscall.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(ids)), uintptr(p), 0)
	return errnoOrNil(e)
}

func errnoOrNil(e syscall.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}

// ownUmask answers the mode bits that this process never gives to a new file.
func ownUmask() uint32 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0o777
	}
	mask, err := strconv.ParseUint(statusField(status, "Umask", 0), 8, 32)
	if err != nil {
		return 0o777
	}
	return uint32(mask)
}
