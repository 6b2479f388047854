package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// program answers the executable of a process that waits for the guard's
// answer: until it has it, the kernel keeps the process as it is, so that its
// number cannot be another's and it cannot have become another program.
func (f *fileSystem) program(pid uint32) (path string, proven bool) {
	path, running, ok := executable(pid)
	// What lies on the medium itself is a person's, and is not asked for from
	// within an answer about the medium.
	if !ok || strings.HasPrefix(path, f.medium.MountPoint+"/") {
		return path, false
	}
	return path, installed(path, running)
}

// executable answers where a process's program lies, and what file it is.
func executable(pid uint32) (path string, running unix.Statx_t, ok bool) {
	exe := fmt.Sprintf("/proc/%d/exe", pid)
	path, err := os.Readlink(exe)
	if err != nil {
		return "", running, false
	}
	path, deleted := strings.CutSuffix(path, " (deleted)")
	return path, running, !deleted && lookAt(exe, 0, &running)
}

// installed tells whether only root can have put a program where it is: nobody
// else may write to it or to a folder above it, and it is what stands there for
// the service too, not only in a mount namespace of somebody's own. Where set-uid
// programs do not count, as on media that people bring along, ownership says
// nothing.
func installed(path string, running unix.Statx_t) bool {
	for at := "/"; ; {
		var st unix.Statx_t
		if !lookAt(at, unix.AT_SYMLINK_NOFOLLOW, &st) || st.Uid != 0 || st.Mode&0o022 != 0 {
			return false
		}
		if at == path {
			return st.Mode&unix.S_IFMT == unix.S_IFREG && sameFile(st, running) && trusted(path)
		}
		next, _, _ := strings.Cut(strings.TrimPrefix(path[len(at):], "/"), "/")
		at = filepath.Join(at, next)
	}
}

// lookAt asks for what the kernel knows already: a server that hangs, or the
// guard itself, must not be waited for.
func lookAt(path string, flags int, st *unix.Statx_t) bool {
	return unix.Statx(unix.AT_FDCWD, path, flags|unix.AT_STATX_DONT_SYNC, unix.STATX_BASIC_STATS, st) == nil
}

func sameFile(a, b unix.Statx_t) bool {
	return a.Ino == b.Ino && a.Dev_major == b.Dev_major && a.Dev_minor == b.Dev_minor
}

func trusted(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.ST_NOSUID == 0
}
