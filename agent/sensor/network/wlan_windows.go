package network

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// wlan asks wlanapi, which a Windows without Wi-Fi lacks.
type wlan struct{ open, query, free, close *windows.LazyProc }

func newWLAN() wlan {
	dll := windows.NewLazySystemDLL("wlanapi.dll")
	return wlan{dll.NewProc("WlanOpenHandle"), dll.NewProc("WlanQueryInterface"), dll.NewProc("WlanFreeMemory"), dll.NewProc("WlanCloseHandle")}
}

// connection is WLAN_CONNECTION_ATTRIBUTES of wlanapi.h.
type connection struct {
	state, mode uint32
	profile     [256]uint16
	ssidLength  uint32
	ssid        [32]byte
	bssType     uint32
	bssid       [6]byte
	_           [2]byte
	physical    [5]uint32 // type, index, quality, rates
	secured     uint32
	oneX        uint32
	auth        uint32 // DOT11_AUTH_ALGORITHM
	cipher      uint32 // DOT11_CIPHER_ALGORITHM
}

const (
	clientVersion     = 2 // Windows Vista and later
	currentConnection = 7 // wlan_intf_opcode_current_connection
)

// network answers the name and security of the Wi-Fi an adapter is on; adapter
// is its GUID in braces.
func (w wlan) network(adapter string) (ssid string, s Security) {
	id, err := windows.GUIDFromString(adapter)
	if err != nil || w.open.Find() != nil || w.query.Find() != nil || w.free.Find() != nil || w.close.Find() != nil {
		return "", SecurityUnknown
	}
	var version uint32
	var handle windows.Handle
	if r, _, _ := w.open.Call(clientVersion, 0, uintptr(unsafe.Pointer(&version)), uintptr(unsafe.Pointer(&handle))); r != 0 {
		return "", SecurityUnknown
	}
	defer w.close.Call(uintptr(handle), 0)
	var size uint32
	var c *connection
	r, _, _ := w.query.Call(uintptr(handle), uintptr(unsafe.Pointer(&id)), currentConnection, 0,
		uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&c)), 0)
	if r != 0 || c == nil {
		return "", SecurityUnknown
	}
	defer w.free.Call(uintptr(unsafe.Pointer(c)))
	if uintptr(size) < unsafe.Sizeof(*c) {
		return "", SecurityUnknown
	}
	return shown(c.ssid[:min(c.ssidLength, 32)]), securityOf(c.auth, c.cipher)
}

// securityOf reads DOT11_AUTH_ALGORITHM and DOT11_CIPHER_ALGORITHM of
// windot11.h.
func securityOf(auth, cipher uint32) Security {
	const (
		open, shared            = 1, 2
		wpa, wpaPSK             = 3, 4
		rsna, rsnaPSK           = 6, 7
		wpa3192, sae, owe, wpa3 = 8, 9, 10, 11
	)
	const none = 0
	switch auth {
	case open:
		if cipher != none {
			return WEP
		}
		return Open
	case shared:
		return WEP
	case wpaPSK, rsnaPSK, sae:
		return WPAPersonal
	case wpa, rsna, wpa3192, wpa3:
		return WPAEnterprise
	case owe:
		return OWE
	}
	return SecurityUnknown
}
