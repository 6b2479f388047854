package guard

import (
	"errors"
	"io"
	"sync"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// handle is one open file or folder.
type handle struct {
	inode   *inode
	file    *descriptor // of a reader, or of a folder being listed
	pend    *pending    // of a writer
	hand    *hand       // the same
	mu      sync.Mutex
	listing *listing
}

// Create implements fuse.RawFileSystem. The file stands on the medium under a
// hidden name until its content is allowed.
func (f *fileSystem) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	dir, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	a, err := f.naming(in.Caller, dir, name)
	if err != nil {
		return status(err)
	}
	return status(f.create(in, dir, name, a, out))
}

// create makes a file, with no name for "". Whose activity that is was looked
// up already.
func (f *fileSystem) create(in *fuse.CreateIn, dir *inode, name string, a activity.Activity, out *fuse.CreateOut) error {
	at, err := f.enter(dir)
	if err != nil {
		return err
	}
	defer at.done()
	who, hiddenName := f.identities.of(in.Caller), ""
	mode, exact := f.modeFor(dir, in.Mode&0o7777, in.Umask)
	fd := -1
	err = who.do(func() (err error) {
		if name == "" {
			fd, err = unix.Openat(at.fd, ".", unix.O_RDWR|unix.O_TMPFILE|unix.O_CLOEXEC, mode)
		} else {
			hiddenName = temporaryName()
			fd, err = unix.Openat(at.fd, hiddenName, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
		}
		if err == nil && !exact {
			err = correctMode(fd, mode)
		}
		return err
	})
	var st unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &st)
	}
	if err != nil {
		if fd >= 0 {
			unix.Close(fd)
		}
		return err
	}
	i, _ := f.know(dir, name, &st, true)
	a.Operation = activity.Write
	h := &hand{a, who}
	p := f.pend(i, h, newDescriptor(fd), 0)
	p.fresh, p.born, p.temp, p.unlinked = name != "", true, hiddenName, name == ""
	p.maker, p.hands = h, []*hand{h}
	i.mu.Lock()
	i.pend = p
	i.mu.Unlock()
	if name != "" {
		f.tree.mu.Lock()
		if dir.fresh == nil {
			dir.fresh = map[string]*inode{}
		}
		dir.fresh[name] = i
		f.tree.mu.Unlock()
	}
	f.introduce(i, &st, i.change(), &out.EntryOut)
	out.OpenFlags |= f.cacheOf(in.Flags)
	out.Fh = f.handles.add(&handle{inode: i, pend: p, hand: h})
	return nil
}

// Tmpfile implements fuse.RawFileSystem.
func (f *fileSystem) Tmpfile(_ <-chan struct{}, in *fuse.CreateIn, out *fuse.CreateOut) fuse.Status {
	dir, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	return status(f.create(in, dir, "", f.about(activity.Write, in.Caller, joined(f.path(dir), "")), out))
}

// Open implements fuse.RawFileSystem.
func (f *fileSystem) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	i, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	if in.Flags&unix.O_ACCMODE == unix.O_RDONLY {
		return status(f.openToRead(i, in, out))
	}
	return status(f.openToWrite(i, in, out))
}

func (f *fileSystem) openToRead(i *inode, in *fuse.OpenIn, out *fuse.OpenOut) error {
	who, fd := f.identities.of(in.Caller), -1
	err := f.reopen(i, func(path string) error {
		return who.do(func() (err error) {
			fd, err = retry(func() (int, error) {
				return unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
			})
			return err
		})
	})
	if err != nil {
		return err
	}
	h := &handle{inode: i, file: newDescriptor(fd)}
	i.mu.Lock()
	if i.readers == nil {
		i.readers = map[*handle]struct{}{}
	}
	i.readers[h] = struct{}{}
	pending := i.pend != nil
	i.mu.Unlock()
	if !pending && i.cached.Swap(true) {
		out.OpenFlags |= fuse.FOPEN_KEEP_CACHE
	}
	out.Fh = f.handles.add(h)
	return nil
}

// reopen opens an inode once more, whatever its name is now.
func (f *fileSystem) reopen(i *inode, open func(path string) error) error {
	return f.on(i, func(fd int) error { return open(procPath(fd)) })
}

// openToWrite joins those who write the file already, or begins a change of
// what it holds.
func (f *fileSystem) openToWrite(i *inode, in *fuse.OpenIn, out *fuse.OpenOut) error {
	who := f.identities.of(in.Caller)
	// Asked for as the person; opened for reading as well by the service,
	// because the judge has to see all that the file is going to hold.
	fd := -1
	err := f.reopen(i, func(path string) error {
		err := who.do(func() error {
			fd, err := unix.Open(path, int(in.Flags&(unix.O_ACCMODE|unix.O_APPEND))|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
			if err == nil {
				unix.Close(fd)
			}
			return err
		})
		if err == nil {
			fd, err = unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		}
		return err
	})
	if err != nil {
		return err
	}
	i.cached.Store(false)
	h := &hand{f.about(activity.Write, in.Caller, f.path(i)), who}
	p, err := f.join(i, h, newDescriptor(fd))
	if err != nil {
		return err
	}
	p.opened(h)
	out.OpenFlags |= f.cacheOf(in.Flags)
	out.Fh = f.handles.add(&handle{inode: i, pend: p, hand: h})
	return nil
}

// join makes one more writer of a file.
func (f *fileSystem) join(i *inode, h *hand, base *descriptor) (*pending, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.pend != nil {
		base.done()
		i.pend.writers++
		return i.pend, nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(base.fd, &st); err != nil {
		base.done()
		return nil, err
	}
	i.pend = f.pend(i, h, base, st.Size)
	return i.pend, nil
}

// Read implements fuse.RawFileSystem. Everybody who has the file open sees
// what is being written to it: like everywhere, there is one content.
func (f *fileSystem) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	h := f.handles.get(in.Fh)
	if h == nil {
		return nil, fuse.EBADF
	}
	p := h.pend
	if p == nil {
		p = h.inode.pending()
	}
	if p != nil {
		n, err := p.ReadAt(buf[:in.Size], int64(in.Offset))
		switch {
		case err == nil, errors.Is(err, io.EOF):
			return fuse.ReadResultData(buf[:n]), fuse.OK
		case h.file == nil || !errors.Is(err, errOver):
			return nil, status(err)
		}
	}
	return fuse.ReadResultFd(uintptr(h.file.fd), int64(in.Offset), int(in.Size)), fuse.OK
}

func (f *fileSystem) writer(fh uint64) (*pending, *hand, error) {
	h := f.handles.get(fh)
	if h == nil || h.pend == nil {
		return nil, nil, unix.EBADF
	}
	return h.pend, h.hand, nil
}

// Write implements fuse.RawFileSystem.
func (f *fileSystem) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	p, h, err := f.writer(in.Fh)
	if err != nil {
		return 0, status(err)
	}
	switch {
	case in.WriteFlags&fuse.WRITE_CACHE != 0:
		err = p.write(p.anybody(h), data, int64(in.Offset))
	case in.Flags&unix.O_APPEND != 0:
		err = p.append(h, data)
	default:
		err = p.write([]*hand{h}, data, int64(in.Offset))
	}
	if err != nil {
		return 0, status(err)
	}
	return uint32(len(data)), fuse.OK
}

// Flush implements fuse.RawFileSystem. It comes with every close: the last
// moment at which the program that writes can be told.
func (f *fileSystem) Flush(_ <-chan struct{}, in *fuse.FlushIn) fuse.Status {
	h := f.handles.get(in.Fh)
	if h == nil || h.pend == nil {
		return fuse.OK
	}
	return status(h.pend.commit(forNow))
}

// Fsync implements fuse.RawFileSystem.
func (f *fileSystem) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	h := f.handles.get(in.Fh)
	if h == nil {
		return fuse.EBADF
	}
	if h.pend == nil {
		return status(unix.Fsync(h.file.fd))
	}
	if err := h.pend.commit(forSync); err != nil {
		return status(err)
	}
	return status(unix.Fsync(h.pend.base.fd))
}

// Release implements fuse.RawFileSystem. The last writer out has the content
// judged for good.
func (f *fileSystem) Release(_ <-chan struct{}, in *fuse.ReleaseIn) {
	h := f.handles.remove(in.Fh)
	if h == nil {
		return
	}
	if h.pend != nil {
		h.pend.closed(h.hand)
		h.pend.leave()
		return
	}
	h.inode.mu.Lock()
	delete(h.inode.readers, h)
	h.inode.mu.Unlock()
	h.file.done()
}

// Lseek implements fuse.RawFileSystem: where content and holes are.
func (f *fileSystem) Lseek(_ <-chan struct{}, in *fuse.LseekIn, out *fuse.LseekOut) fuse.Status {
	h := f.handles.get(in.Fh)
	if h == nil {
		return fuse.EBADF
	}
	p := h.pend
	if p == nil {
		p = h.inode.pending()
	}
	if p == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		n, err := unix.Seek(h.file.fd, int64(in.Offset), int(in.Whence))
		out.Offset = uint64(n)
		return status(err)
	}
	size := uint64(p.size.Load())
	if in.Offset >= size {
		return fuse.Status(unix.ENXIO)
	}
	out.Offset = in.Offset
	if in.Whence == unix.SEEK_HOLE {
		out.Offset = size
	}
	return fuse.OK
}

// Fallocate implements fuse.RawFileSystem. Room for content that is not
// allowed yet is only checked, not taken.
func (f *fileSystem) Fallocate(_ <-chan struct{}, in *fuse.FallocateIn) fuse.Status {
	p, h, err := f.writer(in.Fh)
	if err != nil {
		return status(err)
	}
	from, to := int64(in.Offset), int64(in.Offset+in.Length)
	if from < 0 || to < from || to > maxFileSize {
		return fuse.Status(unix.EFBIG)
	}
	const keep = unix.FALLOC_FL_KEEP_SIZE
	switch in.Mode {
	case 0, keep:
		return status(p.reserve(h, to, in.Mode&keep != 0))
	case unix.FALLOC_FL_PUNCH_HOLE | keep, unix.FALLOC_FL_ZERO_RANGE | keep:
		return status(p.zero(h, from, min(to, p.size.Load())))
	case unix.FALLOC_FL_ZERO_RANGE:
		return status(p.zero(h, from, to))
	}
	return fuse.Status(unix.EOPNOTSUPP)
}

// pend begins a change of a file's content.
func (f *fileSystem) pend(i *inode, h *hand, base *descriptor, size int64) *pending {
	p := &pending{
		fs: f, inode: i, activity: h.activity, who: h.who, writers: 1,
		base: base, shows: size, length: size, store: f.scratch.store(),
	}
	p.size.Store(size)
	if size > 0 {
		p.next = lost
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.live[p] = struct{}{}
	return p
}
