package media

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/shirou/gopsutil/v3/disk"

	"github.com/trustline/trustline/rules/activity"
)

// guardType is the file system type of our own guards, which lie over media
// and are none themselves.
const guardType = "fuse.trustline"

// List answers the removable media that are mounted now.
func (f *Finder) List(ctx context.Context) ([]Medium, error) {
	table, err := os.Open(f.path("/proc/self/mountinfo"))
	if err != nil {
		return nil, fmt.Errorf("read the mount table: %w", err)
	}
	defer table.Close()
	mounts, err := mountinfo.GetMountsFromReader(table, nil)
	if err != nil {
		return nil, fmt.Errorf("read the mount table: %w", err)
	}
	// Of mounts over each other at one place the last is the one people see.
	visible := map[string]*mountinfo.Info{}
	var order []string
	for _, m := range mounts {
		if m.FSType == guardType || byAnybody(m) {
			continue
		}
		if visible[m.Mountpoint] == nil {
			order = append(order, m.Mountpoint)
		}
		visible[m.Mountpoint] = m
	}
	var media []Medium
	for _, point := range order {
		if medium, ok := f.recognise(ctx, visible[point]); ok {
			media = append(media, medium)
		}
	}
	return media, nil
}

func (f *Finder) recognise(ctx context.Context, m *mountinfo.Info) (Medium, bool) {
	medium := Medium{MountPoint: m.Mountpoint, Device: activity.Device{FileSystem: m.FSType}}
	if strings.HasPrefix(m.Source, "/dev/") {
		medium.Device.Node = m.Source
	}
	configured := f.configured(m.Mountpoint, medium.Device.Node)
	if id := f.number(m); id != "" {
		medium.Why = f.inspect(ctx, id, configured, &medium.Device)
	}
	if configured {
		medium.Why = "configured"
	}
	return medium, medium.Why != "" && !f.excluded(medium.Device)
}

// byAnybody tells whether a mount was made by a person without privilege: what
// they put over a medium does not make it another medium.
func byAnybody(m *mountinfo.Info) bool {
	for option := range strings.SplitSeq(m.VFSOptions, ",") {
		if id, ok := strings.CutPrefix(option, "user_id="); ok {
			return id != "0" && strings.HasPrefix(m.FSType, "fuse") && m.Major == 0
		}
	}
	return false
}

// number answers the number of the block device below a mount, "" when there
// is none. File systems that can span devices (btrfs, bcachefs) have a number
// of their own, which is no device's: theirs is that of the device they name.
func (f *Finder) number(m *mountinfo.Info) string {
	if m.Major != 0 {
		return fmt.Sprintf("%d:%d", m.Major, m.Minor)
	}
	node, _, _ := strings.Cut(m.Source, ":") // the first of several
	if !strings.HasPrefix(node, "/dev/") {
		return ""
	}
	if real, err := filepath.EvalSymlinks(f.path(node)); err == nil {
		node = real
	}
	return text(f.path("/sys/class/block/" + filepath.Base(node) + "/dev"))
}

// inspect answers why a block device is removable, "" when it is not, and
// describes one that is or is wanted: of disks that stay, which are looked at
// whenever anything is mounted, nobody asks more.
func (f *Finder) inspect(ctx context.Context, id string, wanted bool, d *activity.Device) (why string) {
	place, err := filepath.EvalSymlinks(f.path("/sys/dev/block/" + id))
	if err != nil {
		return ""
	}
	whole := place
	if exists(filepath.Join(place, "partition")) {
		whole = filepath.Dir(place)
	}
	plug := whole // what people carry away
	for _, place := range f.below(place, maxLayers) {
		if why = f.reason(place, d); why != "" {
			plug = place
			break
		}
	}
	if why == "" && !wanted {
		return ""
	}
	f.describe(ctx, id, whole, d)
	if plug != whole {
		f.identify(ctx, plug, d)
	}
	return why
}

// maxLayers bounds how many devices may lie over each other.
const maxLayers = 8

// below answers the whole devices on which a device lies: behind encryption,
// logical volumes and arrays stands something with a plug. There may be several.
func (f *Finder) below(place string, layers int) []string {
	if exists(filepath.Join(place, "partition")) {
		place = filepath.Dir(place)
	}
	slaves, err := os.ReadDir(filepath.Join(place, "slaves"))
	if err != nil || len(slaves) == 0 || layers == 0 {
		return []string{place}
	}
	var all []string
	for _, s := range slaves {
		if real, err := filepath.EvalSymlinks(filepath.Join(place, "slaves", s.Name())); err == nil {
			all = append(all, f.below(real, layers-1)...)
		}
	}
	return all
}

// reason answers why a whole device is removable, "" when it is not.
func (f *Finder) reason(whole string, d *activity.Device) string {
	switch {
	case strings.Contains(whole, "/usb"):
		d.Bus = "usb"
	case strings.Contains(whole, "/mmc_host/"):
		d.Bus = "mmc"
	case strings.HasPrefix(filepath.Base(whole), "loop"):
		d.Bus = "loop"
	case strings.Contains(whole, "/nvme/"):
		d.Bus = "nvme"
	}
	switch {
	case d.Bus == "usb":
		return "usb"
	case d.Bus == "mmc" && text(filepath.Join(whole, "device/type")) == "SD":
		return "mmc"
	case text(filepath.Join(whole, "removable")) == "1":
		return "removable"
	case f.external(whole):
		return "external"
	}
	return ""
}

// external tells whether the device hangs on a port that people plug into, as
// the kernel says of Thunderbolt and USB4 ("removable" on a PCI device).
func (f *Finder) external(place string) bool {
	top := f.path("/sys/devices")
	for dir := filepath.Dir(place); strings.HasPrefix(dir, top) && dir != top; dir = filepath.Dir(dir) {
		if text(filepath.Join(dir, "removable")) == "removable" {
			return true
		}
	}
	return false
}

// describe asks udev, and where it knows nothing sysfs and gopsutil.
func (f *Finder) describe(ctx context.Context, id, whole string, d *activity.Device) {
	d.Label = f.udev(id)["ID_FS_LABEL"]
	d.Encrypted = strings.HasPrefix(text(filepath.Join(whole, "dm/uuid")), "CRYPT-")
	f.identify(ctx, whole, d)
	if f.Root == "" && d.Label == "" {
		if label, err := disk.LabelWithContext(ctx, filepath.Base(whole)); err == nil {
			d.Label = label
		}
	}
}

// identify tells which whole device it is.
func (f *Finder) identify(ctx context.Context, whole string, d *activity.Device) {
	props := f.udev(text(filepath.Join(whole, "dev")))
	d.Vendor = first(props["ID_VENDOR"], text(filepath.Join(whole, "device/vendor")))
	d.Model = first(props["ID_MODEL"], text(filepath.Join(whole, "device/model")), text(filepath.Join(whole, "device/name")))
	d.Serial = first(props["ID_SERIAL_SHORT"], props["ID_SERIAL"], text(filepath.Join(whole, "device/serial")))
	if f.Root == "" && d.Serial == "" {
		if serial, err := disk.SerialNumberWithContext(ctx, "/dev/"+filepath.Base(whole)); err == nil {
			d.Serial = serial
		}
	}
}

// udev answers the properties udev has recorded for a block device.
func (f *Finder) udev(id string) map[string]string {
	props := map[string]string{}
	data, err := os.ReadFile(f.path("/run/udev/data/b" + id))
	if err != nil || len(data) > 1<<20 {
		return props
	}
	for line := range strings.Lines(string(data)) {
		if entry, ok := strings.CutPrefix(strings.TrimSpace(line), "E:"); ok {
			if key, value, ok := strings.Cut(entry, "="); ok {
				props[key] = value
			}
		}
	}
	return props
}

func (f *Finder) path(p string) string {
	if f.Root == "" {
		return p
	}
	return filepath.Join(f.Root, p)
}

func first(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}

func text(path string) string {
	data, err := os.ReadFile(path)
	if err != nil || len(data) > 4096 {
		return ""
	}
	return strings.TrimSpace(string(data))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
