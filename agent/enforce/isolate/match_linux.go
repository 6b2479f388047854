package isolate

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// side is the end of a packet's way that is looked at.
type side int

const (
	source side = iota
	destination
)

// Where addresses and ports lie in a packet: RFC 791, RFC 8200, RFC 9293.
const (
	ip4Address = 12 // source; the destination follows
	ip6Address = 8
	tcpFlags   = 13
)

func verdict(kind expr.VerdictKind) []expr.Any { return []expr.Any{&expr.Verdict{Kind: kind}} }

func jump(chain string) []expr.Any {
	return []expr.Any{&expr.Verdict{Kind: expr.VerdictJump, Chain: chain}}
}

func equal(data []byte) expr.Any { return &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: data} }

func interfaceIs(key expr.MetaKey, name string) []expr.Any {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return []expr.Any{&expr.Meta{Key: key, Register: 1}, equal(padded)}
}

func protocolIs(p byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, equal([]byte{p})}
}

func protocolIsNot(p byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, &expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: []byte{p}}}
}

// address loads an address of one family; packets of the other do not match.
func address(s side, four bool) []expr.Any {
	family, offset, length := byte(unix.NFPROTO_IPV6), uint32(ip6Address), uint32(16)
	if four {
		family, offset, length = unix.NFPROTO_IPV4, ip4Address, 4
	}
	if s == destination {
		offset += length
	}
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		equal([]byte{family}),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: length},
	}
}

func inSet(s side, set *nftables.Set) []expr.Any {
	return append(address(s, set.Name == "internal4"), &expr.Lookup{SourceRegister: 1, SetName: set.Name, SetID: set.ID})
}

func addressIn(s side, p netip.Prefix) []expr.Any {
	size := p.Addr().BitLen() / 8
	mask := make([]byte, size)
	for bit := range p.Bits() {
		mask[bit/8] |= 0x80 >> (bit % 8)
	}
	return append(address(s, p.Addr().Is4()),
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: uint32(size), Mask: mask, Xor: make([]byte, size)},
		equal(p.Masked().Addr().AsSlice()))
}

// portIs matches a port of TCP or UDP, whose ports lie at the same place; the
// protocol has to be looked at before.
func portIs(s side, port uint16) []expr.Any {
	offset := uint32(0)
	if s == destination {
		offset = 2
	}
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: 2},
		equal(binaryutil.BigEndian.PutUint16(port)),
	}
}

func icmpTypeIn(from, to byte) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1},
		&expr.Range{Op: expr.CmpOpEq, Register: 1, FromData: []byte{from}, ToData: []byte{to}},
	}
}

// opening matches a TCP packet that opens a connection: of SYN, ACK, FIN and
// RST only SYN is set.
func opening() []expr.Any {
	const fin, syn, rst, ack = 0x01, 0x02, 0x04, 0x10
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: tcpFlags, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{fin | syn | rst | ack}, Xor: []byte{0}},
		equal([]byte{syn}),
	}
}
