package network

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// linux learns links and routes from the kernel and everything about Wi-Fi,
// connections and captive portals from NetworkManager, where that runs.
type linux struct {
	manager *manager
}

func newSystem(log *slog.Logger) system { return &linux{manager: &manager{log: log}} }

func (s *linux) look(ctx context.Context) (Facts, Source, error) {
	devices, err := interfaces(ctx)
	if err != nil {
		return Facts{}, Netlink, err
	}
	if err := describe(ctx, devices); err != nil {
		return Facts{}, Netlink, err
	}
	f := Facts{Links: []Link{}}
	known, err := s.manager.look(ctx)
	source := NetworkManager
	if err != nil {
		source = Netlink
	}
	f.Connectivity, f.Metered = known.connectivity, known.metered
	for _, d := range devices {
		f.Links = append(f.Links, known.complete(d.Link))
	}
	return f, source, nil
}

// tunnels are the kernel's names for the drivers of tunnels.
var tunnels = []string{
	"tun", "wireguard", "ppp", "ipip", "sit", "gre", "gretap", "ip6tnl", "ip6gre", "ip6gretap", "vti", "vti6", "xfrm", "ipvtap", "ovpn", "openvpn",
}

// wires are drivers that stand for a wire, beside real ones, which have none.
var wires = []string{"", "bond", "team", "vlan", "macvlan", "ipvlan"}

// describe adds to devices what the kernel knows: their kind, and which way
// out leads over them.
func describe(ctx context.Context, devices []device) error {
	c, err := rtnetlink.Dial(nil)
	if err != nil {
		return fmt.Errorf("ask the kernel for links: %w", err)
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetReadDeadline(deadline); err != nil {
			return fmt.Errorf("ask the kernel for links: %w", err)
		}
	}
	links, err := c.Link.List()
	if err != nil {
		return fmt.Errorf("ask the kernel for links: %w", err)
	}
	routes, err := c.Route.List()
	if err != nil {
		return fmt.Errorf("ask the kernel for routes: %w", err)
	}
	for i := range devices {
		d := &devices[i]
		for _, l := range links {
			if int(l.Index) == d.index {
				d.Kind = kindOf(l)
			}
		}
		for _, r := range routes {
			d.leadsOut(r)
		}
		slices.SortFunc(d.Gateways, netip.Addr.Compare)
		d.Gateways = slices.Compact(d.Gateways)
	}
	return nil
}

func kindOf(l rtnetlink.LinkMessage) Kind {
	driver, name := "", ""
	if l.Attributes != nil {
		name = l.Attributes.Name
		if l.Attributes.Info != nil {
			driver = l.Attributes.Info.Kind
		}
	}
	switch {
	case slices.Contains(tunnels, driver), l.Type == unix.ARPHRD_PPP, l.Type == unix.ARPHRD_NONE:
		return Tunnel
	case l.Type == unix.ARPHRD_RAWIP:
		return Cellular
	case wireless(name):
		return Wifi
	case slices.Contains(wires, driver):
		return Ethernet
	}
	return Virtual
}

func wireless(name string) bool {
	_, err := os.Stat("/sys/class/net/" + name + "/phy80211")
	return name != "" && err == nil
}

// leadsOut takes a route into account. Halves of the internet count as well:
// that is how some VPNs lay themselves over the way out.
func (d *device) leadsOut(r rtnetlink.RouteMessage) {
	if r.DstLength > 1 || r.Type != unix.RTN_UNICAST {
		return
	}
	hops := []rtnetlink.NextHop{{Hop: rtnetlink.RTNextHop{IfIndex: r.Attributes.OutIface}, Gateway: r.Attributes.Gateway}}
	if len(r.Attributes.Multipath) > 0 {
		hops = r.Attributes.Multipath
	}
	for _, h := range hops {
		if int(h.Hop.IfIndex) != d.index {
			continue
		}
		d.Default = true
		if g, ok := netip.AddrFromSlice(h.Gateway); ok {
			d.Gateways = append(d.Gateways, g.Unmap())
		}
	}
}

// watch listens to the kernel for links, addresses and routes, and to
// NetworkManager for the rest.
func (s *linux) watch(ctx context.Context, changed func()) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return watchKernel(ctx, changed) })
	group.Go(func() error { return s.manager.watch(ctx, changed) })
	return group.Wait()
}

func watchKernel(ctx context.Context, changed func()) error {
	c, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{
		Groups: unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV6_ROUTE,
	})
	if err != nil {
		return fmt.Errorf("listen to the kernel for network changes: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer func() {
		if stop() {
			c.Close()
		}
	}()
	changed() // whatever happened before we listened
	for {
		// More events than the kernel keeps for us are an event, too.
		if _, err := c.Receive(); err != nil && !errors.Is(err, unix.ENOBUFS) {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("listen to the kernel for network changes: %w", err)
		}
		changed()
	}
}

// dialer binds to the interface, whatever the routes prefer.
func (s *linux) dialer(l Link) *net.Dialer {
	return &net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var bind error
		err := c.Control(func(fd uintptr) { bind = unix.BindToDevice(int(fd), l.Name) })
		return errors.Join(err, bind)
	}}
}
