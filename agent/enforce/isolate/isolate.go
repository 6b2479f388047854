// Package isolate closes a company's internal systems off on a machine that is
// on a network where nobody should log in to them, and opens them again. It
// does so with a packet filter in a table of its own and never touches another
// one. It decides nothing: when to close is said to it.
//
// What is closed off is closed for good: new connections are refused at once,
// before the first byte, so that programs say so instead of hanging. Packets
// of connections that existed before are refused by the same rules, because no
// rule asks whether a connection is an old one; and as an idle connection
// would not notice, the kernel is told to end those as well.
package isolate

import (
	"net/netip"
	"time"
)

// Mode says how much is closed off.
type Mode string

// The modes.
const (
	// Internal makes the listed internal systems unreachable, nothing else.
	Internal Mode = "internal"
	// AllBut leaves only what it takes to come to a trusted network: the
	// exemptions (VPN endpoints, the console), DHCP, name resolution, and while
	// there is a captive portal, the web.
	AllBut Mode = "all-but"
)

// Plan says what to close off.
type Plan struct {
	Mode Mode `yaml:"mode"`
	// Internal lists the internal systems: addresses, networks (10.0.0.0/8) and
	// host names. Names are resolved while the network is trusted and what they
	// resolved to is remembered; where the same is true of an exemption by
	// name, the internal system wins.
	Internal []string `yaml:"internal"`
	// Allow lists what stays reachable: addresses, networks and host names,
	// each with a port or without (vpn.example.com:443, 203.0.113.7,
	// [2001:db8::7]:51820). The company's beacon belongs here when it is one of
	// the internal systems: nobody would notice the way home otherwise.
	Allow []string `yaml:"allow"`
	// Portal opens ports 80 and 443 in the mode all-but, to everything but
	// internal systems. Set it only while a captive portal stands in the way:
	// the portal itself lets nobody through.
	Portal bool `yaml:"-"`
	// Local are the gateways of the network the machine is on. A café may use
	// the same private addresses as the company: name resolution, and with
	// Portal the web, stay open to these all the same, or the machine would
	// never find its VPN.
	Local []netip.Addr `yaml:"-"`
	// AfterCrash is Keep where it says nothing.
	AfterCrash Crash `yaml:"-"`
}

// Crash says what becomes of isolation when the service is killed: the rules
// themselves carry it, for whoever finds them.
type Crash string

// What becomes of it.
const (
	Keep  Crash = "keep"  // it stays until the next start decides anew
	Clear Crash = "clear" // the next start lifts it, and so does a repair
)

// Config is what an isolator needs to know.
type Config struct {
	// State is a file that remembers what names resolved to, for a start on an
	// untrusted network; "" remembers only as long as the service runs.
	State string
	// Stopped is told what was stopped, from one goroutine; repetitions within
	// a few seconds come as one. It may be nil.
	Stopped func(Attempt)
	// Restored is told that somebody else had removed our rules and that they
	// are back. It may be nil.
	Restored func()
}

// Attempt is somebody having tried to reach what is closed off.
type Attempt struct {
	Time     time.Time // UTC, of the last one
	Address  netip.Addr
	Port     uint16 // 0 where the protocol has none
	Protocol string // "tcp", "udp", "icmp", or a number
	UID      int    // whose program it was; -1 when unknown, as for containers
	Count    int    // at least 1
	// Name is the internal system's name, where the plan gave one for the
	// address.
	Name string
}

// Status is what is closed off now, as the system reports it.
type Status struct {
	Isolated bool `json:"isolated"`
	Mode     Mode `json:"mode,omitempty"`
	// AfterCrash is what becomes of it when there is no service.
	AfterCrash Crash  `json:"afterCrash,omitempty"`
	Packets    uint64 `json:"packets"` // stopped since isolation began; not counted on Windows
	Bytes      uint64 `json:"bytes"`
}
