package media

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/activity"
)

// machine is a tree of /sys, /run and /proc as recorded on a workstation.
type machine struct {
	t    testing.TB
	root string
	rows []string
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &machine{t: t, root: root}
}

func (m *machine) put(path, content string) {
	path = filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) link(path, to string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(m.root, to), path); err != nil {
		m.t.Fatal(err)
	}
}

// device makes a block device at a place in /sys/devices.
func (m *machine) device(number, place string, files map[string]string) {
	m.t.Helper()
	place = "/sys/devices/" + place
	m.put(place+"/dev", number+"\n")
	for name, content := range files {
		m.put(place+"/"+name, content+"\n")
	}
	m.link("/sys/dev/block/"+number, place)
	m.link("/sys/class/block/"+filepath.Base(place), place)
}

func (m *machine) udev(number string, properties ...string) {
	m.put("/run/udev/data/b"+number, "S:disk/by-id/x\nI:1234\nE:"+strings.Join(properties, "\nE:")+"\nG:systemd\n")
}

// mount adds a line of the mount table.
func (m *machine) mount(number, point, fsType, source, super string) {
	m.rows = append(m.rows, fmt.Sprintf("%d 25 %s / %s rw,nosuid,nodev,relatime shared:%d - %s %s %s", 100+len(m.rows), number, point, len(m.rows), fsType, source, super))
	m.put("/proc/self/mountinfo", strings.Join(m.rows, "\n")+"\n")
}

func (m *machine) list(f Finder) map[string]Medium {
	m.t.Helper()
	f.Root = m.root
	all, err := f.List(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	found := map[string]Medium{}
	for _, medium := range all {
		found[medium.MountPoint] = medium
	}
	return found
}

const (
	usbDisk   = "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb"
	usbNVMe   = "pci0000:00/0000:00:14.0/usb4/4-2/4-2:1.0/host7/target7:0:0/7:0:0:0/block/sdc"
	sdCard    = "pci0000:00/0000:00:1c.0/0000:02:00.0/rtsx_pci_sdmmc.0/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0"
	soldered  = "pci0000:00/0000:00:1a.0/mmc_host/mmc1/mmc1:0001/block/mmcblk1"
	inside    = "pci0000:00/0000:00:06.0/0000:01:00.0/nvme/nvme0/nvme0n1"
	thunder   = "pci0000:00/0000:00:07.0/0000:04:00.0/0000:05:01.0/0000:06:00.0/nvme/nvme1/nvme1n1"
	sataDrive = "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"
)

func workstation(t testing.TB) *machine {
	m := newMachine(t)
	partition := map[string]string{"partition": "1"}
	m.device("8:16", usbDisk, map[string]string{"removable": "1", "device/vendor": "SanDisk ", "device/model": "Ultra           "})
	m.device("8:17", usbDisk+"/sdb1", partition)
	m.udev("8:16", "ID_VENDOR=SanDisk", "ID_MODEL=Ultra", "ID_SERIAL=SanDisk_Ultra_4C53-0:0", "ID_SERIAL_SHORT=4C530001", "ID_BUS=usb")
	m.udev("8:17", "ID_VENDOR=SanDisk", "ID_SERIAL_SHORT=4C530001", "ID_FS_LABEL=备份")
	m.mount("8:17", "/media/li/备份", "vfat", "/dev/sdb1", "rw")

	m.device("8:32", usbNVMe, map[string]string{"removable": "0", "device/vendor": "ASMT", "device/model": "NVMe enclosure"})
	m.device("8:33", usbNVMe+"/sdc1", partition)
	m.mount("8:33", "/media/li/fast", "exfat", "/dev/sdc1", "rw")

	m.device("179:0", sdCard, map[string]string{"removable": "0", "device/type": "SD", "device/name": "SL32G", "device/serial": "0x1234abcd"})
	m.device("179:1", sdCard+"/mmcblk0p1", partition)
	m.mount("179:1", "/media/li/CAMERA", "exfat", "/dev/mmcblk0p1", "rw")

	m.device("179:8", soldered, map[string]string{"removable": "0", "device/type": "MMC"})
	m.mount("179:8", "/srv/emmc", "ext4", "/dev/mmcblk1", "rw")

	m.device("259:0", inside, map[string]string{"removable": "0", "device/model": "Internal 1TB"})
	m.device("259:1", inside+"/nvme0n1p1", partition)
	m.mount("259:1", "/", "ext4", "/dev/nvme0n1p1", "rw")

	m.put("/sys/devices/pci0000:00/0000:00:07.0/0000:04:00.0/removable", "removable\n")
	m.put("/sys/devices/pci0000:00/0000:00:06.0/0000:01:00.0/removable", "fixed\n")
	m.device("259:8", thunder, map[string]string{"removable": "0", "device/model": "Portable T5", "device/serial": "T5-77"})
	m.mount("259:8", "/media/li/T5", "ext4", "/dev/nvme1n1", "rw")

	m.device("8:0", sataDrive, map[string]string{"removable": "0"})
	m.mount("8:0", "/data", "xfs", "/dev/sda", "rw")

	m.device("7:0", "virtual/block/loop0", map[string]string{"removable": "0"})
	m.mount("7:0", "/mnt/image", "ext4", "/dev/loop0", "rw")
	m.mount("0:22", "/proc", "proc", "proc", "rw")
	m.mount("0:40", "/home", "nfs4", "files:/home", "rw")
	return m
}

func TestRecognition(t *testing.T) {
	found := workstation(t).list(Finder{})
	want := map[string]Medium{
		"/media/li/备份":     {Why: "usb", Device: activity.Device{Node: "/dev/sdb1", Bus: "usb", Vendor: "SanDisk", Model: "Ultra", Serial: "4C530001", Label: "备份", FileSystem: "vfat"}},
		"/media/li/fast":   {Why: "usb", Device: activity.Device{Node: "/dev/sdc1", Bus: "usb", Vendor: "ASMT", Model: "NVMe enclosure", FileSystem: "exfat"}},
		"/media/li/CAMERA": {Why: "mmc", Device: activity.Device{Node: "/dev/mmcblk0p1", Bus: "mmc", Model: "SL32G", Serial: "0x1234abcd", FileSystem: "exfat"}},
		"/media/li/T5":     {Why: "external", Device: activity.Device{Node: "/dev/nvme1n1", Bus: "nvme", Model: "Portable T5", Serial: "T5-77", FileSystem: "ext4"}},
	}
	for point, medium := range want {
		medium.MountPoint = point
		if found[point] != medium {
			t.Errorf("%s:\n got %+v\nwant %+v", point, found[point], medium)
		}
	}
	for point := range found {
		if _, ok := want[point]; !ok {
			t.Errorf("%s is taken for removable: %+v", point, found[point])
		}
	}
}

func TestConfiguredAndExcluded(t *testing.T) {
	m := workstation(t)
	found := m.list(Finder{Treat: []string{"/mnt/image", "/dev/sda", "/home"}, Exclude: []string{"4C530001"}})
	for _, point := range []string{"/mnt/image", "/data", "/home"} {
		if found[point].Why != "configured" {
			t.Errorf("%s: %+v", point, found[point])
		}
	}
	if medium, ok := found["/media/li/备份"]; ok {
		t.Errorf("an excluded device is listed: %+v", medium)
	}
	if _, ok := found["/media/li/fast"]; !ok {
		t.Error("excluding one device excludes another")
	}
}

// TestLayers: encryption, volumes and file systems of several devices hide
// what they lie on.
func TestLayers(t *testing.T) {
	m := workstation(t)
	m.device("253:0", "virtual/block/dm-0", map[string]string{"removable": "0", "dm/uuid": "CRYPT-LUKS2-0123-luks-stick"})
	m.link("/sys/devices/virtual/block/dm-0/slaves/sdb1", "/sys/devices/"+usbDisk+"/sdb1")
	m.mount("253:0", "/media/li/secret", "ext4", "/dev/mapper/luks-stick", "rw")

	m.device("253:1", "virtual/block/dm-1", map[string]string{"removable": "0", "dm/uuid": "CRYPT-LUKS2-4567-disk"})
	m.link("/sys/devices/virtual/block/dm-1/slaves/nvme0n1p1", "/sys/devices/"+inside+"/nvme0n1p1")
	m.device("253:2", "virtual/block/dm-2", map[string]string{"removable": "0", "dm/uuid": "LVM-abc"})
	m.link("/sys/devices/virtual/block/dm-2/slaves/dm-1", "/sys/devices/virtual/block/dm-1")
	m.mount("253:2", "/var", "ext4", "/dev/mapper/vg-var", "rw")

	m.device("253:3", "virtual/block/dm-3", map[string]string{"removable": "0", "dm/uuid": "LVM-def"})
	m.link("/sys/devices/virtual/block/dm-3/slaves/dm-1", "/sys/devices/virtual/block/dm-1")
	m.link("/sys/devices/virtual/block/dm-3/slaves/sdc1", "/sys/devices/"+usbNVMe+"/sdc1")
	m.mount("253:3", "/mnt/spanned", "ext4", "/dev/mapper/vg-spanned", "rw")

	m.mount("0:51", "/media/li/snap", "btrfs", "/dev/sdb1", "rw,subvol=/")
	m.mount("0:52", "/inner", "btrfs", "/dev/nvme0n1p1", "rw,subvol=/")
	m.link("/dev/mapper/luks-b", "/dev/dm-0")
	m.put("/dev/dm-0", "")
	m.mount("0:53", "/media/li/sealed", "btrfs", "/dev/mapper/luks-b", "rw,subvol=/")
	m.mount("0:54", "/media/li/both", "bcachefs", "/dev/sdc1:/dev/sda", "rw")

	found := m.list(Finder{})
	for _, point := range []string{"/media/li/secret", "/mnt/spanned", "/media/li/snap", "/media/li/sealed", "/media/li/both"} {
		if found[point].Why != "usb" || found[point].Device.Vendor == "" {
			t.Errorf("%s is not recognised: %+v", point, found[point])
		}
	}
	if d := found["/media/li/secret"].Device; !d.Encrypted || d.Serial != "4C530001" {
		t.Errorf("what lies below encryption: %+v", d)
	}
	for _, point := range []string{"/var", "/inner"} {
		if medium, ok := found[point]; ok {
			t.Errorf("%s is taken for removable: %+v", point, medium)
		}
	}
}

// TestLoopOfLayers: what the system says must not send us round for ever.
func TestLoopOfLayers(t *testing.T) {
	m := newMachine(t)
	m.device("253:0", "virtual/block/dm-0", map[string]string{"removable": "0"})
	m.link("/sys/devices/virtual/block/dm-0/slaves/dm-0", "/sys/devices/virtual/block/dm-0")
	m.mount("253:0", "/mnt", "ext4", "/dev/dm-0", "rw")
	if found := m.list(Finder{}); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

// TestCoverHidesNothing: a medium stays one whatever is put over it, by our own
// guard or by somebody without privilege.
func TestCoverHidesNothing(t *testing.T) {
	m := workstation(t)
	m.mount("0:60", "/media/li/备份", guardType, "/dev/sdb1", "rw,user_id=0,group_id=0,default_permissions,allow_other")
	m.mount("0:61", "/media/li/fast", "fuse.innocent", "innocent", "rw,user_id=1000,group_id=1000")
	m.mount("0:62", "/media/li/T5", "ext4", "/dev/nvme0n1p1", "rw")
	found := m.list(Finder{})
	for _, point := range []string{"/media/li/备份", "/media/li/fast"} {
		if found[point].Why != "usb" {
			t.Errorf("%s is hidden: %+v", point, found[point])
		}
	}
	if medium, ok := found["/media/li/T5"]; ok {
		t.Errorf("what people see there is another device: %+v", medium)
	}
}

func TestNamesInTheMountTable(t *testing.T) {
	m := workstation(t)
	m.mount("8:17", `/media/li/a\040b\011c\134d`, "vfat", "/dev/sdb1", "rw")
	m.mount("8:17", `/media/li/客户\040名单`, "vfat", "/dev/sdb1", "rw")
	found := m.list(Finder{})
	for _, point := range []string{"/media/li/a b\tc\\d", "/media/li/客户 名单"} {
		if found[point].Why != "usb" {
			t.Errorf("%q is not found in %v", point, found)
		}
	}
}

func TestBrokenTableIsAnError(t *testing.T) {
	m := newMachine(t)
	m.put("/proc/self/mountinfo", "this is no mount table\n")
	if all, err := (&Finder{Root: m.root}).List(t.Context()); err == nil {
		t.Errorf("got %v", all)
	}
}

func FuzzUdev(f *testing.F) {
	f.Add([]byte("S:disk/by-id/x\nE:ID_VENDOR=SanDisk\nE:ID_FS_LABEL=备份\n"))
	f.Add([]byte("E:\nE:=\nE:A\n\x00\xff"))
	m := newMachine(f)
	finder := &Finder{Root: m.root}
	f.Fuzz(func(t *testing.T, data []byte) {
		m.put("/run/udev/data/b8:1", string(data))
		for key, value := range finder.udev("8:1") {
			if strings.ContainsAny(key, "=\n") || strings.Contains(value, "\n") {
				t.Errorf("%q=%q", key, value)
			}
		}
	})
}

func FuzzMountTable(f *testing.F) {
	f.Add([]byte(`100 25 8:17 / /media/li/a\040b rw,nosuid shared:1 - vfat /dev/sdb1 rw`))
	f.Add([]byte("1 2 0:3 / /x rw - fuse.x y user_id=1\n"))
	f.Add([]byte("1 2 0:3 / /x rw - btrfs /dev/../../../etc/passwd:/dev/sdb1 rw\n"))
	m := workstation(f)
	finder := &Finder{Root: m.root}
	f.Fuzz(func(t *testing.T, data []byte) {
		m.put("/proc/self/mountinfo", string(data))
		all, err := finder.List(t.Context())
		if err != nil {
			return
		}
		for _, medium := range all {
			if medium.Why == "" {
				t.Errorf("%+v", medium)
			}
		}
	})
}
