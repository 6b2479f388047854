package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/trustline/trustline/rules/activity"
)

// maxDescriptors bounds how many open files of a program are looked through
// for the source of a copy.
const maxDescriptors = 64

// about describes what a request does to something of the medium.
func (f *fileSystem) about(op activity.Operation, c fuse.Caller, name string) activity.Activity {
	path, proven := f.program(c.Pid)
	return activity.Activity{
		Channel: f.medium.Channel, Operation: op,
		Actor:       activity.Actor{UID: int(c.Uid), PID: int(c.Pid), Program: path, Proven: proven},
		Subject:     activity.Subject{Name: name, Size: -1},
		Destination: activity.Destination{Path: f.medium.MountPoint, Device: f.medium.Device},
	}
}

// Source answers the file a program most likely copies from, "" when that
// cannot be told: of the files it holds open outside the destination, the one
// with the same base name, or the only one. It is worth asking while the
// program still waits for its answer. Nothing is opened or looked at but the
// links in /proc.
func Source(a activity.Activity) string {
	dir := fmt.Sprintf("/proc/%d/fd", a.Actor.PID)
	folder, err := os.Open(dir)
	if err != nil {
		return ""
	}
	defer folder.Close()
	names, err := folder.Readdirnames(maxDescriptors)
	if err != nil {
		return ""
	}
	var candidates []string
	for _, n := range names {
		target, err := os.Readlink(filepath.Join(dir, n))
		if err != nil || !outside(target, a.Destination.Path) {
			continue
		}
		if filepath.Base(target) == filepath.Base(a.Subject.Name) {
			return target
		}
		candidates = append(candidates, target)
	}
	if len(candidates) == 1 {
		return candidates[0]
	}
	return ""
}

// outside tells whether a path can be the source of a copy.
func outside(path, destination string) bool {
	for _, not := range []string{"/dev/", "/proc/", "/sys/", destination + "/"} {
		if strings.HasPrefix(path, not) {
			return false
		}
	}
	return strings.HasPrefix(path, "/") && !strings.HasSuffix(path, " (deleted)")
}
