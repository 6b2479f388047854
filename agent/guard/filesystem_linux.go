package guard

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// fileSystem answers the kernel for one medium. What it is not asked for here
// does not exist on the guard, and the kernel falls back to what does: copying
// between files becomes reading and writing.
type fileSystem struct {
	fuse.RawFileSystem

	ctx        context.Context // ends with the guard
	root       int             // descriptor of the private clone's root
	medium     Medium
	judge      Judge
	scratch    *scratch
	log        *slog.Logger
	acl        bool   // the medium has access lists
	direct     bool   // the kernel can write past its cache
	umask      uint32 // of this process
	identities identities
	tree       tree
	handles    handles
	server     *fuse.Server
	notices    sync.WaitGroup
	leaving    sync.RWMutex // read while a file that is no more is taken away

	mu   sync.Mutex
	live map[*pending]struct{}
}

// String implements fuse.RawFileSystem.
func (f *fileSystem) String() string { return "trustline" }

// coherent is the protocol (of Linux 6.6) from which on the kernel drops what
// it keeps of a file where that is written past its cache.
const coherent = 39

// Init implements fuse.RawFileSystem.
func (f *fileSystem) Init(s *fuse.Server) {
	f.server = s
	k := s.KernelSettings()
	f.direct = k.Major == 7 && k.Minor >= coherent
}

// cacheOf answers how the kernel is to cache what is written by a file opened
// with flags. Who cannot read it cannot map it: copying it into the cache
// would be for nothing.
func (f *fileSystem) cacheOf(flags uint32) uint32 {
	if f.direct && flags&unix.O_ACCMODE == unix.O_WRONLY {
		return fuse.FOPEN_DIRECT_IO
	}
	return 0
}

// judgeName asks whether a text may stand on the medium outside of content.
func (f *fileSystem) judgeName(a activity.Activity, text string) error {
	if !nameAllowed(f.ctx, f.judge, a, text) {
		return unix.EACCES
	}
	return nil
}

// mayName asks whether something may have a name in a folder.
func (f *fileSystem) mayName(c fuse.Caller, dir *inode, name string) error {
	_, err := f.naming(c, dir, name)
	return err
}

// naming is mayName, and answers what was asked about.
func (f *fileSystem) naming(c fuse.Caller, dir *inode, name string) (activity.Activity, error) {
	if reserved(name) {
		return activity.Activity{}, unix.EACCES
	}
	a := f.about(activity.Name, c, joined(f.path(dir), name))
	return a, f.judgeName(a, name)
}

func joined(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// Lookup implements fuse.RawFileSystem.
func (f *fileSystem) Lookup(_ <-chan struct{}, h *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	if reserved(name) {
		return fuse.ENOENT
	}
	dir, err := f.inode(h.NodeId)
	if err != nil {
		return status(err)
	}
	err = f.lookup(dir, name, out, false)
	if errors.Is(err, unix.ENOENT) {
		// The kernel may remember that there is nothing: only it can make it.
		out.SetEntryTimeout(believed)
		return fuse.OK
	}
	return status(err)
}

// lookup tells the kernel what stands under a name. Another object may get the
// name while we look.
func (f *fileSystem) lookup(dir *inode, name string, out *fuse.EntryOut, made bool) (err error) {
	for range observations {
		if err = f.look(dir, name, out, made); !errors.Is(err, unix.ESTALE) {
			return err
		}
	}
	return err
}

func (f *fileSystem) look(dir *inode, name string, out *fuse.EntryOut, made bool) error {
	if i := f.recall(dir, name); i != nil {
		return f.describe(i, out)
	}
	at, err := f.enter(dir)
	if err != nil {
		return err
	}
	defer at.done()
	var st unix.Stat_t
	if err := unix.Fstatat(at.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	i, known := f.know(dir, name, &st, made)
	if known {
		// Its content may have changed since it was looked at.
		return f.describe(i, out)
	}
	f.introduce(i, &st, i.change(), out)
	return nil
}

// recall answers a file that exists for its writers only, counting that the
// kernel has been told of it.
func (f *fileSystem) recall(dir *inode, name string) *inode {
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	i := dir.unborn(name)
	if i != nil {
		i.lookups++
	}
	return i
}

func (f *fileSystem) describe(i *inode, out *fuse.EntryOut) error {
	st, c, err := f.observe(i, func(st *unix.Stat_t) error {
		return f.on(i, func(fd int) error { return statOf(fd, st) })
	})
	if err != nil {
		f.Forget(i.id, 1)
		return err
	}
	f.introduce(i, st, c, out)
	return nil
}

func (f *fileSystem) introduce(i *inode, st *unix.Stat_t, c change, out *fuse.EntryOut) {
	out.NodeId, out.Generation = i.id, 0
	fill(st, c, &out.Attr)
	attributes, name := f.believe(i, c)
	out.SetEntryTimeout(name)
	out.SetAttrTimeout(attributes)
}

func statOf(fd int, st *unix.Stat_t) error { return unix.Fstatat(fd, "", st, unix.AT_EMPTY_PATH) }

// observe looks at an inode so that what stands on the medium and what is
// pending belong together: content may get there while we look.
func (f *fileSystem) observe(i *inode, stat func(*unix.Stat_t) error) (*unix.Stat_t, change, error) {
	var st unix.Stat_t
	c := i.change()
	for range observations {
		if err := stat(&st); err != nil {
			return nil, c, err
		}
		again := i.change()
		if again == c {
			return &st, c, nil
		}
		c = again
	}
	c.unsteady = true
	return &st, c, nil
}

// fill describes a file as those see it who use it, pending content included.
func fill(st *unix.Stat_t, c change, out *fuse.Attr) {
	out.Ino, out.Size, out.Blocks = st.Ino, uint64(st.Size), uint64(st.Blocks)
	out.Mode, out.Nlink, out.Rdev = st.Mode, uint32(st.Nlink), uint32(st.Rdev)
	out.Uid, out.Gid, out.Blksize = st.Uid, st.Gid, uint32(st.Blksize)
	out.Atime, out.Atimensec = uint64(st.Atim.Sec), uint32(st.Atim.Nsec)
	out.Mtime, out.Mtimensec = uint64(st.Mtim.Sec), uint32(st.Mtim.Nsec)
	out.Ctime, out.Ctimensec = uint64(st.Ctim.Sec), uint32(st.Ctim.Nsec)
	if c.pending != nil {
		c.pending.show(out)
	}
}

// GetAttr implements fuse.RawFileSystem.
func (f *fileSystem) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	i, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	return status(f.attributes(i, in.Flags()&fuse.FUSE_GETATTR_FH != 0, in.Fh(), out))
}

func (f *fileSystem) attributes(i *inode, byHandle bool, fh uint64, out *fuse.AttrOut) error {
	h := f.handles.get(fh)
	st, c, err := f.observe(i, func(st *unix.Stat_t) error {
		if byHandle && h != nil && h.file != nil {
			return statOf(h.file.fd, st)
		}
		return f.on(i, func(fd int) error { return statOf(fd, st) })
	})
	if err != nil {
		return err
	}
	fill(st, c, &out.Attr)
	valid, _ := f.believe(i, c)
	out.SetTimeout(valid)
	return nil
}

// StatFs implements fuse.RawFileSystem.
func (f *fileSystem) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	var st unix.Statfs_t
	if err := unix.Fstatfs(f.root, &st); err != nil {
		return status(err)
	}
	out.Blocks, out.Bfree, out.Bavail = st.Blocks, st.Bfree, st.Bavail
	out.Files, out.Ffree = st.Files, st.Ffree
	out.Bsize, out.Frsize, out.NameLen = uint32(st.Bsize), uint32(st.Frsize), uint32(st.Namelen)
	return fuse.OK
}

// Ioctl implements fuse.RawFileSystem: there are none.
func (f *fileSystem) Ioctl(<-chan struct{}, *fuse.IoctlIn, []byte, *fuse.IoctlOut, []byte) fuse.Status {
	return fuse.Status(unix.ENOTTY)
}

// status answers the number of an error for the kernel.
func status(err error) fuse.Status {
	if err == nil {
		return fuse.OK
	}
	var no syscall.Errno
	if errors.As(err, &no) {
		return fuse.Status(no)
	}
	return fuse.EIO
}

// tell has the kernel drop what it keeps of a file's content. The kernel may
// need an answer of ours first, so nobody waits for it.
func (f *fileSystem) tell(i *inode) {
	i.cached.Store(false)
	f.notices.Go(func() { f.server.InodeNotify(i.id, 0, 0) })
}

// handles are what the kernel's file handles stand for.
type handles struct {
	mu   sync.RWMutex
	open map[uint64]*handle
	last atomic.Uint64
}

func (s *handles) add(h *handle) uint64 {
	id := s.last.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[uint64]*handle{}
	}
	s.open[id] = h
	return id
}

func (s *handles) get(id uint64) *handle {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.open[id]
}

func (s *handles) remove(id uint64) *handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.open[id]
	delete(s.open, id)
	return h
}

// sweep removes hidden files that a guard which died has left. They hold
// nothing that was not proven harmless.
func (f *fileSystem) sweep() {
	root, err := unix.Openat(f.root, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	sweepFolder(os.NewFile(uintptr(root), "."), 0)
}

func sweepFolder(dir *os.File, depth int) {
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(256)
		for _, e := range entries {
			if reserved(e.Name()) && !e.IsDir() {
				unix.Unlinkat(int(dir.Fd()), e.Name(), 0)
			}
			if e.IsDir() && depth < 64 {
				if fd, err := unix.Openat(int(dir.Fd()), e.Name(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err == nil {
					sweepFolder(os.NewFile(uintptr(fd), e.Name()), depth+1)
				}
			}
		}
		if err != nil || len(entries) == 0 {
			return
		}
	}
}
