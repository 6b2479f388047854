package guard

import (
	"context"
	"path"
	"strings"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// make adds something that has a name and no content.
func (n *node) make(ctx context.Context, name string, out *fuse.EntryOut, do func(dir int, base string) error) (*fs.Inode, syscall.Errno) {
	at := n.child(name)
	if e := n.fs.mayName(ctx, at); e != 0 {
		return nil, e
	}
	if n.fs.freshAt(at) != nil {
		return nil, syscall.EEXIST
	}
	if e := as(ctx, func() error { return n.fs.at(at, do) }); e != 0 {
		return nil, e
	}
	return n.Lookup(ctx, name, out)
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.make(ctx, name, out, func(dir int, base string) error { return unix.Mkdirat(dir, base, mode) })
}

// Mknod makes empty files, pipes and sockets; device nodes have no business on
// a medium.
func (n *node) Mknod(ctx context.Context, name string, mode, dev uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if t := mode & unix.S_IFMT; t == unix.S_IFBLK || t == unix.S_IFCHR {
		return nil, syscall.EPERM
	}
	return n.make(ctx, name, out, func(dir int, base string) error { return unix.Mknodat(dir, base, mode, 0) })
}

func (n *node) Symlink(ctx context.Context, target, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if e := n.fs.mayName(ctx, path.Join("link", strings.ReplaceAll(target, "/", " "))); e != 0 {
		return nil, e
	}
	return n.make(ctx, name, out, func(dir int, base string) error { return unix.Symlinkat(target, dir, base) })
}

func (n *node) Readlink(ctx context.Context) ([]byte, syscall.Errno) {
	buf := make([]byte, unix.PathMax)
	var size int
	e := as(ctx, func() error {
		return n.fs.on(n.path(), func(fd int) (err error) {
			size, err = unix.Readlinkat(fd, "", buf)
			return err
		})
	})
	return buf[:size], e
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	t, ok := target.(*node)
	if !ok {
		return nil, syscall.EXDEV
	}
	if err := n.fs.settle(ctx, t.path()); err != nil {
		return nil, errno(err)
	}
	return n.make(ctx, name, out, func(dir int, base string) error {
		return n.fs.at(t.path(), func(from int, old string) error { return unix.Linkat(from, old, dir, base, 0) })
	})
}

func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	at := n.child(name)
	if f := n.fs.freshAt(at); f != nil {
		if p := f.pending(); p != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.unlinked = true
			n.fs.discard(p)
			return 0
		}
	}
	if reserved(name) {
		return syscall.ENOENT
	}
	return as(ctx, func() error {
		return n.fs.at(at, func(dir int, base string) error { return unix.Unlinkat(dir, base, 0) })
	})
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	at := n.child(name)
	if len(n.fs.freshIn(at)) > 0 {
		return syscall.ENOTEMPTY
	}
	return as(ctx, func() error {
		return n.fs.at(at, func(dir int, base string) error { return unix.Unlinkat(dir, base, unix.AT_REMOVEDIR) })
	})
}

// Rename first has judged what is being written to either name: a rename moves
// finished files only.
func (n *node) Rename(ctx context.Context, name string, newParent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	to, ok := newParent.(*node)
	if !ok {
		return syscall.EXDEV
	}
	oldPath, newPath := n.child(name), to.child(newName)
	if reserved(name) {
		return syscall.ENOENT
	}
	if e := n.fs.mayName(ctx, newPath); e != 0 {
		return e
	}
	for _, p := range []string{oldPath, newPath} {
		if err := n.fs.settle(ctx, p); err != nil {
			return errno(err)
		}
	}
	return as(ctx, func() error {
		return n.fs.at(oldPath, func(from int, old string) error {
			return n.fs.at(newPath, func(dir int, base string) error { return unix.Renameat2(from, old, dir, base, uint(flags)) })
		})
	})
}

func (n *node) OpendirHandle(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	var fd int
	e := as(ctx, func() (err error) {
		fd, err = n.fs.beneath(n.path(), unix.O_RDONLY|unix.O_DIRECTORY, 0)
		return err
	})
	if e != 0 {
		return nil, 0, e
	}
	stream, e := fs.NewLoopbackDirStreamFd(fd)
	if e != 0 {
		unix.Close(fd)
		return nil, 0, e
	}
	return &listing{FileHandle: stream, stream: stream, fresh: n.fs.freshIn(n.path())}, 0, 0
}

// listing shows a folder without the guard's own files and with those that
// exist for their writers only.
type listing struct {
	fs.FileHandle
	stream fs.FileHandle
	fresh  map[string]*node
}

var _ interface {
	fs.FileReaddirenter
	fs.FileReleasedirer
	fs.FileSeekdirer
} = (*listing)(nil)

func (l *listing) Readdirent(ctx context.Context) (*fuse.DirEntry, syscall.Errno) {
	for {
		entry, e := l.stream.(fs.FileReaddirenter).Readdirent(ctx)
		if e != 0 {
			return nil, e
		}
		if entry == nil {
			return l.nextFresh(), 0
		}
		if !strings.HasPrefix(entry.Name, hidden) {
			return entry, 0
		}
	}
}

func (l *listing) nextFresh() *fuse.DirEntry {
	for name, n := range l.fresh {
		delete(l.fresh, name)
		return &fuse.DirEntry{Name: name, Mode: unix.S_IFREG, Ino: n.StableAttr().Ino}
	}
	return nil
}

func (l *listing) Seekdir(ctx context.Context, off uint64) syscall.Errno {
	return l.stream.(fs.FileSeekdirer).Seekdir(ctx, off)
}

func (l *listing) Releasedir(ctx context.Context, flags uint32) {
	l.stream.(fs.FileReleasedirer).Releasedir(ctx, flags)
}
