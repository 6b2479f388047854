package guard

import (
	"slices"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// listing is an open folder being read: without the guard's own files, and
// with those that exist for their writers only.
type listing struct {
	buf, rest []byte
	next      uint64 // offset of the entry that follows
	ended     bool   // the medium's own entries are through
	fresh     []string
	shown     int // how many of fresh have been handed over
}

// freshOffset is where entries of fresh files start: beyond what file systems
// give to theirs.
const freshOffset = 0x7fff_ffff_0000_0000

// OpenDir implements fuse.RawFileSystem.
func (f *fileSystem) OpenDir(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	dir, err := f.inode(in.NodeId)
	if err != nil {
		return status(err)
	}
	at, err := f.enter(dir)
	if err != nil {
		return status(err)
	}
	defer at.done()
	fd := -1
	err = f.identities.of(in.Caller).do(func() (err error) {
		fd, err = unix.Openat(at.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return status(err)
	}
	h := &handle{inode: dir, file: newDescriptor(fd), listing: &listing{buf: make([]byte, 32<<10)}}
	h.listing.begin(f, dir)
	out.Fh = f.handles.add(h)
	return fuse.OK
}

func (l *listing) begin(f *fileSystem, dir *inode) {
	l.fresh = f.freshNames(dir)
	slices.Sort(l.fresh)
	l.rest, l.next, l.ended, l.shown = nil, 0, false, 0
}

// ReadDir implements fuse.RawFileSystem.
func (f *fileSystem) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return status(f.list(in, func(_ *inode, e fuse.DirEntry) bool { return out.AddDirEntry(e) }))
}

// ReadDirPlus implements fuse.RawFileSystem.
func (f *fileSystem) ReadDirPlus(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return status(f.list(in, func(dir *inode, e fuse.DirEntry) bool {
		entry := out.AddDirLookupEntry(e)
		if entry == nil {
			return false
		}
		if e.Name == "." || e.Name == ".." {
			return true
		}
		if f.lookup(dir, e.Name, entry, false) == nil {
			out.FixMode(entry.Mode)
		}
		return true
	}))
}

// list hands entries over until there is no room for more.
func (f *fileSystem) list(in *fuse.ReadIn, add func(*inode, fuse.DirEntry) bool) error {
	h := f.handles.get(in.Fh)
	if h == nil || h.listing == nil {
		return unix.EBADF
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.listing
	if in.Offset != l.next {
		if err := l.seek(f, h, in.Offset); err != nil {
			return err
		}
	}
	for {
		e, rest, err := l.peek(h.file.fd)
		if err != nil || e.Name == "" {
			return err
		}
		if !reserved(e.Name) && !l.double(e) && !add(h.inode, e) {
			return nil
		}
		l.take(e, rest)
	}
}

// double tells whether the medium's own entry is one the guard shows anyway.
func (l *listing) double(e fuse.DirEntry) bool {
	_, found := slices.BinarySearch(l.fresh, e.Name)
	return found && !l.ended
}

// peek answers the entry that follows; without a name there is none.
func (l *listing) peek(fd int) (fuse.DirEntry, []byte, error) {
	if !l.ended && len(l.rest) == 0 {
		n, err := retry(func() (int, error) { return unix.Getdents(fd, l.buf) })
		if err != nil {
			return fuse.DirEntry{}, nil, err
		}
		l.rest, l.ended = l.buf[:n], n == 0
	}
	var e fuse.DirEntry
	if !l.ended {
		n := e.Parse(l.rest)
		return e, l.rest[n:], nil
	}
	if l.shown < len(l.fresh) {
		e = fuse.DirEntry{Name: l.fresh[l.shown], Mode: unix.S_IFREG, Off: freshOffset + uint64(l.shown) + 1}
	}
	return e, nil, nil
}

func (l *listing) take(e fuse.DirEntry, rest []byte) {
	l.rest, l.next = rest, e.Off
	if l.ended {
		l.shown++
	}
}

// seek goes on at another offset.
func (l *listing) seek(f *fileSystem, h *handle, offset uint64) error {
	if offset == 0 {
		l.begin(f, h.inode)
	}
	l.rest, l.next, l.ended, l.shown = nil, offset, false, 0
	if offset > freshOffset && offset <= freshOffset+uint64(len(l.fresh)) {
		l.ended, l.shown = true, int(offset-freshOffset)
		return nil
	}
	_, err := unix.Seek(h.file.fd, int64(offset), unix.SEEK_SET)
	return err
}

// ReleaseDir implements fuse.RawFileSystem.
func (f *fileSystem) ReleaseDir(in *fuse.ReleaseIn) {
	if h := f.handles.remove(in.Fh); h != nil {
		h.file.done()
	}
}

// FsyncDir implements fuse.RawFileSystem.
func (f *fileSystem) FsyncDir(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	h := f.handles.get(in.Fh)
	if h == nil {
		return fuse.EBADF
	}
	return status(unix.Fsync(h.file.fd))
}
