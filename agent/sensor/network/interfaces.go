package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// maxLinks bounds how many links are looked at: a machine full of containers
// has hundreds.
const maxLinks = 64

// device is an interface as the system lists it, up or not.
type device struct {
	index int
	Link
}

// interfaces lists the interfaces that are up, run, and have an address that
// is good for more than the interface itself.
func interfaces(ctx context.Context) ([]device, error) {
	list, err := psnet.InterfacesWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	connected, err := running()
	if err != nil {
		return nil, err
	}
	var devices []device
	for _, i := range list {
		if slices.Contains(i.Flags, "loopback") || !slices.Contains(i.Flags, "up") || !connected[i.Index] {
			continue
		}
		d := device{index: i.Index, Link: Link{Name: i.Name, Kind: Ethernet}}
		for _, a := range i.Addrs {
			if p, err := netip.ParsePrefix(a.Addr); err == nil && p.Addr().IsGlobalUnicast() {
				d.Addresses = append(d.Addresses, p)
			}
		}
		if len(d.Addresses) > 0 && len(devices) < maxLinks {
			slices.SortFunc(d.Addresses, func(a, b netip.Prefix) int { return strings.Compare(a.String(), b.String()) })
			devices = append(devices, d)
		}
	}
	slices.SortFunc(devices, func(a, b device) int { return strings.Compare(a.Name, b.Name) })
	return devices, nil
}

// running tells by index which interfaces are connected to something, which
// gopsutil leaves out.
func running() (map[int]bool, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	m := map[int]bool{}
	for _, i := range list {
		m[i.Index] = i.Flags&net.FlagRunning != 0
	}
	return m, nil
}

// maxShown bounds a name that comes from a stranger, in bytes; SSIDs have 32.
const maxShown = 64

// shown makes a name that comes from a stranger, such as an SSID, safe to show:
// valid text, nothing that
// moves a cursor or hides.
func shown(raw []byte) string {
	if len(raw) > maxShown {
		raw = raw[:maxShown]
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(string(raw), string(unicode.ReplacementChar)))
}
