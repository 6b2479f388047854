package guard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/activity"
)

// fileSystem is what all nodes of one guard share.
type fileSystem struct {
	root    int // descriptor of the private clone's root
	medium  Medium
	judge   Judge
	scratch *scratch

	mu    sync.Mutex
	fresh map[string]*node // files that exist for their writers only, by path
}

// beneath opens a path of the medium. It never leaves it: not by links, not
// by "..", not into what is mounted on it.
func (f *fileSystem) beneath(name string, flags int, mode uint32) (int, error) {
	if name == "" {
		name = "."
	}
	how := unix.OpenHow{
		Flags:   uint64(flags) | unix.O_CLOEXEC,
		Mode:    uint64(mode & 0o7777),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
	}
	for {
		fd, err := unix.Openat2(f.root, name, &how)
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return fd, err
		}
	}
}

// at does something in the folder of a path.
func (f *fileSystem) at(name string, do func(dir int, base string) error) error {
	dir, err := f.beneath(path.Dir(name), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	return do(dir, path.Base(name))
}

// on does something with a file of the medium, whatever its kind, without
// opening it.
func (f *fileSystem) on(name string, do func(fd int) error) error {
	fd, err := f.beneath(name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(fd)
}

func (f *fileSystem) stat(name string, st *unix.Stat_t) error {
	return f.on(name, func(fd int) error { return unix.Fstatat(fd, "", st, unix.AT_EMPTY_PATH) })
}

// activity describes what a request does to a path.
func (f *fileSystem) activity(ctx context.Context, op activity.Operation, name string) activity.Activity {
	who := actor(ctx)
	return activity.Activity{
		Channel: f.medium.Channel, Operation: op, Actor: who,
		Subject:     activity.Subject{Name: name, Source: source(who.PID, name), Size: -1},
		Destination: activity.Destination{Path: f.medium.MountPoint, Device: f.medium.Device},
	}
}

// mayName asks whether a path may stand on the medium.
func (f *fileSystem) mayName(ctx context.Context, name string) syscall.Errno {
	if reserved(name) {
		return syscall.EACCES
	}
	base := path.Base(name)
	if f.judge.Name(ctx, f.activity(ctx, activity.Name, name), base) != Allow {
		return syscall.EACCES
	}
	return 0
}

func reserved(name string) bool { return strings.HasPrefix(path.Base(name), hidden) }

func (f *fileSystem) freshAt(name string) *node {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fresh[name]
}

// freshIn answers the names of fresh files in a folder.
func (f *fileSystem) freshIn(dir string) map[string]*node {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[string]*node{}
	for name, n := range f.fresh {
		if path.Dir(name) == path.Clean("./"+dir) || dir == "" && path.Dir(name) == "." {
			found[path.Base(name)] = n
		}
	}
	return found
}

// settle commits the fresh files at or below a path, before it changes.
func (f *fileSystem) settle(ctx context.Context, name string) error {
	f.mu.Lock()
	var nodes []*node
	for p, n := range f.fresh {
		if p == name || strings.HasPrefix(p, name+"/") {
			nodes = append(nodes, n)
		}
	}
	f.mu.Unlock()
	for _, n := range nodes {
		if p := n.pending(); p != nil {
			if err := p.commit(ctx, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// reveal gives a file that was allowed its name.
func (f *fileSystem) reveal(p *pending) error {
	dir := path.Dir(p.name)
	err := f.at(p.name, func(fd int, base string) error {
		return unix.Renameat2(fd, p.temp, fd, base, 0)
	})
	if err != nil {
		return fmt.Errorf("name a file in %s of the medium: %w", kindOf(dir), err)
	}
	f.mu.Lock()
	delete(f.fresh, p.name)
	f.mu.Unlock()
	return nil
}

// discard removes the hidden file of a name that never came to be.
func (f *fileSystem) discard(p *pending) {
	_ = f.at(p.name, func(fd int, _ string) error { return unix.Unlinkat(fd, p.temp, 0) })
	f.mu.Lock()
	delete(f.fresh, p.name)
	f.mu.Unlock()
}

// remove takes away a file whose writers were stopped after parts of it had
// been allowed. Somebody else's file of the same name is left alone.
func (f *fileSystem) remove(p *pending) {
	var ours, there unix.Stat_t
	if unix.Fstat(int(p.base.Fd()), &ours) != nil {
		return
	}
	_ = f.at(p.name, func(dir int, base string) error {
		if err := unix.Fstatat(dir, base, &there, unix.AT_SYMLINK_NOFOLLOW); err != nil || there.Ino != ours.Ino {
			return err
		}
		return unix.Unlinkat(dir, base, 0)
	})
}

// kindOf names a folder without saying its name, which may be customer data.
func kindOf(dir string) string {
	if dir == "." {
		return "the top folder"
	}
	return "a folder"
}

// sweep removes hidden files that a guard which died has left. They hold
// nothing that was not proven harmless.
func (f *fileSystem) sweep() {
	root, err := f.beneath(".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
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
			if strings.HasPrefix(e.Name(), hidden) && !e.IsDir() {
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

func fuseErrno(err error) syscall.Errno {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	return fs.ToErrno(err)
}

func fill(out *fuse.Attr, st *unix.Stat_t) {
	out.Ino, out.Size, out.Blocks = st.Ino, uint64(st.Size), uint64(st.Blocks)
	out.Mode, out.Nlink, out.Rdev = st.Mode, uint32(st.Nlink), uint32(st.Rdev)
	out.Uid, out.Gid, out.Blksize = st.Uid, st.Gid, uint32(st.Blksize)
	out.Atime, out.Atimensec = uint64(st.Atim.Sec), uint32(st.Atim.Nsec)
	out.Mtime, out.Mtimensec = uint64(st.Mtim.Sec), uint32(st.Mtim.Nsec)
	out.Ctime, out.Ctimensec = uint64(st.Ctim.Sec), uint32(st.Ctim.Nsec)
}
