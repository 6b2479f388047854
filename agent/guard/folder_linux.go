package guard

import (
	"errors"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// make adds something that has a name and no content.
func (f *fileSystem) make(h *fuse.InHeader, name string, out *fuse.EntryOut, do func(dir *inode, at int) error) error {
	dir, err := f.inode(h.NodeId)
	if err != nil {
		return err
	}
	if err := f.mayName(h.Caller, dir, name); err != nil {
		return err
	}
	if f.freshAt(dir, name) != nil {
		return unix.EEXIST
	}
	at, err := f.enter(dir)
	if err != nil {
		return err
	}
	defer at.done()
	if err := f.identities.of(h.Caller).do(func() error { return do(dir, at.fd) }); err != nil {
		return err
	}
	return f.lookup(dir, name, out, true)
}

// Mkdir implements fuse.RawFileSystem.
func (f *fileSystem) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	return status(f.make(&in.InHeader, name, out, func(dir *inode, at int) error {
		mode, exact := f.modeFor(dir, in.Mode, in.Umask)
		if err := unix.Mkdirat(at, name, mode); err != nil || exact {
			return err
		}
		return f.correct(at, name, mode)
	}))
}

// Mknod implements fuse.RawFileSystem. It makes empty files, pipes and
// sockets; device nodes have no business on a medium.
func (f *fileSystem) Mknod(_ <-chan struct{}, in *fuse.MknodIn, name string, out *fuse.EntryOut) fuse.Status {
	if kind := in.Mode & unix.S_IFMT; kind == unix.S_IFBLK || kind == unix.S_IFCHR {
		return fuse.EPERM
	}
	return status(f.make(&in.InHeader, name, out, func(dir *inode, at int) error {
		mode, exact := f.modeFor(dir, in.Mode, in.Umask)
		if err := unix.Mknodat(at, name, mode, 0); err != nil || exact {
			return err
		}
		return f.correct(at, name, mode)
	}))
}

// Symlink implements fuse.RawFileSystem.
func (f *fileSystem) Symlink(_ <-chan struct{}, h *fuse.InHeader, target, name string, out *fuse.EntryOut) fuse.Status {
	return status(f.make(h, name, out, func(dir *inode, at int) error {
		if err := f.judgeName(f.about(activity.Name, h.Caller, joined(f.path(dir), name)), target); err != nil {
			return err
		}
		return unix.Symlinkat(target, at, name)
	}))
}

// Readlink implements fuse.RawFileSystem.
func (f *fileSystem) Readlink(_ <-chan struct{}, h *fuse.InHeader) ([]byte, fuse.Status) {
	i, err := f.inode(h.NodeId)
	if err != nil {
		return nil, status(err)
	}
	buf := make([]byte, unix.PathMax)
	n := 0
	err = f.on(i, func(fd int) (err error) {
		n, err = unix.Readlinkat(fd, "", buf)
		return err
	})
	return buf[:n], status(err)
}

// Link implements fuse.RawFileSystem. What is still being written is judged
// before it gets another name.
func (f *fileSystem) Link(_ <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	i, err := f.inode(in.Oldnodeid)
	if err != nil {
		return status(err)
	}
	dir, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	if err := f.mayName(in.Caller, dir, name); err != nil {
		return status(err)
	}
	if f.freshAt(dir, name) != nil {
		return fuse.Status(unix.EEXIST)
	}
	if err := f.link(i, dir, name, in.Caller); err != nil {
		return status(err)
	}
	return status(f.lookup(dir, name, out, false))
}

func (f *fileSystem) link(i, dir *inode, name string, c fuse.Caller) error {
	at, err := f.enter(dir)
	if err != nil {
		return err
	}
	defer at.done()
	if i.denied() {
		return unix.EACCES
	}
	if p := i.pending(); p != nil {
		if p.nameless() {
			return p.giveName(dir, name, at.fd)
		}
		if err := p.commit(forGood); err != nil {
			return err
		}
	}
	return f.on(i, func(fd int) error {
		return f.identities.of(c).do(func() error {
			return unix.Linkat(unix.AT_FDCWD, procPath(fd), at.fd, name, unix.AT_SYMLINK_FOLLOW)
		})
	})
}

// Unlink implements fuse.RawFileSystem.
func (f *fileSystem) Unlink(_ <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	dir, err := f.inode(h.NodeId)
	if err != nil {
		return status(err)
	}
	if reserved(name) {
		return fuse.ENOENT
	}
	if i := f.freshAt(dir, name); i != nil {
		if p := i.pending(); p != nil && p.drop() {
			return fuse.OK
		}
	}
	return status(f.remove(dir, name, h.Caller, 0))
}

// Rmdir implements fuse.RawFileSystem.
func (f *fileSystem) Rmdir(_ <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	dir, err := f.inode(h.NodeId)
	if err != nil {
		return status(err)
	}
	return status(f.remove(dir, name, h.Caller, unix.AT_REMOVEDIR))
}

func (f *fileSystem) remove(dir *inode, name string, c fuse.Caller, flags int) error {
	at, err := f.enter(dir)
	if err != nil {
		return err
	}
	defer at.done()
	var st unix.Stat_t
	if err := unix.Fstatat(at.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	i := f.known(keyOf(&st))
	err = f.emptied(func() error {
		return f.identities.of(c).do(func() error { return unix.Unlinkat(at.fd, name, flags) })
	})
	if err == nil && (st.Nlink <= 1 || flags&unix.AT_REMOVEDIR != 0) {
		f.gone(i)
	}
	return err
}

// emptied does something for which a folder has to be empty. A file that is no
// more, and is still being taken away, is waited for.
func (f *fileSystem) emptied(do func() error) error {
	err := do()
	if !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EEXIST) {
		return err
	}
	f.leaving.Lock()
	f.leaving.Unlock() // all who were leaving have left
	return do()
}

// Rename implements fuse.RawFileSystem. What is still being written is judged
// first: only what may be on the medium is renamed there.
func (f *fileSystem) Rename(_ <-chan struct{}, in *fuse.RenameIn, oldName, newName string) fuse.Status {
	from, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	to, err := f.inode(in.Newdir)
	if err != nil {
		return status(err)
	}
	if reserved(oldName) {
		return fuse.ENOENT
	}
	if err := f.mayName(in.Caller, to, newName); err != nil {
		return status(err)
	}
	if in.Flags&unix.RENAME_EXCHANGE != 0 {
		if err := f.mayName(in.Caller, from, oldName); err != nil {
			return status(err)
		}
	}
	return status(f.rename(in, from, to, oldName, newName))
}

func (f *fileSystem) rename(in *fuse.RenameIn, from, to *inode, oldName, newName string) error {
	if in.Flags&unix.RENAME_WHITEOUT != 0 {
		return unix.EINVAL
	}
	if err := f.settle(from, oldName); err != nil {
		return err
	}
	unborn := f.freshAt(to, newName)
	switch {
	case unborn == nil:
	case in.Flags&unix.RENAME_NOREPLACE != 0:
		return unix.EEXIST
	case in.Flags&unix.RENAME_EXCHANGE != 0:
		if err := f.settle(to, newName); err != nil {
			return err
		}
	default:
		if p := unborn.pending(); p != nil {
			defer p.drop()
		}
	}
	a, err := f.enter(from)
	if err != nil {
		return err
	}
	defer a.done()
	b, err := f.enter(to)
	if err != nil {
		return err
	}
	defer b.done()
	source, err := f.move(a.fd, oldName)
	if err != nil {
		return err
	}
	defer source.done()
	target, err := f.move(b.fd, newName)
	there := err == nil
	if there {
		defer target.done()
	} else if !errors.Is(err, unix.ENOENT) {
		return err // not to be taken for a name that is free
	}
	do := func() error {
		return f.identities.of(in.Caller).do(func() error {
			return unix.Renameat2(a.fd, oldName, b.fd, newName, uint(in.Flags))
		})
	}
	if in.Flags&unix.RENAME_NOREPLACE != 0 {
		err = do()
	} else {
		err = f.emptied(do)
	}
	if err != nil || there && keyOf(&source.st) == keyOf(&target.st) {
		return err
	}
	f.moved(keyOf(&source.st), to, newName)
	switch {
	case there && in.Flags&unix.RENAME_EXCHANGE != 0:
		f.moved(keyOf(&target.st), from, oldName)
	case there:
		f.replaced(target)
	}
	return nil
}

// settle has a file that exists for its writers only judged now.
func (f *fileSystem) settle(dir *inode, name string) error {
	if i := f.freshAt(dir, name); i != nil {
		if p := i.pending(); p != nil {
			return p.commit(forGood)
		}
	}
	return nil
}

// modeFor answers the mode with which something is to be made in a folder, and
// whether this process' own umask leaves it as it is.
func (f *fileSystem) modeFor(dir *inode, mode, umask uint32) (uint32, bool) {
	if f.acl {
		if f.inheritsACL(dir) {
			return mode, true // the access list decides, no umask does
		}
		mode &^= umask & 0o777
	}
	return mode, mode&f.umask == 0
}

// inheritsACL tells whether a folder hands an access list on.
func (f *fileSystem) inheritsACL(dir *inode) bool {
	if dir.aclless.Load() {
		return false
	}
	found := false
	_ = f.on(dir, func(fd int) error {
		_, err := unix.Getxattr(procPath(fd), aclDefault, nil)
		found = err == nil
		return err
	})
	dir.aclless.Store(!found)
	return found
}

// correct gives what was just made the mode bits that this process' own umask
// has taken away. It is the person's own file.
func (f *fileSystem) correct(at int, name string, mode uint32) error {
	fd, err := unix.Openat(at, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return correctMode(fd, mode)
}

func correctMode(fd int, mode uint32) error {
	var st unix.Stat_t
	if err := statOf(fd, &st); err != nil {
		return err
	}
	return unix.Chmod(procPath(fd), mode&0o7777|st.Mode&unix.S_ISGID)
}
