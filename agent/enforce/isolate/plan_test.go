package isolate

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPlanIsChecked(t *testing.T) {
	good := Plan{Mode: AllBut, Internal: []string{"10.0.0.0/8", "203.0.113.7", "fd00::/8", "CRM.example.com", "intranet"},
		Allow: []string{"vpn.example.com:443", "203.0.113.9", "[2001:db8::7]:51820", "198.51.100.0/24", "2001:db8::9", "vpn2.example.com"}}
	if err := good.Check(); err != nil {
		t.Errorf("refused: %v", err)
	}
	many := slices.Repeat([]string{"10.0.0.1"}, maxEntries+1)
	for want, p := range map[string]Plan{
		`isolate.mode: "some"`:                     {Mode: "some", Internal: []string{"10.0.0.0/8"}},
		"lists nothing":                            {Mode: Internal},
		`"0.0.0.0/0" is everything`:                {Mode: Internal, Internal: []string{"0.0.0.0/0"}},
		`"::/0" is everything`:                     {Mode: Internal, Internal: []string{"::/0"}},
		`"10.0.0.0/33" is neither`:                 {Mode: Internal, Internal: []string{"10.0.0.0/33"}},
		`"10.0.0.256" is neither`:                  {Mode: Internal, Internal: []string{"10.0.0.256"}},
		`"*.example.com" is neither`:               {Mode: Internal, Internal: []string{"*.example.com"}},
		`"crm.example.com:443" has a port`:         {Mode: Internal, Internal: []string{"crm.example.com:443"}},
		`"" is neither`:                            {Mode: Internal, Internal: []string{""}},
		`"https://crm" is neither`:                 {Mode: Internal, Internal: []string{"10.0.0.1"}, Allow: []string{"https://crm"}},
		`"vpn:0" is neither`:                       {Mode: Internal, Internal: []string{"10.0.0.1"}, Allow: []string{"vpn:0"}},
		`"vpn:65536" is neither`:                   {Mode: Internal, Internal: []string{"10.0.0.1"}, Allow: []string{"vpn:65536"}},
		`"-vpn" is neither`:                        {Mode: Internal, Internal: []string{"10.0.0.1"}, Allow: []string{"-vpn"}},
		"isolate.internal: at most 1000 entries":   {Mode: Internal, Internal: many},
		"isolate.allow: at most 64 entries":        {Mode: Internal, Internal: []string{"10.0.0.1"}, Allow: many[:65]},
		`"::ffff:10.0.0.0/104" is neither`:         {Mode: Internal, Internal: []string{"::ffff:10.0.0.0/104"}},
		`"` + strings.Repeat("a", 64) + `" is nei`: {Mode: Internal, Internal: []string{strings.Repeat("a", 64)}},
	} {
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("wanted %q, got %v", want, err)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "[::1]:80", "a.b:1", "::ffff:1.2.3.4", "fe80::1%eth0", "a:b:c", "[]:1", "xn--fiqs8s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseTarget(text, true)
		if err == nil && got.prefix.IsValid() == (got.name != "") {
			t.Fatalf("%q is neither network nor name, or both: %+v", text, got)
		}
	})
}

func none(string) []netip.Addr { return nil }

func mustRead(t *testing.T, p Plan) plan {
	t.Helper()
	r, err := p.read()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNetworksAreSummedUp(t *testing.T) {
	p := mustRead(t, Plan{Mode: Internal, Internal: []string{"10.20.0.5", "10.0.0.0/8", "10.20.0.0/16", "192.168.0.9/24", "fd00::1", "fd00::/8"}})
	want := []string{"10.0.0.0/8", "192.168.0.0/24", "64:ff9b::a00:0/104", "64:ff9b::c0a8:0/120", "fd00::/8"}
	var got []string
	for _, n := range p.build(none).internal {
		got = append(got, n.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestHostileNameServerOpensNothing: an exemption by name that resolves to an
// internal system does not open it; one by address does, as was said.
func TestHostileNameServerOpensNothing(t *testing.T) {
	crm := netip.MustParseAddr("203.0.113.20")
	known := func(name string) []netip.Addr {
		return map[string][]netip.Addr{"vpn.example.com": {crm, netip.MustParseAddr("203.0.113.10")}, "crm.example.com": {crm}}[name]
	}
	for _, internal := range [][]string{{"203.0.113.20"}, {"crm.example.com"}, {"203.0.113.16/28"}} {
		r := mustRead(t, Plan{Mode: Internal, Internal: internal, Allow: []string{"vpn.example.com"}}).build(known)
		if !r.stops(netip.AddrPortFrom(crm, 443)) || len(r.allow) != 1 {
			t.Errorf("%v: the name server opened it: %v", internal, r.allow)
		}
	}
	r := mustRead(t, Plan{Mode: Internal, Internal: []string{"203.0.113.0/24"}, Allow: []string{"203.0.113.20:443"}}).build(known)
	if r.stops(netip.AddrPortFrom(crm, 443)) || !r.stops(netip.AddrPortFrom(crm, 80)) {
		t.Error("an exemption by address opens its port, and no other")
	}
}

// TestCafeWithTheCompanysAddresses: its gateway still resolves names, and no
// other port or address of the company's range opens.
func TestCafeWithTheCompanysAddresses(t *testing.T) {
	p := Plan{Mode: Internal, Internal: []string{"10.0.0.0/8"}, Local: []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fe80::1%wlan0")}}
	r := mustRead(t, p).build(none)
	for address, want := range map[string]bool{"10.0.0.1:53": false, "10.0.0.1:443": true, "10.0.0.1:80": true, "10.0.0.2:53": true} {
		if got := r.stops(netip.MustParseAddrPort(address)); got != want {
			t.Errorf("%s: stopped %t", address, got)
		}
	}
	p.Portal = true
	r = mustRead(t, p).build(none)
	for address, want := range map[string]bool{"10.0.0.1:53": false, "10.0.0.1:443": false, "10.0.0.1:22": true, "10.0.0.2:443": true} {
		if got := r.stops(netip.MustParseAddrPort(address)); got != want {
			t.Errorf("with a portal, %s: stopped %t", address, got)
		}
	}
}

func testNames(file string) *names {
	n := newNames(file)
	n.lookup = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no name server") }
	return n
}

func TestNamesAreRemembered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "names.json")
	n := testNames(file)
	answers := map[string][]netip.Addr{"crm": {netip.MustParseAddr("10.1.1.1"), netip.MustParseAddr("::ffff:10.1.1.2"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("ff02::1")}}
	var mu sync.Mutex
	n.lookup = func(_ context.Context, name string) ([]netip.Addr, error) {
		mu.Lock()
		defer mu.Unlock()
		if a := answers[name]; a != nil {
			return a, nil
		}
		return nil, errors.New("no such name")
	}
	n.refresh(t.Context(), []string{"crm", "gone"}, true)
	want := []netip.Addr{netip.MustParseAddr("10.1.1.1"), netip.MustParseAddr("10.1.1.2")}
	if got := n.addresses("crm"); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if n.nameOf(want[1]) != "crm" || n.nameOf(netip.MustParseAddr("10.9.9.9")) != "" {
		t.Error("the name of an address")
	}
	if err := n.save([]string{"crm", "gone"}); err != nil {
		t.Fatal(err)
	}
	// A start where no name server knows of it.
	again := testNames(file)
	if err := again.load(); err != nil {
		t.Fatal(err)
	}
	again.refresh(t.Context(), []string{"crm"}, false)
	if got := again.addresses("crm"); !slices.Equal(got, want) {
		t.Errorf("after a restart: %v", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, bad := range []string{"{", `{"crm":{"nonsense":"2026-01-01T00:00:00Z"}}`, strings.Repeat(" ", maxStateFile+1)} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if broken := testNames(file); broken.load() == nil || len(broken.known) != 0 {
			t.Errorf("a broken file was taken: %.20q", bad)
		}
	}
}

func TestHostileNameServerMakesUsForgetNothing(t *testing.T) {
	n := testNames("")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	n.now = func() time.Time { return now }
	real := netip.MustParseAddr("10.1.1.1")
	n.learn("crm", []netip.Addr{real}, true)
	flood := func(from byte) (list []netip.Addr) {
		for i := range 200 {
			list = append(list, netip.AddrFrom4([4]byte{198, 51, from, byte(i)}))
		}
		return list
	}
	now = now.Add(30 * 24 * time.Hour) // a long time abroad
	n.learn("crm", flood(1), false)
	if got := n.addresses("crm"); !slices.Contains(got, real) || len(got) != maxAddresses {
		t.Errorf("%d addresses, the real one among them: %t", len(got), slices.Contains(got, real))
	}
	// Back where answers can be believed, the false ones go in time.
	other := netip.MustParseAddr("10.1.1.2")
	n.learn("crm", []netip.Addr{other}, true)
	now = now.Add(maxAge + time.Hour)
	n.learn("crm", []netip.Addr{other}, true)
	if got := n.addresses("crm"); !slices.Equal(got, []netip.Addr{other}) {
		t.Errorf("kept %v", got)
	}
}

// What is repeated is told without anything more happening.
func TestTallyTellsOfTheRestInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan Attempt, 10)
		n := newTally(func(a Attempt) { told <- a })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- n.run(ctx) }()
		a := Attempt{Address: netip.MustParseAddr("10.1.1.1"), Port: 443, Protocol: "tcp", UID: 1000, Count: 1}
		for range 2 { // also once all was forgotten
			for range 7 {
				n.add(a)
			}
			if first := <-told; first.Count != 1 {
				t.Errorf("told %+v", first)
			}
			if rest := <-told; rest.Count != 6 {
				t.Errorf("told %+v", rest)
			}
			time.Sleep(3 * tellEvery)
		}
		cancel()
		if err := <-ended; err != nil || len(told) != 0 {
			t.Errorf("%v, %d told", err, len(told))
		}
	})
}

func TestTallyTellsTheFirstAtOnceAndCountsTheRest(t *testing.T) {
	var told []Attempt
	n := newTally(func(a Attempt) { told = append(told, a) })
	a := Attempt{Address: netip.MustParseAddr("10.1.1.1"), Port: 443, Protocol: "tcp", UID: 1000, Count: 1}
	for range 7 {
		n.count(a)
	}
	if len(told) != 1 || told[0].Count != 1 {
		t.Fatalf("told %+v", told)
	}
	n.flush()
	n.flush()
	n.flush()
	if len(told) != 2 || told[1].Count != 6 {
		t.Fatalf("told %+v", told)
	}
	if len(n.seen) != 0 {
		t.Error("nothing is forgotten")
	}
	for i := range 2 * maxTallied {
		a.Port = uint16(i + 1)
		n.count(a)
	}
	if len(n.seen) != maxTallied {
		t.Errorf("%d are kept", len(n.seen))
	}
}
