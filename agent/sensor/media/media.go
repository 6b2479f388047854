// Package media finds the removable media of a workstation: what is mounted,
// on which device, and whether people can carry it away. It watches the mount
// table and never mounts, writes or decides anything.
package media

import (
	"slices"

	"github.com/trustline/trustline/rules/activity"
)

// Medium is one mounted file system that people can carry away.
type Medium struct {
	MountPoint string
	Device     activity.Device
	Why        string // what made it removable: "usb", "mmc", "removable", "external", "configured"
}

// Finder recognises removable media.
type Finder struct {
	// Treat lists mount points and device nodes that count as removable
	// whatever the system says.
	Treat []string
	// Exclude lists serial numbers of devices that do not count.
	Exclude []string

	// Root is put before /sys, /run and /proc; empty but in tests.
	Root string
}

func (f *Finder) configured(mountPoint, node string) bool {
	return slices.Contains(f.Treat, mountPoint) || node != "" && slices.Contains(f.Treat, node)
}

func (f *Finder) excluded(d activity.Device) bool {
	return d.Serial != "" && slices.Contains(f.Exclude, d.Serial)
}
