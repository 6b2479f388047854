package guard

import (
	"context"
	"errors"
	"os"
	"path"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/activity"
)

// node is a file, folder or link of the medium.
type node struct {
	fs.Inode
	fs *fileSystem

	mu   sync.Mutex
	pend *pending
}

var _ interface {
	fs.NodeLookuper
	fs.NodeGetattrer
	fs.NodeSetattrer
	fs.NodeCreater
	fs.NodeOpener
	fs.NodeOpendirHandler
	fs.NodeMkdirer
	fs.NodeMknoder
	fs.NodeSymlinker
	fs.NodeReadlinker
	fs.NodeLinker
	fs.NodeUnlinker
	fs.NodeRmdirer
	fs.NodeRenamer
	fs.NodeStatfser
	fs.NodeGetxattrer
	fs.NodeSetxattrer
	fs.NodeListxattrer
	fs.NodeRemovexattrer
} = (*node)(nil)

func (n *node) path() string             { return n.Path(nil) }
func (n *node) child(name string) string { return path.Join(n.path(), name) }

func (n *node) pending() *pending {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pend
}

// real is where the file stands on the medium now.
func (n *node) real() string {
	if p := n.pending(); p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.fresh {
			return path.Join(path.Dir(p.name), p.temp)
		}
	}
	return n.path()
}

// attr fills in what the file looks like to those who see it, pending content
// included.
func (n *node) attr(st *unix.Stat_t, out *fuse.Attr) {
	fill(out, st)
	if p := n.pending(); p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.denied {
			out.Size = uint64(p.size)
			if p.times != nil && p.times[1] != omit {
				out.Mtime, out.Mtimensec = uint64(p.times[1].Sec), uint32(p.times[1].Nsec)
			}
		}
	}
}

// inode answers the node of a file of the medium, new or known.
func (n *node) inode(ctx context.Context, st *unix.Stat_t) *fs.Inode {
	return n.NewInode(ctx, &node{fs: n.fs}, fs.StableAttr{Mode: st.Mode & unix.S_IFMT, Ino: st.Ino})
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if reserved(name) {
		return nil, syscall.ENOENT
	}
	at := n.child(name)
	var st unix.Stat_t
	if f := n.fs.freshAt(at); f != nil {
		if err := n.fs.stat(f.real(), &st); err != nil {
			return nil, errno(err)
		}
		f.attr(&st, &out.Attr)
		return &f.Inode, 0
	}
	if e := as(ctx, func() error { return n.fs.stat(at, &st) }); e != 0 {
		return nil, e
	}
	child := n.inode(ctx, &st)
	if c, ok := child.Operations().(*node); ok {
		c.attr(&st, &out.Attr)
	}
	return child, 0
}

func (n *node) Getattr(ctx context.Context, h fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	var st unix.Stat_t
	var err error
	if hd, ok := h.(*handle); ok {
		err = hd.stat(&st)
	} else {
		err = n.fs.stat(n.real(), &st)
	}
	if err != nil {
		return errno(err)
	}
	n.attr(&st, &out.Attr)
	return 0
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	at := n.child(name)
	if e := n.fs.mayName(ctx, at); e != 0 {
		return nil, nil, 0, e
	}
	temp := temporaryName()
	var fd int
	e := as(ctx, func() (err error) {
		fd, err = n.fs.beneath(path.Join(n.path(), temp), unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, mode)
		return err
	})
	if e != 0 {
		return nil, nil, 0, e
	}
	base := os.NewFile(uintptr(fd), "medium")
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		base.Close()
		return nil, nil, 0, errno(err)
	}
	p := newPending(n.fs, n.fs.activity(ctx, activity.Write, at), base, 0, true)
	p.name, p.temp, p.handles = at, temp, 1
	child := n.inode(ctx, &st)
	c, ok := child.Operations().(*node)
	if !ok {
		return nil, nil, 0, syscall.EIO
	}
	c.mu.Lock()
	c.pend = p
	c.mu.Unlock()
	n.fs.mu.Lock()
	n.fs.fresh[at] = c
	n.fs.mu.Unlock()
	c.attr(&st, &out.Attr)
	return child, &handle{node: c, pend: p}, 0, 0
}

func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if flags&unix.O_ACCMODE == unix.O_RDONLY {
		return n.openToRead(ctx)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pend != nil {
		n.pend.mu.Lock()
		defer n.pend.mu.Unlock()
		if n.pend.denied {
			return nil, 0, syscall.EACCES
		}
		n.pend.handles++
		return &handle{node: n, pend: n.pend}, 0, 0
	}
	at := n.path()
	// Asked for as the person, opened for reading too as the service: the
	// judge has to see all of what the file is going to hold.
	e := as(ctx, func() error {
		fd, err := n.fs.beneath(at, int(flags&unix.O_ACCMODE)|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
		if err == nil {
			unix.Close(fd)
		}
		return err
	})
	if e != 0 {
		return nil, 0, e
	}
	fd, err := n.fs.beneath(at, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, errno(err)
	}
	base := os.NewFile(uintptr(fd), "medium")
	info, err := base.Stat()
	if err != nil {
		base.Close()
		return nil, 0, errno(err)
	}
	n.pend = newPending(n.fs, n.fs.activity(ctx, activity.Write, at), base, info.Size(), false)
	n.pend.name, n.pend.handles = at, 1
	return &handle{node: n, pend: n.pend}, 0, 0
}

func (n *node) openToRead(ctx context.Context) (fs.FileHandle, uint32, syscall.Errno) {
	var fd int
	e := as(ctx, func() (err error) {
		fd, err = n.fs.beneath(n.real(), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
		return err
	})
	if e != 0 {
		return nil, 0, e
	}
	return &handle{node: n, read: os.NewFile(uintptr(fd), "medium")}, 0, 0
}

// release ends a handle that could write; the last one out decides for good.
func (n *node) release(ctx context.Context, p *pending) error {
	n.mu.Lock()
	p.mu.Lock()
	p.handles--
	last := p.handles == 0
	p.mu.Unlock()
	n.mu.Unlock()
	if !last {
		return nil
	}
	err := p.commit(ctx, true)
	n.mu.Lock()
	defer n.mu.Unlock()
	p.mu.Lock()
	again := p.handles > 0
	p.mu.Unlock()
	if again {
		return err
	}
	if n.pend == p {
		n.pend = nil
	}
	p.close()
	if errors.Is(err, unix.EACCES) {
		_, parent := n.Parent()
		if parent != nil {
			go parent.NotifyEntry(path.Base(p.name))
		}
	}
	return err
}

func (n *node) Statfs(ctx context.Context, out *fuse.StatfsOut) syscall.Errno {
	var st unix.Statfs_t
	if err := unix.Fstatfs(n.fs.root, &st); err != nil {
		return errno(err)
	}
	out.Blocks, out.Bfree, out.Bavail = st.Blocks, st.Bfree, st.Bavail
	out.Files, out.Ffree = st.Files, st.Ffree
	out.Bsize, out.Frsize, out.NameLen = uint32(st.Bsize), uint32(st.Frsize), uint32(st.Namelen)
	return 0
}
