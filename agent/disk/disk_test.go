package disk

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
)

func bytesOf(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// SET_DISK_ATTRIBUTES: version, persist and reserved, attributes, mask, reserved.
func TestRequestsAreLaidOutAsWindowsWantsThem(t *testing.T) {
	const tail = "0200000000000000 00000000 00000000 00000000 00000000"
	for on, want := range map[bool]string{
		true:  "28000000 00 000000 0200000000000000 " + tail,
		false: "28000000 00 000000 0000000000000000 " + tail,
	} {
		if got := setReadOnly(on); !slices.Equal(got, bytesOf(t, want)) {
			t.Errorf("%t: % x", on, got)
		}
	}
	// CTL_CODE(type, function, method, access), winioctl.h.
	code := func(kind, function, access uint32) uint32 { return kind<<16 | access<<14 | function<<2 }
	const anybody, readWrite = 0, 3
	for got, want := range map[uint32]uint32{
		ioctlDiskIsWritable: code(7, 0x09, anybody), ioctlGetDiskAttributes: code(7, 0x3c, anybody),
		ioctlSetDiskAttributes: code(7, 0x3d, readWrite), ioctlUpdateProperties: code(7, 0x50, anybody),
		ioctlStorageDeviceNumber: code(0x2d, 0x420, anybody), ioctlStorageQuery: code(0x2d, 0x500, anybody),
		ioctlVolumeDiskExtents: code(0x56, 0, anybody),
		fsctlLockVolume:        code(9, 6, anybody), fsctlDismountVolume: code(9, 8, anybody),
	} {
		if got != want {
			t.Errorf("control code %#x, should be %#x", got, want)
		}
	}
}

func TestAttributes(t *testing.T) {
	for text, want := range map[string]bool{
		"10000000 00000000 0200000000000000": true,
		"10000000 00000000 0300000000000000": true, // and offline
		"10000000 00000000 0100000000000000": false,
		"10000000 00000000 0000000000000000": false,
	} {
		if got, err := parseReadOnly(bytesOf(t, text)); err != nil || got != want {
			t.Errorf("%s: %t, %v", text, got, err)
		}
	}
	if _, err := parseReadOnly(make([]byte, 15)); !errors.Is(err, ErrShort) {
		t.Errorf("cut short: %v", err)
	}
}

func TestNumbersOfDisks(t *testing.T) {
	// As Wine answers for its second drive.
	if n, err := parseNumber(bytesOf(t, "07000000 01000000 00000000")); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := parseNumber(bytesOf(t, "02000000 00000000 ffffffff")); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a CD is taken for a disk: %v", err)
	}
	if _, err := parseNumber(make([]byte, 11)); !errors.Is(err, ErrShort) {
		t.Errorf("cut short: %v", err)
	}
	extent := func(disk string) string { return disk + " 00000000 0000100000000000 0000000001000000 " }
	for text, want := range map[string][]uint32{
		"01000000 00000000 " + extent("03000000"):                                           {3},
		"03000000 00000000 " + extent("03000000") + extent("05000000") + extent("03000000"): {3, 5},
		"00000000 00000000 " + extent("00000000"):                                           nil, // as Wine answers
	} {
		if got, err := parseExtents(bytesOf(t, text)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if _, err := parseExtents(bytesOf(t, "02000000 00000000 "+extent("03000000"))); !errors.Is(err, ErrShort) {
		t.Errorf("cut short: %v", err)
	}
	if _, err := parseExtents(bytesOf(t, "ffffffff 00000000")); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("on too many disks: %v", err)
	}
}

// descriptor is a STORAGE_DEVICE_DESCRIPTOR with texts behind it.
func descriptor(t testing.TB, removable, bus byte, vendor, model, serial string) []byte {
	b := bytesOf(t, "28000000 00000000 00 00 00 00 00000000 00000000 00000000 00000000 00000000 00000000")
	b[10], b[28] = removable, bus
	for at, text := range map[int]string{12: vendor, 16: model, 24: serial} {
		if text != "" {
			b[at] = byte(len(b))
			b = append(append(b, text...), 0)
		}
	}
	b[4] = byte(len(b))
	return b
}

func TestDevices(t *testing.T) {
	for _, c := range []struct {
		raw  []byte
		want Device
	}{
		{descriptor(t, 1, 7, "Kingston", "DataTraveler 3.0 ", " 60A44C413A7EE1B1"), Device{"usb", "Kingston", "DataTraveler 3.0", "60A44C413A7EE1B1", true}},
		{descriptor(t, 0, 7, "", "Portable SSD T5", "S49"), Device{"usb", "", "Portable SSD T5", "S49", false}},
		{descriptor(t, 1, 12, "", "SDHC", ""), Device{"mmc", "", "SDHC", "", true}},
		{descriptor(t, 0, 17, "", "NVMe", "x"), Device{"", "", "NVMe", "x", false}},
		{descriptor(t, 0, 7, "e\x1b[31mvil\x80", "", ""), Device{Bus: "usb", Vendor: "e[31mvil"}},
		// As Wine answers.
		{bytesOf(t, "28000000 28000000 07 00 00 00 00000000 00000000 00000000 00000000 01000000 00000000 00000000"), Device{}},
	} {
		got, err := parseDevice(c.raw)
		if err != nil || got != c.want {
			t.Errorf("%+v, %v; should be %+v", got, err, c.want)
		}
		if got.External() != (c.want.Bus != "" || c.want.Removable) {
			t.Errorf("%+v external: %t", got, got.External())
		}
	}
	if _, err := parseDevice(make([]byte, 35)); !errors.Is(err, ErrShort) {
		t.Errorf("cut short: %v", err)
	}
}

func FuzzAnswersOfDisks(f *testing.F) {
	f.Add(descriptor(f, 1, 7, "Kingston", "DataTraveler", "1"))
	f.Add(bytesOf(f, "01000000 00000000 03000000 00000000 0000100000000000 0000000001000000"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, _ := parseDevice(raw)
		for _, text := range []string{d.Vendor, d.Model, d.Serial} {
			if len(text) > maxText || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%q", text)
			}
		}
		if numbers, _ := parseExtents(raw); len(numbers) > maxDisks {
			t.Errorf("%d disks", len(numbers))
		}
		_, _ = parseNumber(raw)
		_, _ = parseReadOnly(raw)
	})
}
