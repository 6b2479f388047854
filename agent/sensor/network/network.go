// Package network says which network a workstation is on and how far it is
// trusted: the company's own, a way into it, a private one, a public one, or
// none. It learns from change events, asks for the company's beacon at every
// change, and reports what it concluded together with why. It never changes
// the network and never decides what follows: closing internal systems off is
// the work of package isolate.
package network

import (
	"net/netip"
	"slices"
	"time"

	"github.com/trustline/trustline/beacon"
)

// Trust is how far a network is trusted.
type Trust string

// The degrees of trust, highest first.
const (
	Corporate Trust = "corporate" // the company's own network: its beacon answers
	VPN       Trust = "vpn"       // a tunnel into it
	Home      Trust = "home"      // private and secured, but not the company's
	Public    Trust = "public"    // strangers are on it, or nothing is known of it
	// Offline: no network at all. Whoever closes internal systems off on some
	// networks does well to keep them closed while offline, because nobody
	// knows yet which network comes next.
	Offline Trust = "offline"
)

// Kind is what sort of link carries the network.
type Kind string

// The kinds of links.
const (
	Ethernet Kind = "ethernet"
	Wifi     Kind = "wifi"
	Cellular Kind = "cellular"
	Tunnel   Kind = "tunnel"
	// Virtual links (bridges of containers and machines) count only when the
	// way out leads over them.
	Virtual Kind = "virtual"
)

// Security is how a Wi-Fi network is secured.
type Security string

// The ways of securing a Wi-Fi network.
const (
	SecurityUnknown Security = ""
	Open            Security = "open"
	OWE             Security = "owe" // encrypted, but anybody may join
	WEP             Security = "wep" // broken
	WPAPersonal     Security = "wpa-personal"
	WPAEnterprise   Security = "wpa-enterprise"
)

// Category is what Windows, or the person at it, calls a network. It proves
// nothing, hence it never makes one more trusted.
type Category string

// The categories.
const (
	CategoryPublic  Category = "public" // as well every one that nobody was asked about
	CategoryPrivate Category = "private"
	CategoryDomain  Category = "domain" // a domain controller answers
)

// Connectivity is what the system found out about the way to the internet.
type Connectivity string

// The degrees of connectivity.
const (
	ConnectivityUnknown Connectivity = ""
	NoConnectivity      Connectivity = "none"
	Portal              Connectivity = "portal" // a captive portal stands in the way
	Limited             Connectivity = "limited"
	Full                Connectivity = "full"
)

// Source is where the facts come from, the best that there is.
type Source string

// The sources.
const (
	NetworkManager Source = "networkmanager"
	Netlink        Source = "netlink"        // no NetworkManager: links and routes only, nothing about Wi-Fi
	WindowsAPI     Source = "windows"        // IP Helper, wlanapi and the Network List Manager
	RouteSocket    Source = "routing-socket" // links and routes only, nothing about Wi-Fi
)

// Link is an interface that carries traffic: it is up and has an address that
// is good for more than itself.
type Link struct {
	Name       string         `json:"name"`
	Kind       Kind           `json:"kind"`
	Addresses  []netip.Prefix `json:"addresses"`
	Gateways   []netip.Addr   `json:"gateways,omitempty"`
	Default    bool           `json:"default"`              // a way out leads over it
	Connection string         `json:"connection,omitempty"` // what the system calls the connection
	SSID       string         `json:"ssid,omitempty"`       // made safe to show
	Security   Security       `json:"security,omitempty"`   // of Wi-Fi
	Category   Category       `json:"category,omitempty"`   // on Windows
	// Beacon is what came of asking for the beacon over this link, "" when
	// nobody asked.
	Beacon beacon.Outcome `json:"beacon,omitempty"`
}

// Facts are what is known about the network, before anything is concluded.
type Facts struct {
	Links        []Link       `json:"links"` // by name
	Connectivity Connectivity `json:"connectivity,omitempty"`
	Metered      bool         `json:"metered"`
}

// Primary answers the link that leads out, preferring what is no tunnel; ok
// is false when there is no link at all.
func (f Facts) Primary() (l Link, ok bool) {
	best := -1
	for _, link := range f.Links {
		rank := 0
		if link.Default {
			rank += 2
		}
		if link.Kind != Tunnel {
			rank++
		}
		if rank > best {
			best, l = rank, link
		}
	}
	return l, best >= 0
}

// Gateways answers the gateways of all links.
func (f Facts) Gateways() []netip.Addr {
	var list []netip.Addr
	for _, l := range f.Links {
		list = append(list, l.Gateways...)
	}
	return list
}

// State is what the sensor concluded, and from what.
type State struct {
	Verdict
	Facts
	// Settled is false while the beacon of a new network has not answered yet:
	// until then the network counts as what it would be without.
	Settled bool      `json:"settled"`
	Source  Source    `json:"source"`
	Since   time.Time `json:"since"` // UTC; when the trust became what it is
}

// same answers whether two lists of facts say the same.
func (f Facts) same(g Facts) bool {
	return f.Connectivity == g.Connectivity && f.Metered == g.Metered && slices.EqualFunc(f.Links, g.Links, func(a, b Link) bool {
		return a.sameNetwork(b) && slices.Equal(a.Addresses, b.Addresses) && a.Beacon == b.Beacon
	})
}

// sameNetwork answers whether these are still the same networks, whatever
// addresses the machine has on them by now.
func (f Facts) sameNetwork(g Facts) bool { return slices.EqualFunc(f.Links, g.Links, Link.sameNetwork) }

func (l Link) sameNetwork(m Link) bool {
	return l.Name == m.Name && l.Kind == m.Kind && l.Default == m.Default && l.SSID == m.SSID && l.Security == m.Security && l.Category == m.Category &&
		l.Connection == m.Connection && slices.Equal(l.Gateways, m.Gateways)
}
