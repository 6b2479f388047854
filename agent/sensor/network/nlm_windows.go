package network

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"github.com/go-ole/go-ole"
	"golang.org/x/sys/windows"
)

// Names of the Network List Manager and the places of its methods, after
// netlistmgr.h. The first seven of every interface are those of IDispatch.
var (
	managerClass = ole.NewGUID("{DCB00C01-570F-4A9B-8D69-199FDBA5723B}")
	managerID    = ole.NewGUID("{DCB00000-570F-4A9B-8D69-199FDBA5723B}")
)

const (
	managerConnections  = 9  // INetworkListManager::GetNetworkConnections
	managerConnectivity = 13 // INetworkListManager::GetConnectivity
	enumNext            = 8  // IEnumNetworkConnections::Next
	connectionNetwork   = 7  // INetworkConnection::GetNetwork
	connectionAdapter   = 12 // INetworkConnection::GetAdapterId
	networkCategory     = 18 // INetwork::GetCategory
)

// listed is what Windows itself thinks of the networks it is on.
type listed struct {
	connectivity Connectivity
	categories   map[string]Category // by the adapter's GUID in braces, in capitals
}

// askWindows asks the Network List Manager.
func askWindows() (listed, error) {
	l := listed{categories: map[string]Category{}}
	runtime.LockOSThread() // COM is a thread's
	defer runtime.UnlockOSThread()
	if err := ole.CoInitializeEx(0, ole.COINIT_MULTITHREADED); err != nil {
		if code, ok := err.(*ole.OleError); !ok || code.Code() != 1 { // S_FALSE: the thread has it already
			return l, fmt.Errorf("ask Windows about its networks: %w", err)
		}
	}
	defer ole.CoUninitialize()
	manager, err := ole.CreateInstance(managerClass, managerID)
	if err != nil {
		return l, fmt.Errorf("ask Windows about its networks: %w", err)
	}
	defer manager.Release()
	var flags uint32
	if call(manager, managerConnectivity, uintptr(unsafe.Pointer(&flags))) {
		l.connectivity = connectivityOf(flags)
	}
	var all *ole.IUnknown
	if !call(manager, managerConnections, uintptr(unsafe.Pointer(&all))) || all == nil {
		return l, nil
	}
	defer all.Release()
	for range maxLinks {
		var one *ole.IUnknown
		var fetched uint32
		if !call(all, enumNext, 1, uintptr(unsafe.Pointer(&one)), uintptr(unsafe.Pointer(&fetched))) || one == nil {
			break
		}
		l.note(one)
		one.Release()
	}
	return l, nil
}

// note takes one connection into account.
func (l listed) note(connection *ole.IUnknown) {
	var adapter windows.GUID
	var network *ole.IUnknown
	if !call(connection, connectionAdapter, uintptr(unsafe.Pointer(&adapter))) || !call(connection, connectionNetwork, uintptr(unsafe.Pointer(&network))) || network == nil {
		return
	}
	defer network.Release()
	var category uint32
	if call(network, networkCategory, uintptr(unsafe.Pointer(&category))) {
		l.categories[strings.ToUpper(adapter.String())] = categoryOf(category)
	}
}

// call calls a method by its place; false when it fails or has nothing more.
func call(of *ole.IUnknown, method uintptr, args ...uintptr) bool {
	table := *(**[32]uintptr)(unsafe.Pointer(of))
	r, _, _ := syscall.SyscallN(table[method], append([]uintptr{uintptr(unsafe.Pointer(of))}, args...)...)
	return r == 0
}

// categoryOf reads NLM_NETWORK_CATEGORY.
func categoryOf(n uint32) Category {
	switch n {
	case 0:
		return CategoryPublic
	case 1:
		return CategoryPrivate
	case 2:
		return CategoryDomain
	}
	return ""
}

// connectivityOf reads NLM_CONNECTIVITY.
func connectivityOf(flags uint32) Connectivity {
	const internet, network = 0x40 | 0x400, 0x10 | 0x20 | 0x100 | 0x200
	switch {
	case flags&internet != 0:
		return Full
	case flags&network != 0:
		return Limited
	}
	return NoConnectivity
}
