package installer

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// private lets the system and administrators do everything and others nothing,
// whatever the folder above says.
const private = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

// PrivateFolder makes a folder of the service's, which others may not read.
func PrivateFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make the service's folder: %w", err)
	}
	descriptor, err := windows.SecurityDescriptorFromString(private)
	if err != nil {
		return fmt.Errorf("keep others out of the service's folder: %w", err)
	}
	list, _, err := descriptor.DACL()
	if err == nil {
		err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	}
	if err != nil {
		return fmt.Errorf("keep others out of the service's folder: %w", err)
	}
	return nil
}
