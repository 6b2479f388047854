package isolate

import "slices"

// What a ruleset is to the Windows Filtering Platform: a list of filters. Those of
// a layer are asked by weight; the first whose conditions hold decides, and
// where none does the connection is none of our business. Conditions on one
// field are alternatives, fields have to hold together.

// layer is where a filter stands: at connections that begin here, or there. The
// platform asks again about those that exist when filters change.
type layer int

const (
	connect4 layer = iota
	connect6
	accept4
	accept6
)

// field is what a condition looks at.
type field int

const (
	remoteAddress field = iota // netip.Prefix
	remotePort                 // uint16
	localPort                  // uint16; of ICMP the type
	protocol                   // uint8
	loopback                   // nil: it stays on this machine
)

type match struct {
	field field
	value any
}

type filter struct {
	layer      layer
	permit     bool
	weight     uint64
	conditions []match
}

// Weights. What is more is asked first.
const (
	weighsRest     = 1 + iota // everything else, in the mode all-but
	weighsWay                 // the way to a trusted network
	weighsInternal            // internal systems
	weighsAllowed             // exemptions, the machine itself, its address
)

// Numbers of protocols (IANA), and how many alternatives one filter holds.
const (
	tcp           = 6
	udp           = 17
	icmp6         = 58
	maxConditions = 100
)

// filters answers what puts the ruleset in force.
func (r ruleset) filters() []filter {
	var list []filter
	for _, four := range []bool{true, false} {
		out, in := connect6, accept6
		if four {
			out, in = connect4, accept4
		}
		for _, l := range []layer{out, in} {
			list = append(list, permit(l, weighsAllowed, match{loopback, nil}))
			list = append(list, r.internalAt(l, four)...)
		}
		list = append(list, r.exempt(out, in, four)...)
		if four {
			// A lease is renewed at the server's own address, which may look like one
			// of the company's.
			for _, l := range []layer{out, in} {
				list = append(list, permit(l, weighsAllowed, match{protocol, uint8(udp)}, match{localPort, uint16(68)}, match{remotePort, uint16(67)}))
			}
		}
		if r.mode == AllBut {
			list = append(list, r.rest(out, four)...)
		}
	}
	return list
}

func permit(l layer, weight uint64, conditions ...match) filter {
	return filter{l, true, weight, conditions}
}

// internalAt keeps internal systems out, a number of networks to a filter.
func (r ruleset) internalAt(l layer, four bool) (list []filter) {
	var of []match
	for _, p := range r.internal {
		if p.Addr().Is4() == four {
			of = append(of, match{remoteAddress, p})
		}
	}
	for some := range slices.Chunk(of, maxConditions) {
		list = append(list, filter{l, false, weighsInternal, some})
	}
	return list
}

// exempt lets through what stays reachable. Whoever calls from there uses a port
// that says nothing, so that of those only whole addresses are let in.
func (r ruleset) exempt(out, in layer, four bool) (list []filter) {
	for _, e := range r.allow {
		where := match{remoteAddress, e.prefix}
		switch {
		case e.prefix.Addr().Is4() != four:
		case e.port == 0:
			list = append(list, permit(out, weighsAllowed, where), permit(in, weighsAllowed, where))
		default:
			list = append(list, permit(out, weighsAllowed, where, match{protocol, uint8(tcp)}, match{protocol, uint8(udp)}, match{remotePort, e.port}))
		}
	}
	return list
}

// rest closes everything but the way to a trusted network.
func (r ruleset) rest(out layer, four bool) []filter {
	list := []filter{permit(out, weighsWay, match{protocol, uint8(tcp)}, match{protocol, uint8(udp)}, match{remotePort, uint16(53)}, match{remotePort, uint16(853)})}
	if !four {
		list = append(list, permit(out, weighsWay, match{protocol, uint8(udp)}, match{localPort, uint16(546)}, match{remotePort, uint16(547)}))
		// Router and neighbour discovery, and multicast listener reports: without
		// them there is no IPv6 at all.
		discovery := []match{{protocol, uint8(icmp6)}}
		for _, kind := range []uint16{133, 134, 135, 136, 143} {
			discovery = append(discovery, match{localPort, kind})
		}
		list = append(list, permit(out, weighsWay, discovery...))
	}
	if r.portal {
		list = append(list, permit(out, weighsWay, match{protocol, uint8(tcp)}, match{remotePort, uint16(80)}, match{remotePort, uint16(443)}))
	}
	return append(list, filter{out, false, weighsRest, nil})
}
