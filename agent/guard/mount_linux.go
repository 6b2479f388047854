package guard

import (
	"fmt"
	"io"
	"log"
	"path/filepath"
	"strings"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

const (
	// FileSystem is the type under which the guard's mounts stand in the mount table.
	FileSystem = "fuse.trustline"
	// maxWrite is the most the kernel hands over at once.
	maxWrite = 1 << 20
)

// mount puts the guard over the medium's mount point. The descriptor on which
// the kernel asks is closed in every child of this process: the guard must be
// dead as soon as the process is.
func (g *Guard) mount(f *fileSystem) (*fuse.Server, error) {
	device, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/fuse (is the kernel module fuse loaded?): %w", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions,max_read=%d", device, maxWrite)
	if err := unix.Mount(g.source(), g.medium.MountPoint, FileSystem, g.flags(), options); err != nil {
		unix.Close(device)
		return nil, err
	}
	capabilities := uint64(fuse.CAP_HANDLE_KILLPRIV_V2)
	if f.acl {
		capabilities |= fuse.CAP_DONT_MASK
	}
	server, err := fuse.NewServer(f, fmt.Sprintf("/dev/fd/%d", device), &fuse.MountOptions{
		MaxWrite: maxWrite, MaxBackground: 64, EnableAcl: f.acl, ExtraCapabilities: capabilities, EnableSymlinkCaching: true,
		Logger: log.New(io.Discard, "", 0),
	})
	if err != nil {
		unix.Close(device)
		_ = unix.Unmount(g.medium.MountPoint, unix.MNT_DETACH)
		return nil, err
	}
	return server, nil
}

func (g *Guard) source() string {
	if g.medium.Device.Node != "" {
		return g.medium.Device.Node
	}
	return "trustline"
}

// flags are those of the medium's own mount, and never more.
func (g *Guard) flags() uintptr {
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV)
	if g.takeover.flags&unix.ST_NOEXEC != 0 {
		flags |= unix.MS_NOEXEC
	}
	return flags
}

// hasACL tells whether a medium has access lists.
func hasACL(root int) bool {
	_, err := unix.Getxattr(procPath(root), aclDefault, nil)
	return err == nil || err == unix.ENODATA
}

// settlePoll has the kernel learn that files of the guard need no polling, so
// that a test in the guard's own process never waits for itself in an epoll
// call. The service opens nothing on a medium it guards: killed while it waits
// for its own answer it could never end, and the medium would hang with it.
func settlePoll(path string) {
	fd, err := unix.Open(filepath.Join(path, ".go-fuse-epoll-hack"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
}

// kernelName tells whether a mount is one of our guards.
func kernelName(fsType string) bool { return strings.HasPrefix(fsType, FileSystem) }
