package media

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/disk"
	"github.com/trustline/trustline/rules/activity"
)

// arrival is how often the system is asked which drives there are, and which of
// the removable ones have a medium in them: a reader of cards is there without.
// Being told instead would take a window.
const arrival = time.Second

// List answers the removable drives that have a medium in them.
func (f *Finder) List(context.Context) ([]Medium, error) {
	drives, err := windows.GetLogicalDrives()
	if err != nil {
		return nil, fmt.Errorf("list drives: %w", err)
	}
	var media []Medium
	for letter := range 26 {
		if drives&(1<<letter) == 0 {
			continue
		}
		root := string(rune('A'+letter)) + `:\`
		m, ok := f.drive(root)
		if ok && !f.excluded(m.Device) {
			media = append(media, m)
		}
	}
	return media, nil
}

// drive answers a drive that counts as removable.
func (f *Finder) drive(root string) (Medium, bool) {
	path, err := windows.UTF16PtrFromString(root)
	if err != nil {
		return Medium{}, false
	}
	kind := windows.GetDriveType(path)
	var says disk.Device
	if kind == windows.DRIVE_REMOVABLE || kind == windows.DRIVE_FIXED {
		says, _ = disk.Describe(root[:2]) // nothing, where it cannot be asked
	}
	m := Medium{MountPoint: root, Device: activity.Device{Node: root[:2], Bus: says.Bus, Vendor: says.Vendor, Model: says.Model}}
	switch {
	case f.configured(root, root[:2]) || f.configured(strings.TrimSuffix(root, `\`), ""):
		m.Why = "configured"
	case kind == windows.DRIVE_REMOVABLE:
		m.Why = "removable"
	case kind == windows.DRIVE_FIXED && says.External() && !ofSystem(root[:2]):
		m.Why = "external"
	default:
		return m, false
	}
	var label, system [windows.MAX_PATH + 1]uint16
	var serial, longest, flags uint32
	if err := windows.GetVolumeInformation(path, &label[0], uint32(len(label)), &serial, &longest, &flags, &system[0], uint32(len(system))); err != nil {
		return m, false // no medium in the drive
	}
	m.Device.Label = windows.UTF16ToString(label[:])
	m.Device.FileSystem = strings.ToLower(windows.UTF16ToString(system[:]))
	// Where the device has no number of its own, that of its file system.
	m.Device.Serial = cmp.Or(says.Serial, fmt.Sprintf("%08X", serial))
	return m, true
}

// ofSystem tells whether Windows itself runs from the disk of a drive. Where
// nobody knows, it does: it is not to be touched.
func ofSystem(drive string) bool {
	system, err := disk.System()
	numbers, unknown := disk.Numbers(drive)
	return err != nil || unknown != nil || slices.ContainsFunc(numbers, func(n uint32) bool { return slices.Contains(system, n) })
}

// Watch calls changed when drives come and go, until the context ends.
func Watch(ctx context.Context, changed func()) error {
	tick := time.NewTicker(arrival)
	defer tick.Stop()
	var last string
	for {
		now, err := present()
		if err != nil {
			return fmt.Errorf("list drives: %w", err)
		}
		if now != last {
			changed()
			last = now
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// present answers what drives and removable media there are: it changes when one
// comes or goes.
func present() (string, error) {
	drives, err := windows.GetLogicalDrives()
	if err != nil {
		return "", err
	}
	now := fmt.Sprintf("%x", drives)
	for letter := range 26 {
		root, err := windows.UTF16PtrFromString(string(rune('A'+letter)) + `:\`)
		if err != nil || drives&(1<<letter) == 0 || windows.GetDriveType(root) != windows.DRIVE_REMOVABLE {
			continue
		}
		var serial uint32
		err = windows.GetVolumeInformation(root, nil, 0, &serial, nil, nil, nil, 0)
		now += fmt.Sprintf(" %c %x %t", 'A'+letter, serial, err == nil)
	}
	return now, nil
}
