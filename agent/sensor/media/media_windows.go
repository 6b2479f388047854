package media

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/activity"
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
	m := Medium{MountPoint: root, Device: activity.Device{Node: root[:2]}}
	switch {
	case f.configured(root, root[:2]) || f.configured(strings.TrimSuffix(root, `\`), ""):
		m.Why = "configured"
	case windows.GetDriveType(path) == windows.DRIVE_REMOVABLE:
		m.Why, m.Device.Bus = "removable", "usb"
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
	m.Device.Serial = fmt.Sprintf("%08X", serial) // of the volume; the device's own takes more rights
	return m, true
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
