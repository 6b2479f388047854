package isolate

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"
)

// logGroup is where the kernel tells us of attempts: "tl" in ASCII.
const logGroup = 0x746c

// snapLength is enough of a packet for its addresses and ports, in bytes.
const snapLength = 128

// batch is one transaction that puts a ruleset in place of our table.
type batch struct {
	ruleset
	stopped expr.Counter // to go on counting from
	list    []*nftables.Rule
	rules   int
}

func newBatch(r ruleset, stopped expr.Counter) *batch {
	b := &batch{ruleset: r, stopped: stopped}
	b.output()
	b.input()
	b.check()
	b.stop()
	b.rules = len(b.list)
	return b
}

func (b *batch) rule(chain string, parts ...[]expr.Any) *nftables.Rule {
	r := &nftables.Rule{Table: table(), Chain: &nftables.Chain{Name: chain, Table: table()}}
	for _, p := range parts {
		r.Exprs = append(r.Exprs, p...)
	}
	b.list = append(b.list, r)
	return r
}

// accept lets a port of TCP and UDP pass, or with port 0 everything that matches.
func (b *batch) accept(chain string, s side, match []expr.Any, port uint16) {
	if port == 0 {
		b.rule(chain, match, verdict(expr.VerdictAccept))
		return
	}
	for _, protocol := range []byte{unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
		b.rule(chain, match, protocolIs(protocol), portIs(s, port), verdict(expr.VerdictAccept))
	}
}

// output and forward: what leaves the machine, its own and its containers'.
func (b *batch) output() {
	b.rule(chainOutput, interfaceIs(expr.MetaKeyOIFNAME, "lo"), verdict(expr.VerdictAccept))
	b.rule(chainOutput, jump(chainCheck))
	b.rule(chainForward, jump(chainCheck))
}

// input: what internal systems still send on connections of before.
func (b *batch) input() {
	b.rule(chainInput, interfaceIs(expr.MetaKeyIIFNAME, "lo"), verdict(expr.VerdictAccept))
	for _, e := range b.allow {
		b.accept(chainInput, source, addressIn(source, e.prefix), e.port)
	}
	b.rule(chainInput, protocolIs(unix.IPPROTO_UDP), portIs(source, 67), portIs(destination, 68), verdict(expr.VerdictAccept))
	for _, s := range sets() {
		b.rule(chainInput, inSet(source, s), []expr.Any{&expr.Counter{}}, verdict(expr.VerdictDrop))
	}
}

func (b *batch) check() {
	// DHCP: a lease is renewed at the server's own address, which may look
	// like one of the company's.
	b.rule(chainCheck, protocolIs(unix.IPPROTO_UDP), portIs(source, 68), portIs(destination, 67), verdict(expr.VerdictAccept))
	for _, e := range b.allow {
		b.accept(chainCheck, destination, addressIn(destination, e.prefix), e.port)
	}
	for _, s := range sets() {
		b.rule(chainCheck, inSet(destination, s), jump(chainStop))
	}
	if b.mode == AllBut {
		b.allBut()
	}
	b.list[len(b.list)-1].UserData = userdata.AppendString(nil, userdata.TypeComment, b.comment())
}

func (b *batch) allBut() {
	accept := verdict(expr.VerdictAccept)
	b.rule(chainCheck, protocolIs(unix.IPPROTO_UDP), portIs(source, 546), portIs(destination, 547), accept)
	for _, port := range []uint16{53, 853} {
		b.accept(chainCheck, destination, nil, port)
	}
	// Router and neighbour discovery, and multicast listener reports: without
	// them there is no IPv6 at all.
	for _, r := range [][2]byte{{133, 136}, {143, 143}} {
		b.rule(chainCheck, protocolIs(unix.IPPROTO_ICMPV6), icmpTypeIn(r[0], r[1]), accept)
	}
	if b.portal {
		for _, port := range []uint16{80, 443} {
			b.rule(chainCheck, protocolIs(unix.IPPROTO_TCP), portIs(destination, port), accept)
		}
	}
	// Programs announce themselves all the time: nobody's attempt at anything.
	for _, p := range []string{"224.0.0.0/4", "255.255.255.255/32", "ff00::/8"} {
		b.rule(chainCheck, addressIn(destination, netip.MustParsePrefix(p)), verdict(expr.VerdictDrop))
	}
	b.rule(chainCheck, jump(chainStop))
}

// stop tells of the attempt, counts, and refuses so that programs notice.
// Of TCP only the first packet of a connection is an attempt.
func (b *batch) stop() {
	tell := []expr.Any{
		&expr.Limit{Type: expr.LimitTypePkts, Rate: 50, Unit: expr.LimitTimeSecond, Burst: 100},
		&expr.Log{Key: 1<<unix.NFTA_LOG_GROUP | 1<<unix.NFTA_LOG_SNAPLEN, Group: logGroup, Snaplen: snapLength},
	}
	b.rule(chainStop, protocolIs(unix.IPPROTO_TCP), opening(), tell)
	b.rule(chainStop, protocolIsNot(unix.IPPROTO_TCP), tell)
	b.rule(chainStop, []expr.Any{&expr.Counter{Packets: b.stopped.Packets, Bytes: b.stopped.Bytes}})
	b.rule(chainStop, protocolIs(unix.IPPROTO_TCP), []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_TCP_RST}})
	b.rule(chainStop, []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_ADMIN_PROHIBITED}})
}

// refill replaces what stands in the chains and sets of the table, which stay:
// of a new chain and the old one beside it the kernel may ask the one too soon
// and the other too late. It fails where they are not as they have to be.
func (b *batch) refill(c *nftables.Conn) error {
	t := table()
	for _, name := range chains() {
		c.FlushChain(&nftables.Chain{Name: name, Table: t})
	}
	for _, s := range sets() {
		c.FlushSet(s)
	}
	return b.fill(c)
}

// send replaces the table. Adding before deleting makes deleting succeed
// whether or not there was one.
func (b *batch) send(c *nftables.Conn) error {
	c.AddTable(table())
	c.DelTable(table())
	return b.fill(c)
}

func (b *batch) fill(c *nftables.Conn) error {
	t := table()
	c.AddTable(t)
	for _, s := range sets() {
		if err := c.AddSet(s, b.elements(s)); err != nil {
			return err
		}
	}
	for name, hook := range map[string]*nftables.ChainHook{
		chainOutput: nftables.ChainHookOutput, chainForward: nftables.ChainHookForward, chainInput: nftables.ChainHookInput,
	} {
		policy := nftables.ChainPolicyAccept
		c.AddChain(&nftables.Chain{Name: name, Table: t, Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: nftables.ChainPriorityFilter, Policy: &policy})
	}
	for _, name := range []string{chainCheck, chainStop} {
		c.AddChain(&nftables.Chain{Name: name, Table: t})
	}
	for _, r := range b.list {
		c.AddRule(r)
	}
	return c.Flush()
}

// sets are the internal networks, by family. Each call answers new ones: the
// library writes to them.
func sets() []*nftables.Set {
	return []*nftables.Set{
		{Table: table(), Name: "internal4", KeyType: nftables.TypeIPAddr, Interval: true, KeyByteOrder: binaryutil.BigEndian},
		{Table: table(), Name: "internal6", KeyType: nftables.TypeIP6Addr, Interval: true, KeyByteOrder: binaryutil.BigEndian},
	}
}

// elements are the ranges of a set, each a start and the first address after
// its end. Networks next to each other become one range.
func (b *batch) elements(s *nftables.Set) []nftables.SetElement {
	var list []nftables.SetElement
	for _, p := range b.internal {
		if p.Addr().Is4() != (s.Name == "internal4") {
			continue
		}
		start, after := p.Addr(), last(p).Next()
		if n := len(list); n > 0 && list[n-1].IntervalEnd && string(list[n-1].Key) == string(start.AsSlice()) {
			list = list[:n-1]
		} else {
			list = append(list, nftables.SetElement{Key: start.AsSlice()})
		}
		if after.IsValid() { // the last address of all has none after it
			list = append(list, nftables.SetElement{Key: after.AsSlice(), IntervalEnd: true})
		}
	}
	return list
}

func last(p netip.Prefix) netip.Addr {
	raw := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(raw)*8; bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	a, _ := netip.AddrFromSlice(raw)
	return a
}
