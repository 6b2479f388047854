package disk

import (
	"slices"
	"testing"

	"golang.org/x/sys/windows"
)

// Windows, or Wine, is asked what it knows. What it refuses stays an error, and
// the disk as it was.
func TestDisksAreAsked(t *testing.T) {
	system, err := System()
	if err != nil || len(system) == 0 {
		t.Fatalf("%v, %v", system, err)
	}
	numbers, err := Numbers("C:")
	if err != nil || !slices.Equal(numbers, system) {
		t.Errorf("C: lies on %v, Windows on %v (%v)", numbers, system, err)
	}
	if d, err := Describe("C:"); err != nil || d.Removable {
		t.Errorf("C: is %+v, %v", d, err)
	}
	if _, err := Numbers("Q:"); err == nil {
		t.Error("a drive that is not there lies on a disk")
	}
	if _, err := Open("Q:"); err == nil {
		t.Error("a drive that is not there was opened")
	}
	const none = 93
	if err := SetReadOnly(none, true); err == nil {
		t.Error("a disk that is not there was made read-only")
	}
	if is, err := ReadOnly(none); err == nil || is {
		t.Errorf("a disk that is not there is read-only: %t", is)
	}
	root, err := windows.UTF16PtrFromString(`E:\`)
	if err != nil || windows.GetDriveType(root) != windows.DRIVE_REMOVABLE {
		t.Skip("SKIPPED: there is no stick at E:")
	}
	stick(t)
}

// stick makes the stick at E: read-only and writable again.
func stick(t *testing.T) {
	numbers, err := Numbers("E:")
	if err != nil || len(numbers) != 1 {
		t.Fatalf("E: lies on %v, %v", numbers, err)
	}
	v, err := Open("E:")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Lock(); err != nil {
		t.Errorf("lock: %v", err)
	}
	err = SetReadOnly(numbers[0], true)
	is, asked := ReadOnly(numbers[0])
	t.Logf("set: %v; it is: %t, %v", err, is, asked)
	if is != (err == nil) || (asked == nil) != (err == nil) {
		t.Error("what was said and what is differ")
	}
	if err != nil {
		return // Wine
	}
	if err := v.Dismount(); err != nil {
		t.Errorf("dismount: %v", err)
	}
	if err := SetReadOnly(numbers[0], false); err != nil {
		t.Errorf("give back: %v", err)
	}
}
