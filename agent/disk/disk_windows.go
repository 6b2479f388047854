package disk

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/windows"
)

// open opens a drive (`E:`) or a disk (`PhysicalDrive1`) itself. Without access
// it can only be asked what it is, which everybody may.
func open(name string, access uint32) (windows.Handle, error) {
	path, err := windows.UTF16PtrFromString(`\\.\` + name)
	if err != nil {
		return 0, err
	}
	h, err := windows.CreateFile(path, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", name, err)
	}
	return h, nil
}

func control(h windows.Handle, code uint32, in []byte, room int) ([]byte, error) {
	out := make([]byte, room)
	var from, to *byte
	if len(in) > 0 {
		from = &in[0]
	}
	if room > 0 {
		to = &out[0]
	}
	var got uint32
	if err := windows.DeviceIoControl(h, code, from, uint32(len(in)), to, uint32(room), &got, nil); err != nil {
		return nil, err
	}
	return out[:min(int(got), room)], nil
}

// ask puts one question to a drive or a disk.
func ask(name string, code uint32, in []byte, room int) ([]byte, error) {
	h, err := open(name, 0)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(h)
	return control(h, code, in, room)
}

func physical(number uint32) string { return fmt.Sprintf("PhysicalDrive%d", number) }

// Numbers answers the numbers of the disks that a drive (`E:`) lies on.
func Numbers(drive string) ([]uint32, error) {
	answer, err := ask(drive, ioctlVolumeDiskExtents, nil, extentsHead+maxDisks*extentSize)
	var numbers []uint32
	if err == nil {
		numbers, err = parseExtents(answer)
	}
	if err == nil && len(numbers) > 0 {
		return numbers, nil
	}
	// A disk without partitions need not know extents.
	if answer, err = ask(drive, ioctlStorageDeviceNumber, nil, deviceNumberSize); err != nil {
		return nil, fmt.Errorf("find the disk of %s: %w", drive, err)
	}
	number, err := parseNumber(answer)
	if err != nil {
		return nil, fmt.Errorf("find the disk of %s: %w", drive, err)
	}
	return []uint32{number}, nil
}

// Describe answers what the disk of a drive says it is.
func Describe(drive string) (Device, error) { return describe(drive) }

// DescribeNumber answers what the disk of a number says it is.
func DescribeNumber(number uint32) (Device, error) { return describe(physical(number)) }

func describe(name string) (Device, error) {
	// StorageDeviceProperty and PropertyStandardQuery are both 0.
	answer, err := ask(name, ioctlStorageQuery, make([]byte, querySize), maxDescriptor)
	if err != nil {
		return Device{}, fmt.Errorf("ask what %s is: %w", name, err)
	}
	return parseDevice(answer)
}

// System answers the numbers of the disks Windows itself lies on.
func System() ([]uint32, error) {
	folder, err := windows.GetSystemWindowsDirectory()
	if err != nil {
		return nil, fmt.Errorf("find Windows: %w", err)
	}
	if len(folder) < 2 || folder[1] != ':' {
		return nil, fmt.Errorf("find Windows: %s has no drive", folder)
	}
	return Numbers(folder[:2])
}

// ReadOnly tells whether Windows lets nobody write to a disk.
func ReadOnly(number uint32) (bool, error) {
	answer, err := ask(physical(number), ioctlGetDiskAttributes, nil, getAttributesSize)
	if err != nil {
		return false, fmt.Errorf("ask whether disk %d is read-only: %w", number, err)
	}
	return parseReadOnly(answer)
}

// SetReadOnly has Windows let nobody write to a disk, or everybody again.
// File systems notice when they are mounted anew.
func SetReadOnly(number uint32, on bool) error {
	h, err := open(physical(number), windows.GENERIC_READ|windows.GENERIC_WRITE)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	if _, err := control(h, ioctlSetDiskAttributes, setReadOnly(on), 0); err != nil {
		return fmt.Errorf("set the attributes of disk %d: %w", number, err)
	}
	if _, err := control(h, ioctlUpdateProperties, nil, 0); err != nil {
		return fmt.Errorf("have disk %d looked at anew: %w", number, err)
	}
	return nil
}

// Writable tells whether the file system of a drive and the disk below it take
// writes.
func Writable(drive string) (bool, error) {
	root, err := windows.UTF16PtrFromString(strings.TrimSuffix(drive, `\`) + `\`)
	if err != nil {
		return false, err
	}
	var flags uint32
	if err := windows.GetVolumeInformation(root, nil, 0, nil, nil, &flags, nil, 0); err != nil {
		return false, fmt.Errorf("ask whether %s can be written to: %w", drive, err)
	}
	if flags&windows.FILE_READ_ONLY_VOLUME != 0 {
		return false, nil
	}
	switch _, err := ask(drive, ioctlDiskIsWritable, nil, 0); {
	case errors.Is(err, windows.ERROR_WRITE_PROTECT):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("ask whether %s can be written to: %w", drive, err)
	}
	return true, nil
}

// Volume is a drive held open to be taken off its file system.
type Volume struct {
	drive  string
	handle windows.Handle
}

// Open holds a drive (`E:`).
func Open(drive string) (*Volume, error) {
	h, err := open(drive, windows.GENERIC_READ|windows.GENERIC_WRITE)
	if err != nil {
		return nil, err
	}
	return &Volume{drive, h}, nil
}

// Lock keeps everybody else out and writes down what waits; it fails while a
// file is open. It holds until Close.
func (v *Volume) Lock() error { return v.do(fsctlLockVolume, "lock") }

// Dismount takes the file system off. Files that are open are closed for good;
// the next access mounts it anew.
func (v *Volume) Dismount() error { return v.do(fsctlDismountVolume, "dismount") }

func (v *Volume) do(code uint32, what string) error {
	if _, err := control(v.handle, code, nil, 0); err != nil {
		return fmt.Errorf("%s %s: %w", what, v.drive, err)
	}
	return nil
}

// Flush writes down what waits.
func (v *Volume) Flush() error {
	if err := windows.FlushFileBuffers(v.handle); err != nil {
		return fmt.Errorf("flush %s: %w", v.drive, err)
	}
	return nil
}

// Close lets go.
func (v *Volume) Close() error { return windows.CloseHandle(v.handle) }
