package media

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/shirou/gopsutil/v3/disk"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/activity"
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
		if m.FSType == guardType {
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
	if m.Major != 0 {
		medium.Why = f.inspect(ctx, m.Major, m.Minor, &medium.Device)
	}
	if f.configured(m.Mountpoint, medium.Device.Node) {
		medium.Why = "configured"
	}
	return medium, medium.Why != "" && !f.excluded(medium.Device)
}

// inspect describes a block device and answers why it is removable, "" when
// it is not.
func (f *Finder) inspect(ctx context.Context, major, minor int, d *activity.Device) string {
	id := fmt.Sprintf("%d:%d", major, minor)
	place, err := filepath.EvalSymlinks(f.path("/sys/dev/block/" + id))
	if err != nil {
		return ""
	}
	whole := place
	if exists(filepath.Join(place, "partition")) {
		whole = filepath.Dir(place)
	}
	f.describe(ctx, id, whole, d)
	switch {
	case strings.Contains(place, "/usb"):
		d.Bus = "usb"
	case strings.Contains(place, "/mmc_host/"):
		d.Bus = "mmc"
	case strings.HasPrefix(filepath.Base(whole), "loop"):
		d.Bus = "loop"
	case strings.Contains(place, "/nvme/"):
		d.Bus = "nvme"
	}
	switch {
	case d.Bus == "usb":
		return "usb"
	case d.Bus == "mmc" && text(filepath.Join(whole, "device/type")) == "SD":
		return "mmc"
	case text(filepath.Join(whole, "removable")) == "1":
		return "removable"
	case f.external(place):
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
	props := f.udev(id)
	d.Vendor = first(props["ID_VENDOR"], text(filepath.Join(whole, "device/vendor")))
	d.Model = first(props["ID_MODEL"], text(filepath.Join(whole, "device/model")), text(filepath.Join(whole, "device/name")))
	d.Serial = first(props["ID_SERIAL_SHORT"], props["ID_SERIAL"], text(filepath.Join(whole, "device/serial")))
	d.Label = props["ID_FS_LABEL"]
	d.Encrypted = strings.HasPrefix(text(filepath.Join(whole, "dm/uuid")), "CRYPT-")
	if f.Root != "" {
		return
	}
	if d.Serial == "" {
		if serial, err := disk.SerialNumberWithContext(ctx, "/dev/"+filepath.Base(whole)); err == nil {
			d.Serial = serial
		}
	}
	if d.Label == "" {
		if label, err := disk.LabelWithContext(ctx, filepath.Base(whole)); err == nil {
			d.Label = label
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

// Watch calls changed whenever the mount table changes, until the context
// ends. It sleeps in between.
func Watch(ctx context.Context, changed func()) error {
	table, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return fmt.Errorf("watch the mount table: %w", err)
	}
	defer table.Close()
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("watch the mount table: %w", err)
	}
	defer unix.Close(wake)
	stopped := make(chan struct{})
	defer func() { <-stopped }()
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	defer func() {
		if stop() {
			close(stopped)
		}
	}()
	for {
		fds := []unix.PollFd{{Fd: int32(table.Fd()), Events: unix.POLLPRI}, {Fd: int32(wake), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return fmt.Errorf("watch the mount table: %w", err)
		}
		if ctx.Err() != nil {
			return nil
		}
		if fds[0].Revents != 0 {
			changed()
		}
	}
}
