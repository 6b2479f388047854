package isolate

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// packet is what opens a connection.
type packet struct {
	layer      layer
	remote     netip.AddrPort
	localPort  uint16
	protocol   uint8
	onThisHost bool
}

func to(address string, port uint16) packet {
	a := netip.MustParseAddr(address)
	l := connect6
	if a.Is4() {
		l = connect4
	}
	return packet{layer: l, remote: netip.AddrPortFrom(a, port), localPort: 50000, protocol: tcp}
}

func (m match) holds(p packet) bool {
	switch m.field {
	case remoteAddress:
		return m.value.(netip.Prefix).Contains(p.remote.Addr())
	case remotePort:
		return m.value.(uint16) == p.remote.Port()
	case localPort:
		return m.value.(uint16) == p.localPort
	case protocol:
		return m.value.(uint8) == p.protocol
	}
	return p.onThisHost
}

// refuses asks filters as the platform does.
func refuses(list []filter, p packet) bool {
	best, found := filter{permit: true}, false
	for _, f := range list {
		fields := map[field]bool{}
		for _, m := range f.conditions {
			fields[m.field] = fields[m.field] || m.holds(p)
		}
		all := f.layer == p.layer && !slices.Contains(slices.Collect(maps.Values(fields)), false)
		if all && (!found || f.weight > best.weight) {
			best, found = f, true
		}
	}
	return !best.permit
}

func rulesOf(t testing.TB, p Plan) ruleset {
	t.Helper()
	read, err := p.read()
	if err != nil {
		t.Fatal(err)
	}
	return read.build(func(name string) []netip.Addr {
		return map[string][]netip.Addr{"crm.example.com": {netip.MustParseAddr("198.51.100.7")}}[name]
	})
}

func TestWhatFiltersRefuse(t *testing.T) {
	plan := Plan{
		Mode: Internal, Internal: []string{"10.0.0.0/8", "fd00::/8", "crm.example.com"},
		Allow: []string{"10.9.9.9:443", "10.8.8.8"}, Local: []netip.Addr{netip.MustParseAddr("10.1.0.1")},
	}
	allBut, portal := plan, plan
	allBut.Mode, portal.Mode, portal.Portal = AllBut, AllBut, true
	from := func(p packet) packet { p.layer += accept4; return p }
	as := func(p packet, protocol uint8, localPort uint16) packet {
		p.protocol, p.localPort = protocol, localPort
		return p
	}
	here := to("10.0.0.5", 80)
	here.onThisHost = true
	for _, c := range []struct {
		what                     string
		p                        packet
		internal, allBut, portal bool // refused in these modes
	}{
		{"an internal system", to("10.2.3.4", 443), true, true, true},
		{"by name", to("198.51.100.7", 443), true, true, true},
		{"over IPv6", to("fd00::1", 443), true, true, true},
		{"over NAT64", to("64:ff9b::a02:304", 443), true, true, true},
		{"by ping", as(to("10.2.3.4", 0), 1, 8), true, true, true},
		{"this machine's own address", here, false, false, false},
		{"the VPN's port", to("10.9.9.9", 443), false, false, false},
		{"the VPN over UDP", as(to("10.9.9.9", 443), udp, 50000), false, false, false},
		{"another port there", to("10.9.9.9", 22), true, true, true},
		{"an address that stays reachable", to("10.8.8.8", 22), false, false, false},
		{"the café's name server", as(to("10.1.0.1", 53), udp, 50000), false, false, false},
		{"the café's portal", to("10.1.0.1", 80), true, true, false},
		{"DHCP", as(to("10.1.0.1", 67), udp, 68), false, false, false},
		{"DHCP's answer", from(as(to("10.1.0.1", 67), udp, 68)), false, false, false},
		{"DHCP's port for something else", to("10.1.0.1", 67), true, true, true},
		{"the web", to("203.0.113.1", 443), false, true, false},
		{"QUIC", as(to("203.0.113.1", 443), udp, 50000), false, true, true},
		{"a name server", to("203.0.113.1", 53), false, false, false},
		{"DNS over TLS", to("2001:db8::1", 853), false, false, false},
		{"DHCPv6", as(to("ff02::1:2", 547), udp, 546), false, false, false},
		{"neighbour discovery", as(to("fe80::1", 0), icmp6, 135), false, false, false},
		{"ping over IPv6", as(to("2001:db8::1", 0), icmp6, 128), false, true, true},
		{"called by an internal system", from(to("10.2.3.4", 50000)), true, true, true},
		{"called by what stays reachable", from(to("10.8.8.8", 50000)), false, false, false},
		{"called by the port of the VPN's end", from(to("10.9.9.9", 443)), true, true, true},
		{"called by somebody", from(to("203.0.113.1", 50000)), false, false, false},
	} {
		for mode, want := range map[*Plan]bool{&plan: c.internal, &allBut: c.allBut, &portal: c.portal} {
			if got := refuses(rulesOf(t, *mode).filters(), c.p); got != want {
				t.Errorf("%s, %s (portal %t): refused %t", c.what, mode.Mode, mode.Portal, got)
			}
		}
	}
}

func drawPlan(t *rapid.T, label string) Plan {
	targets := []string{"10.0.0.0/8", "10.1.2.3", "192.0.2.0/24", "fd00::/8", "2001:db8:1::/48", "crm.example.com", "10.1.0.0/16"}
	allowed := append([]string{"10.1.2.3:443", "192.0.2.7", "[fd00::1]:51820", "203.0.113.1:53"}, targets...)
	p := Plan{
		Mode:     rapid.SampledFrom([]Mode{Internal, AllBut}).Draw(t, label+" mode"),
		Internal: rapid.SliceOfN(rapid.SampledFrom(targets), 1, 5).Draw(t, label+" internal"),
		Allow:    rapid.SliceOfN(rapid.SampledFrom(allowed), 0, 4).Draw(t, label+" allow"),
		Portal:   rapid.Bool().Draw(t, label+" portal"),
	}
	if rapid.Bool().Draw(t, label+" gateway") {
		p.Local = []netip.Addr{netip.MustParseAddr("10.1.0.1")}
	}
	return p
}

func drawPacket(t *rapid.T) packet {
	address := rapid.SampledFrom([]string{"10.1.2.3", "10.1.0.1", "10.200.0.1", "192.0.2.7", "203.0.113.1", "198.51.100.7", "fd00::1", "2001:db8:1::5", "2001:db8:2::5", "64:ff9b::a01:203"}).Draw(t, "address")
	return to(address, rapid.SampledFrom([]uint16{53, 80, 443, 853, 51820, 22}).Draw(t, "port"))
}

// Filters refuse what the ruleset stops, as the packet filter of Linux does.
func TestFiltersAgreeWithTheRuleset(t *testing.T) {
	rapid.Check(t, func(c *rapid.T) {
		r, p := rulesOf(t, drawPlan(c, "plan")), drawPacket(c)
		if got, want := refuses(r.filters(), p), r.stops(p.remote); got != want {
			c.Fatalf("%+v: refused %t, should be %t by %+v", p, got, want, r)
		}
	})
}

func TestManyInternalNetworks(t *testing.T) {
	var p Plan
	for i := range 450 {
		p.Internal = append(p.Internal, fmt.Sprintf("10.%d.%d.0/24", i/200, i%200))
	}
	p.Mode = Internal
	r := rulesOf(t, p)
	for _, f := range r.filters() {
		if len(f.conditions) > maxConditions {
			t.Errorf("a filter with %d conditions", len(f.conditions))
		}
	}
	for _, address := range []string{"10.0.0.1", "10.1.199.9", "10.2.49.1"} {
		if !refuses(r.filters(), to(address, 443)) {
			t.Errorf("%s is reachable", address)
		}
	}
}

// platform is an engine that can be stopped at any step.
type platform struct {
	said    map[int]string
	filters map[[2]int]filter
	left    int    // steps until it fails; negative: never
	after   func() // each step
}

var errStopped = errors.New("stopped")

func newPlatform() *platform {
	return &platform{said: map[int]string{}, filters: map[[2]int]filter{}, left: -1, after: func() {}}
}

func (p *platform) step() error {
	if p.left == 0 {
		return errStopped
	}
	p.left--
	return nil
}

func (p *platform) banks() (map[int]string, error) { return maps.Clone(p.said), p.step() }
func (p *platform) addBank(bank int, says string) error {
	if err := p.step(); err != nil {
		return err
	}
	if _, there := p.said[bank]; there {
		return errors.New("it is there")
	}
	p.said[bank] = says
	return nil
}

func (p *platform) deleteBank(bank int) error {
	if err := p.step(); err != nil {
		return err
	}
	for at := range p.filters {
		if at[0] == bank {
			return errors.New("it is in use")
		}
	}
	delete(p.said, bank)
	return nil
}

func (p *platform) addFilter(bank, place int, f filter) (bool, error) {
	if err := p.step(); err != nil {
		return false, err
	}
	if _, there := p.filters[[2]int{bank, place}]; there {
		return false, nil
	}
	p.filters[[2]int{bank, place}] = f
	p.after()
	return true, nil
}

func (p *platform) deleteFilter(bank, place int) error {
	if err := p.step(); err != nil {
		return err
	}
	delete(p.filters, [2]int{bank, place})
	p.after()
	return nil
}

// refuses: a bank is a sublayer, and what one refuses no other lets through.
func (p *platform) refuses(q packet) bool {
	for bank := range p.said {
		var list []filter
		for at, f := range p.filters {
			if at[0] == bank {
				list = append(list, f)
			}
		}
		if refuses(list, q) {
			return true
		}
	}
	return false
}

func TestPutAndTake(t *testing.T) {
	e := newPlatform()
	one := rulesOf(t, Plan{Mode: Internal, Internal: []string{"10.0.0.0/8"}, AfterCrash: Clear})
	two := rulesOf(t, Plan{Mode: AllBut, Internal: []string{"192.0.2.0/24"}})
	if was, err := take(e); was || err != nil {
		t.Errorf("took from nothing: %t, %v", was, err)
	}
	for i, c := range []struct {
		r    ruleset
		want bool
	}{{one, true}, {one, false}, {two, true}, {one, true}, {one, false}} {
		if changed, err := put(e, c.r); err != nil || changed != c.want || len(e.said) != 1 || len(e.filters) != len(c.r.filters()) {
			t.Fatalf("%d: changed %t, %v, %v with %d filters", i, changed, err, e.said, len(e.filters))
		}
	}
	if s, err := look(e); err != nil || s != (Status{Isolated: true, Mode: Internal, AfterCrash: Clear}) {
		t.Errorf("%+v, %v", s, err)
	}
	for at := range e.filters { // somebody removes one
		delete(e.filters, at)
		break
	}
	if changed, err := put(e, one); err != nil || !changed || len(e.filters) != len(one.filters()) {
		t.Errorf("not restored: %t, %v", changed, err)
	}
	if was, err := take(e); !was || err != nil || len(e.said)+len(e.filters) != 0 {
		t.Errorf("taken: %t, %v, %v left", was, err, e.said)
	}
	if s, err := look(e); err != nil || s.Isolated {
		t.Errorf("%+v, %v", s, err)
	}
}

// Killed at any step of a change, what both the old rules and the new refuse is
// refused all the time; the next start ends with the new ones alone, and a
// repair with none.
func TestKilledInAChange(t *testing.T) {
	rapid.Check(t, func(c *rapid.T) {
		before, after, q := rulesOf(t, drawPlan(c, "old")), rulesOf(t, drawPlan(c, "new")), drawPacket(c)
		e := newPlatform()
		if _, err := put(e, before); err != nil {
			c.Fatal(err)
		}
		both := refuses(before.filters(), q) && refuses(after.filters(), q)
		e.after = func() {
			if both && !e.refuses(q) {
				c.Fatalf("%+v is let through in the change from %+v to %+v", q, before, after)
			}
		}
		e.left = rapid.IntRange(0, 60).Draw(c, "steps")
		_, _ = put(e, after)
		e.left = -1
		if s, err := look(e); err != nil || !s.Isolated {
			c.Fatalf("after the crash: %+v, %v", s, err)
		}
		if rapid.Bool().Draw(c, "repair") {
			e.after = func() {}
			if _, err := take(e); err != nil || len(e.said)+len(e.filters) != 0 {
				c.Fatalf("repaired: %v, %v left", err, e.said)
			}
			return
		}
		if _, err := put(e, after); err != nil || len(e.said) != 1 || len(e.filters) != len(after.filters()) || e.refuses(q) != refuses(after.filters(), q) {
			c.Fatalf("started again: %v, %v", err, e.said)
		}
	})
}

func TestABankOfAnotherVersion(t *testing.T) {
	for said, want := range map[string]int{"": 0, "trustline internal keep abc 7": 7, "x -3": 0, "x 99999999": maxPlaces} {
		if got := places(said); got != want {
			t.Errorf("%q: %d", said, got)
		}
	}
}
