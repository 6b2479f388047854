package isolate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ruleset is what the packet filter shall do: a plan with its names resolved.
type ruleset struct {
	mode     Mode
	internal []netip.Prefix // sorted, none within another
	allow    []exemption
	portal   bool
	crash    Crash
}

type exemption struct {
	prefix netip.Prefix
	port   uint16 // 0: any
}

// build resolves a plan with what is known of names. An exemption by name
// never opens what is internal: on a strange network the name server is a
// stranger's, too.
func (p plan) build(known func(name string) []netip.Addr) ruleset {
	r := ruleset{mode: p.mode, portal: p.portal, crash: p.crash}
	for _, t := range p.internal {
		if t.name == "" {
			r.internal = append(r.internal, t.prefix)
		}
		for _, a := range known(t.name) {
			r.internal = append(r.internal, single(a))
		}
	}
	for _, prefix := range r.internal {
		r.internal = append(r.internal, translated(prefix)...)
	}
	r.internal = sum(r.internal)
	for _, t := range p.allow {
		if t.name == "" {
			r.allow = append(r.allow, exemption{t.prefix, t.port})
		}
		for _, a := range known(t.name) {
			if !r.isInternal(a) {
				r.allow = append(r.allow, exemption{single(a), t.port})
			}
		}
	}
	for _, a := range p.local {
		for _, port := range localPorts(p.portal) {
			r.allow = append(r.allow, exemption{single(a.Unmap().WithZone("")), port})
		}
	}
	slices.SortFunc(r.allow, func(a, b exemption) int {
		if c := compare(a.prefix, b.prefix); c != 0 {
			return c
		}
		return int(a.port) - int(b.port)
	})
	r.allow = slices.Compact(r.allow)
	return r
}

// localPorts are open to the gateways of the present network.
func localPorts(portal bool) []uint16 {
	if portal {
		return []uint16{53, 80, 443}
	}
	return []uint16{53}
}

func single(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// translated answers where NAT64 networks show an IPv4 network (RFC 6052,
// section 2.1): on a network with IPv6 only, that is another way to it.
func translated(p netip.Prefix) []netip.Prefix {
	if !p.Addr().Is4() {
		return nil
	}
	well := netip.MustParseAddr("64:ff9b::").As16()
	v4 := p.Addr().As4()
	copy(well[12:], v4[:])
	return []netip.Prefix{netip.PrefixFrom(netip.AddrFrom16(well), 96+p.Bits())}
}

// sum sorts networks and leaves out those within others.
func sum(list []netip.Prefix) []netip.Prefix {
	slices.SortFunc(list, compare)
	var out []netip.Prefix
	for _, p := range list {
		if n := len(out); n == 0 || !out[n-1].Overlaps(p) {
			out = append(out, p)
		}
	}
	return out
}

// compare puts a network before those within it.
func compare(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return a.Bits() - b.Bits()
}

func (r ruleset) isInternal(a netip.Addr) bool {
	return slices.ContainsFunc(r.internal, func(p netip.Prefix) bool { return p.Contains(a) })
}

// stops answers whether a connection to this address is refused.
func (r ruleset) stops(to netip.AddrPort) bool {
	a := to.Addr().Unmap().WithZone("")
	if a.IsLoopback() || a.IsUnspecified() {
		return false
	}
	for _, e := range r.allow {
		if e.prefix.Contains(a) && (e.port == 0 || e.port == to.Port()) {
			return false
		}
	}
	if r.mode == Internal || r.isInternal(a) {
		return r.isInternal(a)
	}
	return !(to.Port() == 53 || to.Port() == 853 || r.portal && (to.Port() == 80 || to.Port() == 443))
}

// layout changes whenever the same ruleset becomes other rules.
const layout = 2

// fingerprint tells rulesets apart.
func (r ruleset) fingerprint() string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %s %v %v %t", layout, r.mode, r.internal, r.allow, r.portal))
	return hex.EncodeToString(h[:12])
}

// comment marks the ruleset in the kernel, for us and for who lists it.
func (r ruleset) comment() string {
	return fmt.Sprintf("trustline %s %s %s", r.mode, r.crash, r.fingerprint())
}

// marked reads a comment. One of an earlier version says nothing of a crash,
// after which its rules were kept.
func marked(comment string) (Mode, Crash) {
	words := strings.Fields(comment)
	switch {
	case len(words) < 3 || words[0] != "trustline":
		return "", Keep
	case len(words) > 3 && Crash(words[2]) == Clear:
		return Mode(words[1]), Clear
	}
	return Mode(words[1]), Keep
}
