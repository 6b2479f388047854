package guard

import (
	"context"
	"fmt"
	"strings"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/activity"
)

func (n *node) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		if e := n.truncate(ctx, h, int64(size)); e != 0 {
			return e
		}
	}
	at := n.real()
	e := as(ctx, func() error {
		return n.fs.on(at, func(fd int) error { return setAttributes(fd, in) })
	})
	if e != 0 {
		return e
	}
	if p := n.pending(); p != nil {
		p.keepTimes(in)
	}
	return n.Getattr(ctx, h, out)
}

func setAttributes(fd int, in *fuse.SetAttrIn) error {
	uid, setUID := in.GetUID()
	gid, setGID := in.GetGID()
	if setUID || setGID {
		u, g := -1, -1
		if setUID {
			u = int(uid)
		}
		if setGID {
			g = int(gid)
		}
		if err := unix.Fchownat(fd, "", u, g, unix.AT_EMPTY_PATH); err != nil {
			return err
		}
	}
	if mode, ok := in.GetMode(); ok {
		if err := unix.Chmod(fdPath(fd), mode&0o7777); err != nil {
			return err
		}
	}
	if times := timesOf(in); times != nil {
		return unix.UtimesNanoAt(unix.AT_FDCWD, fdPath(fd), times[:], 0)
	}
	return nil
}

func timesOf(in *fuse.SetAttrIn) *[2]unix.Timespec {
	times := [2]unix.Timespec{omit, omit}
	if t, ok := in.GetATime(); ok {
		times[0] = timespec(t)
	}
	if t, ok := in.GetMTime(); ok {
		times[1] = timespec(t)
	}
	if times[0] == omit && times[1] == omit {
		return nil
	}
	return &times
}

// keepTimes remembers times that were set before the content reaches the
// medium, which would change them.
func (p *pending) keepTimes(in *fuse.SetAttrIn) {
	if times := timesOf(in); times != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.dirty || p.fresh {
			p.times = times
		}
	}
}

// truncate is part of the pending change while somebody writes; otherwise it
// only takes away, or adds zeros, and goes to the medium at once.
func (n *node) truncate(ctx context.Context, h fs.FileHandle, size int64) syscall.Errno {
	if hd, ok := h.(*handle); ok && hd.pend != nil {
		return errno(hd.pend.truncate(size))
	}
	if p := n.pending(); p != nil {
		return errno(p.truncate(size))
	}
	at := n.path()
	return as(ctx, func() error {
		fd, err := n.fs.beneath(at, unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.Ftruncate(fd, size)
	})
}

// fdPath names an open file for calls that take no descriptor.
func fdPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

func (n *node) Getxattr(ctx context.Context, attr string, dest []byte) (uint32, syscall.Errno) {
	if aclAttribute(attr) {
		return 0, syscall.EOPNOTSUPP
	}
	var size int
	at := n.real()
	e := as(ctx, func() error {
		return n.fs.on(at, func(fd int) (err error) {
			size, err = unix.Getxattr(fdPath(fd), attr, dest)
			return err
		})
	})
	return uint32(size), e
}

// Setxattr has the value judged: attributes carry content as well as files do.
func (n *node) Setxattr(ctx context.Context, attr string, data []byte, flags uint32) syscall.Errno {
	if aclAttribute(attr) {
		return syscall.EOPNOTSUPP
	}
	at := n.path()
	a := n.fs.activity(ctx, activity.Attribute, at)
	for _, text := range []string{attr, string(data)} {
		if n.fs.judge.Name(ctx, a, text) != Allow {
			return syscall.EACCES
		}
	}
	at = n.real()
	return as(ctx, func() error {
		return n.fs.on(at, func(fd int) error { return unix.Setxattr(fdPath(fd), attr, data, int(flags)) })
	})
}

func (n *node) Listxattr(ctx context.Context, dest []byte) (uint32, syscall.Errno) {
	var size int
	at := n.real()
	e := as(ctx, func() error {
		return n.fs.on(at, func(fd int) (err error) {
			size, err = unix.Listxattr(fdPath(fd), dest)
			return err
		})
	})
	return uint32(size), e
}

func (n *node) Removexattr(ctx context.Context, attr string) syscall.Errno {
	if aclAttribute(attr) {
		return syscall.EOPNOTSUPP
	}
	at := n.real()
	return as(ctx, func() error {
		return n.fs.on(at, func(fd int) error { return unix.Removexattr(fdPath(fd), attr) })
	})
}

// aclAttribute: access lists are refused, because the kernel would not apply
// them on the guard.
func aclAttribute(attr string) bool { return strings.HasPrefix(attr, "system.posix_acl_") }
