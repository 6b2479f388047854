package drives

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/disk"
	"github.com/trustline/trustline/agent/holdings"
)

// Supported: drives can be made read-only here.
const Supported = true

// New answers a keeper that remembers in a file which disks are read-only
// because of it. With an error it works, and what an earlier run has left
// counts as somebody else's.
func New(file string, log *slog.Logger) (*Keeper, error) {
	ours, err := holdings.Read(file, record())
	return &Keeper{system: machine{}, ours: ours, pause: disk.Pause, now: time.Now, log: log, kept: map[string]Report{}}, err
}

// Try asks for what making drives read-only takes, and changes nothing: the
// attributes of the disk that Windows lies on.
func Try() error {
	numbers, err := disk.System()
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if _, err := disk.ReadOnly(n); err != nil {
			return err
		}
	}
	return nil
}

// machine is this one.
type machine struct{}

func (machine) disks(drive string) ([]Disk, error) {
	numbers, err := disk.Numbers(drive)
	if err != nil {
		return nil, err
	}
	var list []Disk
	for _, n := range numbers {
		list = append(list, identify(n))
	}
	return list, nil
}

// identify answers a disk with what it says it is.
func identify(number uint32) Disk {
	d := Disk{Number: number}
	if says, err := disk.DescribeNumber(number); err == nil {
		d.ID = strings.Join([]string{says.Bus, says.Vendor, says.Model, says.Serial}, "/")
	}
	return d
}

func (machine) drives(d Disk) (list []string) {
	letters, err := windows.GetLogicalDrives()
	if err != nil {
		return nil
	}
	for letter := range 26 {
		drive := string(rune('A'+letter)) + ":"
		if letters&(1<<letter) == 0 || !local(drive) {
			continue
		}
		if numbers, err := disk.Numbers(drive); err == nil && slices.Contains(numbers, d.Number) {
			list = append(list, drive)
		}
	}
	return list
}

// local leaves network drives alone: their servers may take their time.
func local(drive string) bool {
	root, err := windows.UTF16PtrFromString(drive + `\`)
	if err != nil {
		return false
	}
	kind := windows.GetDriveType(root)
	return kind == windows.DRIVE_REMOVABLE || kind == windows.DRIVE_FIXED
}

func (machine) present(d Disk) bool { return identify(d.Number) == d }

func (machine) isSystem(d Disk) (bool, error) {
	numbers, err := disk.System()
	return slices.Contains(numbers, d.Number), err
}

func (machine) readOnly(d Disk) (bool, error)       { return disk.ReadOnly(d.Number) }
func (machine) setReadOnly(d Disk, on bool) error   { return disk.SetReadOnly(d.Number, on) }
func (machine) writable(drive string) (bool, error) { return disk.Writable(drive) }
func (machine) open(drive string) (volume, error)   { return disk.Open(drive) }
