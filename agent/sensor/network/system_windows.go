package network

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ipHelper learns links from IP Helper, Wi-Fi from wlanapi, and what Windows
// makes of them from the Network List Manager. Whether a captive portal stands in
// the way it does not know.
type ipHelper struct {
	wlan wlan
	log  *slog.Logger
	told atomic.Bool // that Windows cannot be asked
}

func newSystem(log *slog.Logger) system { return &ipHelper{wlan: newWLAN(), log: log} }

func (s *ipHelper) look(ctx context.Context) (Facts, Source, error) {
	devices, err := interfaces(ctx)
	if err != nil {
		return Facts{}, WindowsAPI, err
	}
	adapters, err := adapters()
	if err != nil {
		return Facts{}, WindowsAPI, err
	}
	known, err := askWindows()
	if err != nil && !s.told.Swap(true) {
		s.log.Warn("networks have no category", "error", err)
	}
	f := Facts{Links: []Link{}, Connectivity: known.connectivity}
	for _, d := range devices {
		for _, a := range adapters {
			if windows.UTF16PtrToString(a.FriendlyName) == d.Name {
				s.complete(&d.Link, a)
				d.Category = known.categories[strings.ToUpper(windows.BytePtrToString(a.AdapterName))]
			}
		}
		f.Links = append(f.Links, d.Link)
	}
	return f, WindowsAPI, nil
}

const includeGateways = 0x80 // GAA_FLAG_INCLUDE_GATEWAYS

func adapters() ([]*windows.IpAdapterAddresses, error) {
	size := uint32(32 << 10)
	for range 4 {
		buffer := make([]uint64, (size+7)/8) // aligned
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(&buffer[0]))
		switch err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, includeGateways, 0, first, &size); err {
		case windows.ERROR_BUFFER_OVERFLOW:
			continue
		case nil:
		default:
			return nil, fmt.Errorf("list network adapters: %w", err)
		}
		var list []*windows.IpAdapterAddresses
		for a := first; a != nil; a = a.Next {
			list = append(list, a)
		}
		return list, nil
	}
	return nil, fmt.Errorf("list network adapters: %w", windows.ERROR_BUFFER_OVERFLOW)
}

// Interface types of the IANA that x/sys does not name, and those that VPN
// drivers (Wintun, TAP) give themselves.
const (
	ifPropVirtual = 53
	ifWWANPP      = 243
	ifWWANPP2     = 244
)

func (s *ipHelper) complete(l *Link, a *windows.IpAdapterAddresses) {
	l.Connection = shown([]byte(windows.UTF16PtrToString(a.Description)))
	switch a.IfType {
	case windows.IF_TYPE_IEEE80211:
		l.Kind = Wifi
		l.SSID, l.Security = s.wlan.network(windows.BytePtrToString(a.AdapterName))
	case windows.IF_TYPE_PPP, windows.IF_TYPE_TUNNEL, ifPropVirtual:
		l.Kind = Tunnel
	case ifWWANPP, ifWWANPP2:
		l.Kind = Cellular
	}
	for g := a.FirstGatewayAddress; g != nil; g = g.Next {
		if ip, ok := netip.AddrFromSlice(g.Address.IP()); ok {
			l.Default = true
			l.Gateways = append(l.Gateways, ip.Unmap())
		}
	}
	slices.SortFunc(l.Gateways, netip.Addr.Compare)
}

func (s *ipHelper) watch(ctx context.Context, changed func()) error {
	callback := windows.NewCallback(func(_, _, _ uintptr) uintptr {
		changed()
		return 0
	})
	for _, subscribe := range []func(uint16, uintptr, unsafe.Pointer, bool, *windows.Handle) error{
		windows.NotifyIpInterfaceChange, windows.NotifyUnicastIpAddressChange, windows.NotifyRouteChange2,
	} {
		var h windows.Handle
		if err := subscribe(windows.AF_UNSPEC, callback, nil, false, &h); err != nil {
			return fmt.Errorf("listen for network changes: %w", err)
		}
		defer windows.CancelMibChangeNotify2(h)
	}
	changed() // whatever happened before we listened
	<-ctx.Done()
	return nil
}

const unicastInterface = 31 // IP_UNICAST_IF and IPV6_UNICAST_IF

func (s *ipHelper) dialer(l Link) *net.Dialer {
	return &net.Dialer{Control: func(kind, _ string, c syscall.RawConn) error {
		i, err := net.InterfaceByName(l.Name)
		if err != nil {
			return err
		}
		var bind error
		err = c.Control(func(fd uintptr) {
			if kind == "tcp6" {
				bind = windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_IPV6, unicastInterface, i.Index)
				return
			}
			// IPv4 wants the index in network byte order.
			index := binary.NativeEndian.Uint32(binary.BigEndian.AppendUint32(nil, uint32(i.Index)))
			bind = windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_IP, unicastInterface, int(index))
		})
		if err != nil {
			return err
		}
		return bind
	}}
}
