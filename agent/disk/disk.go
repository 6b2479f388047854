// Package disk is what Windows says of the disks below its drives, and the few
// things it lets a service do to them: a disk is made read-only for as long as
// it stays plugged in, and a drive is taken off its file system so that the
// next access sees the disk anew. The requests and answers are laid out as in
// winioctl.h and ntddstor.h. It decides nothing and remembers nothing.
package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Control codes.
const (
	ioctlDiskIsWritable      = 0x00070024
	ioctlGetDiskAttributes   = 0x000700f0
	ioctlSetDiskAttributes   = 0x0007c0f4
	ioctlUpdateProperties    = 0x00070140
	ioctlStorageDeviceNumber = 0x002d1080
	ioctlStorageQuery        = 0x002d1400
	ioctlVolumeDiskExtents   = 0x00560000
	fsctlLockVolume          = 0x00090018
	fsctlDismountVolume      = 0x00090020
)

// attributeReadOnly is DISK_ATTRIBUTE_READ_ONLY.
const attributeReadOnly = 0x2

// Sizes of the structures, in bytes, and bounds on what is read of them.
const (
	setAttributesSize = 40 // SET_DISK_ATTRIBUTES
	getAttributesSize = 16 // GET_DISK_ATTRIBUTES
	deviceNumberSize  = 12 // STORAGE_DEVICE_NUMBER
	querySize         = 12 // STORAGE_PROPERTY_QUERY
	extentsHead       = 8  // VOLUME_DISK_EXTENTS before its extents
	extentSize        = 24 // DISK_EXTENT
	descriptorHead    = 36 // STORAGE_DEVICE_DESCRIPTOR before its texts
	maxDisks          = 128
	maxDescriptor     = 4096
	maxText           = 128
)

// ErrShort: the system's answer is shorter than it says.
var ErrShort = errors.New("the answer of the disk is cut short")

// Device is what a disk says it is.
type Device struct {
	Bus       string // "usb", "mmc", "ieee1394"; "" for the others
	Vendor    string
	Model     string
	Serial    string
	Removable bool // its media can be taken out
}

// External tells whether people can carry the disk away.
func (d Device) External() bool { return d.Bus != "" || d.Removable }

// setReadOnly lays a SET_DISK_ATTRIBUTES out. It does not persist: Windows
// forgets it when the disk is unplugged or the machine started anew.
func setReadOnly(on bool) []byte {
	b := make([]byte, setAttributesSize)
	binary.LittleEndian.PutUint32(b, setAttributesSize)
	if on {
		binary.LittleEndian.PutUint64(b[8:], attributeReadOnly)
	}
	binary.LittleEndian.PutUint64(b[16:], attributeReadOnly) // the one that is meant
	return b
}

// parseReadOnly reads GET_DISK_ATTRIBUTES.
func parseReadOnly(b []byte) (bool, error) {
	if len(b) < getAttributesSize {
		return false, ErrShort
	}
	return binary.LittleEndian.Uint64(b[8:])&attributeReadOnly != 0, nil
}

// parseNumber reads the number of a disk from STORAGE_DEVICE_NUMBER.
func parseNumber(b []byte) (uint32, error) {
	if len(b) < deviceNumberSize {
		return 0, ErrShort
	}
	const fileDeviceDisk = 0x7
	if kind := binary.LittleEndian.Uint32(b); kind != fileDeviceDisk {
		return 0, fmt.Errorf("a device of kind %#x is no disk: %w", kind, errors.ErrUnsupported)
	}
	return binary.LittleEndian.Uint32(b[4:]), nil
}

// parseExtents reads the numbers of the disks of VOLUME_DISK_EXTENTS, each once.
func parseExtents(b []byte) ([]uint32, error) {
	if len(b) < extentsHead {
		return nil, ErrShort
	}
	n := binary.LittleEndian.Uint32(b)
	if n > maxDisks {
		return nil, fmt.Errorf("a drive on %d parts of disks: %w", n, errors.ErrUnsupported)
	}
	var numbers []uint32
	for i := range int(n) {
		at := extentsHead + i*extentSize
		if len(b) < at+extentSize {
			return nil, ErrShort
		}
		if number := binary.LittleEndian.Uint32(b[at:]); !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	return numbers, nil
}

// parseDevice reads STORAGE_DEVICE_DESCRIPTOR. Texts come from the device.
func parseDevice(b []byte) (Device, error) {
	if len(b) < descriptorHead {
		return Device{}, ErrShort
	}
	text := func(offset int) string { return textAt(b, binary.LittleEndian.Uint32(b[offset:])) }
	return Device{
		Bus: bus(binary.LittleEndian.Uint32(b[28:])), Vendor: text(12), Model: text(16), Serial: text(24), Removable: b[10] != 0,
	}, nil
}

// bus names the buses that people plug things into (STORAGE_BUS_TYPE).
func bus(kind uint32) string {
	switch kind {
	case 4:
		return "ieee1394"
	case 7:
		return "usb"
	case 12, 13: // SD, MMC
		return "mmc"
	}
	return ""
}

// textAt answers the text that ends with a zero at an offset; "" where the
// device gives none. What is not printable is left out.
func textAt(b []byte, offset uint32) string {
	if offset < descriptorHead || uint64(offset) >= uint64(len(b)) {
		return ""
	}
	text, _, _ := bytes.Cut(b[offset:], []byte{0})
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == utf8.RuneError {
			return -1
		}
		return r
	}, string(text[:min(len(text), maxText)]))
	return strings.TrimSpace(clean)
}
