package letters

import (
	"errors"
	"io/fs"
	"log/slog"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/disk"
	"github.com/trustline/trustline/agent/holdings"
)

// Supported: drives have letters here.
const Supported = true

// New answers a keeper that remembers in a file which letters it took. With an
// error it works, and what an earlier run has taken is not known.
func New(file string, log *slog.Logger) (*Keeper, error) {
	r, err := holdings.Read(file, record())
	return &Keeper{system: machine{}, log: log, record: r}, err
}

// machine is this one.
type machine struct{}

func (machine) volume(letter string) (string, error) {
	point, err := windows.UTF16PtrFromString(letter + `\`)
	if err != nil {
		return "", err
	}
	var name [windows.MAX_PATH]uint16
	if err := windows.GetVolumeNameForVolumeMountPoint(point, &name[0], uint32(len(name))); err != nil {
		return "", err
	}
	return windows.UTF16ToString(name[:]), nil
}

func (machine) device(name string) (string, error) { return Device(name) }

// Device answers what a letter or volume leads to, fs.ErrNotExist where it leads nowhere.
func Device(name string) (string, error) {
	// `\\?\Volume{…}\` stands in the table without what is around it.
	entry, err := windows.UTF16PtrFromString(strings.TrimSuffix(strings.TrimPrefix(name, `\\?\`), `\`))
	if err != nil {
		return "", err
	}
	var target [windows.MAX_LONG_PATH]uint16
	_, err = windows.QueryDosDevice(entry, &target[0], uint32(len(target)))
	if errors.Is(err, windows.ERROR_FILE_NOT_FOUND) {
		return "", fs.ErrNotExist
	}
	return windows.UTF16ToString(target[:]), err
}

func (machine) remove(letter, device string) error {
	return define(windows.DDD_RAW_TARGET_PATH|windows.DDD_REMOVE_DEFINITION|windows.DDD_EXACT_MATCH_ON_REMOVE, letter, device)
}

func (machine) define(letter, device string) error {
	return define(windows.DDD_RAW_TARGET_PATH, letter, device)
}

func define(flags uint32, letter, device string) error {
	name, err := windows.UTF16PtrFromString(letter)
	if err != nil {
		return err
	}
	target, err := windows.UTF16PtrFromString(device)
	if err != nil {
		return err
	}
	return windows.DefineDosDevice(flags, name, target)
}

// quiet takes the volume off its file system: the next access mounts it anew.
func (machine) quiet(letter string) error {
	v, err := disk.Open(letter)
	if err != nil {
		return err
	}
	defer v.Close()
	if disk.Lock(v, disk.Pause) != nil {
		// Somebody has a file open; what waits of it is written down first.
		_ = v.Flush() // what cannot be is lost with the file
	}
	return v.Dismount()
}
