package network

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/net/route"
	"golang.org/x/sys/unix"
)

// routing learns links and routes from the kernel. About Wi-Fi it knows
// nothing: every "en" interface may be one, and counts as one of unknown
// security. A beacon works as everywhere. Not verified on a real machine.
type routing struct{}

func newSystem(*slog.Logger) system { return routing{} }

func (routing) look(ctx context.Context) (Facts, Source, error) {
	devices, err := interfaces(ctx)
	if err != nil {
		return Facts{}, RouteSocket, err
	}
	table, err := route.FetchRIB(unix.AF_UNSPEC, route.RIBTypeRoute, 0)
	if err != nil {
		return Facts{}, RouteSocket, fmt.Errorf("ask the kernel for routes: %w", err)
	}
	messages, err := route.ParseRIB(route.RIBTypeRoute, table)
	if err != nil {
		return Facts{}, RouteSocket, fmt.Errorf("read the kernel's routes: %w", err)
	}
	f := Facts{Links: []Link{}}
	for _, d := range devices {
		d.Kind = kindOf(d.Name)
		for _, m := range messages {
			if r, ok := m.(*route.RouteMessage); ok && r.Index == d.index {
				d.leadsOut(r)
			}
		}
		slices.SortFunc(d.Gateways, netip.Addr.Compare)
		d.Gateways = slices.Compact(d.Gateways)
		f.Links = append(f.Links, d.Link)
	}
	return f, RouteSocket, nil
}

func kindOf(name string) Kind {
	for prefix, kind := range map[string]Kind{"en": Wifi, "utun": Tunnel, "ipsec": Tunnel, "ppp": Tunnel, "gif": Tunnel, "stf": Tunnel, "pdp_ip": Cellular} {
		if strings.HasPrefix(name, prefix) {
			return kind
		}
	}
	return Virtual
}

// leadsOut takes a default route into account: its destination is all zeros.
func (d *device) leadsOut(r *route.RouteMessage) {
	if len(r.Addrs) <= unix.RTAX_GATEWAY {
		return
	}
	switch destination := r.Addrs[unix.RTAX_DST].(type) {
	case *route.Inet4Addr:
		if destination.IP != [4]byte{} {
			return
		}
	case *route.Inet6Addr:
		if destination.IP != [16]byte{} {
			return
		}
	default:
		return
	}
	d.Default = true
	switch gateway := r.Addrs[unix.RTAX_GATEWAY].(type) {
	case *route.Inet4Addr:
		d.Gateways = append(d.Gateways, netip.AddrFrom4(gateway.IP))
	case *route.Inet6Addr:
		d.Gateways = append(d.Gateways, netip.AddrFrom16(gateway.IP))
	}
}

func (routing) watch(ctx context.Context, changed func()) error {
	fd, err := unix.Socket(unix.AF_ROUTE, unix.SOCK_RAW, unix.AF_UNSPEC)
	if err != nil {
		return fmt.Errorf("listen to the kernel for network changes: %w", err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return fmt.Errorf("listen to the kernel for network changes: %w", err)
	}
	socket := os.NewFile(uintptr(fd), "routing socket")
	defer socket.Close()
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	defer stop()
	changed() // whatever happened before we listened
	buffer := make([]byte, 64<<10)
	for {
		if _, err := socket.Read(buffer); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("listen to the kernel for network changes: %w", err)
		}
		changed()
	}
}

func (routing) dialer(l Link) *net.Dialer {
	return &net.Dialer{Control: func(kind, _ string, c syscall.RawConn) error {
		i, err := net.InterfaceByName(l.Name)
		if err != nil {
			return err
		}
		var bind error
		err = c.Control(func(fd uintptr) {
			if kind == "tcp6" {
				bind = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_BOUND_IF, i.Index)
				return
			}
			bind = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BOUND_IF, i.Index)
		})
		if err != nil {
			return err
		}
		return bind
	}}
}
