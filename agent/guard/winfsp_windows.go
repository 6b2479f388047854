package guard

import (
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"github.com/winfsp/cgofuse/fuse"
	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/rules/activity"
)

// face is an overlay as WinFsp asks for it. What it does not answer here does
// not exist: links, extended attributes, owners, access lists.
type face struct {
	fuse.FileSystemBase
	o       *overlay
	actor   func() activity.Actor // who asks
	size    func() (total, free int64, err error)
	started chan struct{}
	once    sync.Once
}

// Init implements fuse.FileSystemInterface.
func (f *face) Init() { f.once.Do(func() { close(f.started) }) }

// Statfs implements fuse.FileSystemInterface.
func (f *face) Statfs(_ string, out *fuse.Statfs_t) int {
	total, free, err := f.size()
	if err != nil {
		return answer(err)
	}
	const block = 4096
	*out = fuse.Statfs_t{
		Bsize: block, Frsize: block, Namemax: maxNameLength,
		Blocks: uint64(total) / block, Bfree: uint64(free) / block, Bavail: uint64(free) / block,
	}
	return 0
}

// Getattr implements fuse.FileSystemInterface.
func (f *face) Getattr(path string, out *fuse.Stat_t, fh uint64) int {
	e, err := f.o.StatOf(fh)
	if err != nil {
		e, err = f.o.Stat(path)
	}
	if err == nil {
		e.show(out)
	}
	return answer(err)
}

func (e entry) show(out *fuse.Stat_t) {
	*out = fuse.Stat_t{
		Mode: fuse.S_IFREG | 0o777, Nlink: 1, Size: e.Size, Blksize: 4096, Blocks: (e.Size + 511) / 512,
		Mtim: fuse.NewTimespec(e.Modified), Ctim: fuse.NewTimespec(e.Modified),
		Atim: fuse.NewTimespec(e.Accessed), Birthtim: fuse.NewTimespec(e.Born),
	}
	if e.Dir {
		out.Mode = fuse.S_IFDIR | 0o777
	}
	for flag, attribute := range attributes() {
		if e.Attributes&attribute != 0 {
			out.Flags |= flag
		}
	}
}

// attributes are those of Windows by the flags they are called.
func attributes() map[uint32]uint32 {
	return map[uint32]uint32{
		fuse.UF_HIDDEN: windows.FILE_ATTRIBUTE_HIDDEN, fuse.UF_READONLY: windows.FILE_ATTRIBUTE_READONLY,
		fuse.UF_SYSTEM: windows.FILE_ATTRIBUTE_SYSTEM, fuse.UF_ARCHIVE: windows.FILE_ATTRIBUTE_ARCHIVE,
	}
}

// Chflags implements fuse.FileSystemChflags.
func (f *face) Chflags(path string, flags uint32) int {
	var set uint32
	for flag, attribute := range attributes() {
		if flags&flag != 0 {
			set |= attribute
		}
	}
	if set == 0 {
		set = windows.FILE_ATTRIBUTE_NORMAL
	}
	return answer(f.o.SetAttributes(path, set))
}

// Utimens implements fuse.FileSystemInterface.
func (f *face) Utimens(path string, t []fuse.Timespec) int {
	now := time.Now()
	times := [2]time.Time{now, now}
	if len(t) == len(times) {
		times = [2]time.Time{t[0].Time(), t[1].Time()}
	}
	return answer(f.o.SetTimes(path, times))
}

// Setcrtime implements fuse.FileSystemSetcrtime. When a file was made is what
// the medium says; programs need not be told that it cannot be set.
func (f *face) Setcrtime(string, fuse.Timespec) int { return 0 }

// Setchgtime implements fuse.FileSystemSetchgtime, as Setcrtime.
func (f *face) Setchgtime(string, fuse.Timespec) int { return 0 }

// Create implements fuse.FileSystemInterface.
func (f *face) Create(path string, _ int, _ uint32) (int, uint64) {
	return handled(f.o.Create(f.actor(), path))
}

// Open implements fuse.FileSystemInterface.
func (f *face) Open(path string, flags int) (int, uint64) {
	return handled(f.o.Open(f.actor(), path, flags&fuse.O_ACCMODE != fuse.O_RDONLY))
}

func handled(fh uint64, err error) (int, uint64) {
	if err != nil {
		return answer(err), ^uint64(0)
	}
	return 0, fh
}

// Read implements fuse.FileSystemInterface.
func (f *face) Read(_ string, b []byte, off int64, fh uint64) int {
	n, err := f.o.Read(fh, b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return answer(err)
	}
	return n
}

// Write implements fuse.FileSystemInterface.
func (f *face) Write(_ string, b []byte, off int64, fh uint64) int {
	if err := f.o.Write(fh, b, off); err != nil {
		return answer(err)
	}
	return len(b)
}

// Truncate implements fuse.FileSystemInterface.
func (f *face) Truncate(_ string, size int64, fh uint64) int {
	return answer(f.o.Truncate(fh, size))
}

// Fsync implements fuse.FileSystemInterface.
func (f *face) Fsync(_ string, _ bool, fh uint64) int { return answer(f.o.Sync(fh)) }

// Flush implements fuse.FileSystemInterface: Release follows.
func (f *face) Flush(string, uint64) int { return 0 }

// Release implements fuse.FileSystemInterface.
func (f *face) Release(_ string, fh uint64) int {
	f.o.Release(fh)
	return 0
}

// Opendir implements fuse.FileSystemInterface. Folders have no handles.
func (f *face) Opendir(string) (int, uint64) { return 0, 0 }

// Releasedir implements fuse.FileSystemInterface.
func (f *face) Releasedir(string, uint64) int { return 0 }

// Fsyncdir implements fuse.FileSystemInterface.
func (f *face) Fsyncdir(string, bool, uint64) int { return 0 }

// Readdir implements fuse.FileSystemInterface.
func (f *face) Readdir(path string, fill func(string, *fuse.Stat_t, int64) bool, _ int64, _ uint64) int {
	list, err := f.o.List(path)
	if err != nil {
		return answer(err)
	}
	if !fill(".", nil, 0) || !fill("..", nil, 0) {
		return 0
	}
	for _, e := range list {
		var st fuse.Stat_t
		e.show(&st)
		if !fill(e.Name, &st, 0) {
			break
		}
	}
	return 0
}

// Mkdir implements fuse.FileSystemInterface.
func (f *face) Mkdir(path string, _ uint32) int { return answer(f.o.Mkdir(f.actor(), path)) }

// Unlink implements fuse.FileSystemInterface.
func (f *face) Unlink(path string) int { return answer(f.o.Remove(path)) }

// Rmdir implements fuse.FileSystemInterface.
func (f *face) Rmdir(path string) int { return answer(f.o.RemoveFolder(path)) }

// Rename implements fuse.FileSystemInterface.
func (f *face) Rename(from, to string) int { return answer(f.o.Rename(f.actor(), from, to)) }

// answers are what errors are called in answers; the first that fits.
func answers() []struct {
	err  error
	code int
} {
	return []struct {
		err  error
		code int
	}{
		{syscall.ENOSPC, fuse.ENOSPC}, {windows.ERROR_DISK_FULL, fuse.ENOSPC}, {windows.ERROR_HANDLE_DISK_FULL, fuse.ENOSPC},
		{syscall.EFBIG, fuse.EFBIG}, {windows.ERROR_FILE_TOO_LARGE, fuse.EFBIG},
		{syscall.EBUSY, fuse.EACCES}, {windows.ERROR_SHARING_VIOLATION, fuse.EACCES},
		{syscall.ENOTEMPTY, fuse.ENOTEMPTY}, {windows.ERROR_DIR_NOT_EMPTY, fuse.ENOTEMPTY},
		{syscall.EISDIR, fuse.EISDIR}, {syscall.ENOTDIR, fuse.ENOTDIR}, {syscall.EBADF, fuse.EBADF}, {syscall.EINVAL, fuse.EINVAL},
		{windows.ERROR_WRITE_PROTECT, fuse.EROFS},
		{fs.ErrNotExist, fuse.ENOENT}, {fs.ErrExist, fuse.EEXIST}, {fs.ErrPermission, fuse.EACCES},
	}
}

// answer is an error as WinFsp is told of it. What is not known is an error of
// the device.
func answer(err error) int {
	if err == nil {
		return 0
	}
	for _, a := range answers() {
		if errors.Is(err, a.err) {
			return -a.code
		}
	}
	return -fuse.EIO
}
