package keyfile

import (
	"bytes"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// header begins a sealed file; DPAPI's blob follows.
const header = "trustline sealed 1\n"

// onlyService lets the system, administrators and whoever owns the file at it,
// whatever its folder lets others do: within this machine DPAPI opens it for
// everybody who can read it.
const onlyService = "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;S-1-3-4)"

// flags: the service runs as LocalSystem, an administrator enrols the machine;
// both have to open what the other sealed. Nobody may be asked anything.
const flags = windows.CRYPTPROTECT_LOCAL_MACHINE | windows.CRYPTPROTECT_UI_FORBIDDEN

// purpose is mixed in, so that one key's file cannot be put in place of another's.
func purpose(name string) *windows.DataBlob { return blob([]byte("trustline " + name)) }

func blob(data []byte) *windows.DataBlob {
	return &windows.DataBlob{Size: uint32(len(data)), Data: unsafe.SliceData(data)}
}

// taken copies what the system answered, and wipes and frees its memory.
func taken(b windows.DataBlob) ([]byte, error) {
	memory := unsafe.Slice(b.Data, b.Size)
	data := bytes.Clone(memory)
	clear(memory)
	_, err := windows.LocalFree(windows.Handle(unsafe.Pointer(b.Data)))
	return data, err
}

func seal(name string, key []byte) ([]byte, error) {
	var out windows.DataBlob
	if err := windows.CryptProtectData(blob(key), nil, purpose(name), 0, nil, flags, &out); err != nil {
		return nil, fmt.Errorf("have Windows seal a key: %w", err)
	}
	data, err := taken(out)
	return append([]byte(header), data...), err
}

func open(name string, raw []byte) (key []byte, sealed bool, err error) {
	data, sealed := bytes.CutPrefix(raw, []byte(header))
	if !sealed {
		return raw, false, nil
	}
	if len(data) == 0 {
		return nil, true, ErrSealed
	}
	var out windows.DataBlob
	if err := windows.CryptUnprotectData(blob(data), nil, purpose(name), 0, nil, flags, &out); err != nil {
		return nil, true, fmt.Errorf("%w (%w)", ErrSealed, err)
	}
	key, err = taken(out)
	return key, true, err
}

func forServiceOnly(path string) error {
	descriptor, err := windows.SecurityDescriptorFromString(onlyService)
	if err != nil {
		return fmt.Errorf("say who may read a key: %w", err)
	}
	list, _, err := descriptor.DACL()
	if err != nil {
		return fmt.Errorf("say who may read a key: %w", err)
	}
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	if err != nil {
		return fmt.Errorf("let nobody else read a key: %w", err)
	}
	return nil
}
