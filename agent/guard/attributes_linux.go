package guard

import (
	"fmt"
	"strings"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// SetAttr implements fuse.RawFileSystem.
func (f *fileSystem) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	i, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	if err := f.setAttr(i, in); err != nil {
		return status(err)
	}
	byHandle := in.Valid&fuse.FATTR_FH != 0
	return status(f.attributes(i, byHandle, in.Fh, out))
}

// setAttr takes part in a change that is pending, so that it cannot end
// between two steps: the kernel tells late that the last writer is gone.
func (f *fileSystem) setAttr(i *inode, in *fuse.SetAttrIn) (err error) {
	who, p := f.identities.of(in.Caller), i.enlist()
	if p != nil {
		defer func() {
			if left := p.leave(); err == nil {
				err = left
			}
		}()
	}
	if size, ok := in.GetSize(); ok {
		if err := f.truncate(i, p, in, int64(size), who); err != nil {
			return err
		}
	}
	if in.Valid&(fuse.FATTR_UID|fuse.FATTR_GID|fuse.FATTR_MODE|fuse.FATTR_ATIME|fuse.FATTR_MTIME) == 0 {
		return nil
	}
	set := func() error {
		return f.on(i, func(fd int) error {
			return who.do(func() error { return setAttributes(fd, in) })
		})
	}
	if p != nil {
		return p.keepTimes(timesOf(in), set)
	}
	return set()
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
	if in.Valid&fuse.FATTR_MODE != 0 {
		if err := unix.Chmod(procPath(fd), in.Mode&0o7777); err != nil {
			return err
		}
	}
	if times := timesOf(in); times != nil {
		return setTimes(fd, times)
	}
	return nil
}

// timesOf answers the times to be set: of access and of change.
func timesOf(in *fuse.SetAttrIn) *[2]unix.Timespec {
	if in.Valid&(fuse.FATTR_ATIME|fuse.FATTR_MTIME) == 0 {
		return nil
	}
	omit, now := unix.Timespec{Nsec: unix.UTIME_OMIT}, unix.Timespec{Nsec: unix.UTIME_NOW}
	times := [2]unix.Timespec{omit, omit}
	switch {
	case in.Valid&fuse.FATTR_ATIME_NOW != 0:
		times[0] = now
	case in.Valid&fuse.FATTR_ATIME != 0:
		times[0] = unix.Timespec{Sec: int64(in.Atime), Nsec: int64(in.Atimensec)}
	}
	switch {
	case in.Valid&fuse.FATTR_MTIME_NOW != 0:
		times[1] = now
	case in.Valid&fuse.FATTR_MTIME != 0:
		times[1] = unix.Timespec{Sec: int64(in.Mtime), Nsec: int64(in.Mtimensec)}
	}
	return &times
}

func setTimes(fd int, times *[2]unix.Timespec) error {
	return unix.UtimesNanoAt(unix.AT_FDCWD, procPath(fd), times[:], 0)
}

// truncate is part of the pending change while somebody writes; otherwise it
// only takes away, or adds zeros, and goes to the medium at once.
func (f *fileSystem) truncate(i *inode, p *pending, in *fuse.SetAttrIn, size int64, who identity) error {
	if in.Valid&fuse.FATTR_FH != 0 {
		if h := f.handles.get(in.Fh); h != nil && h.pend != nil {
			return h.pend.truncate(h.hand, size)
		}
	}
	if p != nil {
		return p.truncate(&hand{f.about(activity.Write, in.Caller, f.path(i)), who}, size)
	}
	i.cached.Store(false)
	return f.reopen(i, func(path string) error {
		return who.do(func() error { return unix.Truncate(path, size) })
	})
}

// procPath names an open file for calls that take no descriptor.
func procPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

const aclDefault = "system.posix_acl_default"

// isACL tells whether an attribute is an access list: numbers of accounts and
// their rights, no content.
func isACL(attr string) bool { return strings.HasPrefix(attr, "system.posix_acl_") }

// GetXAttr implements fuse.RawFileSystem.
func (f *fileSystem) GetXAttr(_ <-chan struct{}, h *fuse.InHeader, attr string, dest []byte) (uint32, fuse.Status) {
	if isACL(attr) && !f.acl {
		return 0, fuse.Status(unix.EOPNOTSUPP)
	}
	return f.readAttribute(h, func(fd int) (int, error) { return unix.Getxattr(procPath(fd), attr, dest) })
}

// ListXAttr implements fuse.RawFileSystem.
func (f *fileSystem) ListXAttr(_ <-chan struct{}, h *fuse.InHeader, dest []byte) (uint32, fuse.Status) {
	return f.readAttribute(h, func(fd int) (int, error) { return unix.Listxattr(procPath(fd), dest) })
}

func (f *fileSystem) readAttribute(h *fuse.InHeader, read func(fd int) (int, error)) (uint32, fuse.Status) {
	i, err := f.inode(h.NodeId)
	if err != nil {
		return 0, status(err)
	}
	n := 0
	err = f.on(i, func(fd int) error {
		return f.identities.of(h.Caller).do(func() (err error) {
			n, err = read(fd)
			return err
		})
	})
	return uint32(max(n, 0)), status(err)
}

// SetXAttr implements fuse.RawFileSystem. Name and value are judged:
// attributes carry content as well as files do.
func (f *fileSystem) SetXAttr(_ <-chan struct{}, in *fuse.SetXAttrIn, attr string, data []byte) fuse.Status {
	i, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	if isACL(attr) && !f.acl {
		return fuse.Status(unix.EOPNOTSUPP)
	}
	if !isACL(attr) {
		for _, text := range []string{attr, string(data)} {
			if err := f.judgeName(f.about(activity.Attribute, in.Caller, f.path(i)), text); err != nil {
				return status(err)
			}
		}
	}
	return status(f.writeAttribute(i, in.Caller, func(fd int) error {
		return unix.Setxattr(procPath(fd), attr, data, int(in.Flags))
	}))
}

// RemoveXAttr implements fuse.RawFileSystem.
func (f *fileSystem) RemoveXAttr(_ <-chan struct{}, h *fuse.InHeader, attr string) fuse.Status {
	i, err := f.inode(h.NodeId)
	if err != nil {
		return status(err)
	}
	return status(f.writeAttribute(i, h.Caller, func(fd int) error { return unix.Removexattr(procPath(fd), attr) }))
}

func (f *fileSystem) writeAttribute(i *inode, c fuse.Caller, write func(fd int) error) error {
	i.aclless.Store(false)
	return f.on(i, func(fd int) error {
		return f.identities.of(c).do(func() error { return write(fd) })
	})
}
