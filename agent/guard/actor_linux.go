package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/trustline/trustline/agent/activity"
)

// maxDescriptors bounds how many open files of a program are looked through
// for the source of a copy.
const maxDescriptors = 64

// about describes what a request does to something of the medium.
func (f *fileSystem) about(op activity.Operation, c fuse.Caller, name string) activity.Activity {
	return activity.Activity{
		Channel: f.medium.Channel, Operation: op,
		Actor:       activity.Actor{UID: int(c.Uid), PID: int(c.Pid), Program: program(c.Pid)},
		Subject:     activity.Subject{Name: name, Size: -1},
		Destination: activity.Destination{Path: f.medium.MountPoint, Device: f.medium.Device},
	}
}

func program(pid uint32) string {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)")
}

// source answers the file a program most likely copies from: of the files it
// holds open outside the medium, the one with the same base name, or the only
// one. Nothing is opened or looked at but the links in /proc.
func (f *fileSystem) source(pid int, name string) string {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	folder, err := os.Open(dir)
	if err != nil {
		return ""
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(maxDescriptors)
	var candidates []string
	for _, n := range names {
		target, err := os.Readlink(filepath.Join(dir, n))
		if err != nil || !f.outside(target) {
			continue
		}
		if filepath.Base(target) == filepath.Base(name) {
			return target
		}
		candidates = append(candidates, target)
	}
	if len(candidates) == 1 {
		return candidates[0]
	}
	return ""
}

// outside tells whether a path can be the source of a copy to the medium.
func (f *fileSystem) outside(path string) bool {
	for _, not := range []string{"/dev/", "/proc/", "/sys/", f.medium.MountPoint + "/"} {
		if strings.HasPrefix(path, not) {
			return false
		}
	}
	return strings.HasPrefix(path, "/") && !strings.HasSuffix(path, " (deleted)")
}
