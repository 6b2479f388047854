package network

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/beacon"
)

func wire(b beacon.Outcome) Link   { return Link{Name: "eth0", Kind: Ethernet, Default: true, Beacon: b} }
func tunnel(b beacon.Outcome) Link { return Link{Name: "tun0", Kind: Tunnel, Beacon: b} }
func air(s Security, b beacon.Outcome) Link {
	return Link{Name: "wlan0", Kind: Wifi, SSID: "Net", Security: s, Default: true, Beacon: b}
}

func marked(l Link, c Category) Link {
	l.Category = c
	return l
}

func over(l Link) Link {
	l.Default = true
	return l
}

func TestClassify(t *testing.T) {
	strict := Rules{Unknown: Public}
	named := Rules{VPN: []string{"Company VPN", "wg0"}}
	company := tunnel(beacon.Silent)
	company.Connection = "Company VPN"
	byInterface := Link{Name: "wg0", Kind: Tunnel}
	posing := wire("")
	posing.Connection = "Company VPN"
	container := Link{Name: "docker0", Kind: Virtual}
	bridge := Link{Name: "br0", Kind: Virtual, Default: true}
	second := air(Open, beacon.Silent)
	second.Default = false
	modem := Link{Name: "wwan0", Kind: Cellular, Default: true}

	for _, c := range []struct {
		name  string
		links []Link
		state Connectivity
		rules Rules
		want  Verdict
	}{
		{"nothing", nil, NoConnectivity, Rules{}, Verdict{Offline, NoNetwork, nil}},
		{"only containers", []Link{container}, "", Rules{}, Verdict{Offline, NoNetwork, nil}},
		{"only a tunnel without a way out", []Link{tunnel(beacon.Silent)}, "", Rules{}, Verdict{Offline, NoNetwork, nil}},

		{"company, wired", []Link{wire(beacon.Answered)}, Full, Rules{}, Verdict{Corporate, BeaconAnswered, nil}},
		{"company, wired, strict", []Link{wire(beacon.Answered)}, Full, strict, Verdict{Corporate, BeaconAnswered, nil}},
		{"company, Wi-Fi", []Link{air(WPAEnterprise, beacon.Answered)}, Full, Rules{}, Verdict{Corporate, BeaconAnswered, nil}},
		{"company without the internet", []Link{wire(beacon.Answered)}, NoConnectivity, Rules{}, Verdict{Corporate, BeaconAnswered, nil}},
		{"company behind a portal of its own", []Link{air(WPAPersonal, beacon.Answered)}, Portal, Rules{}, Verdict{Corporate, BeaconAnswered, nil}},
		{"company over a bridge for machines", []Link{over(Link{Name: "br0", Kind: Virtual, Beacon: beacon.Answered})}, Full, Rules{}, Verdict{Corporate, BeaconAnswered, nil}},
		{"company and VPN", []Link{tunnel(beacon.Answered), wire(beacon.Answered)}, Full, Rules{}, Verdict{Corporate, BeaconAnswered, nil}},
		{"company and open Wi-Fi", []Link{wire(beacon.Answered), second}, Full, Rules{}, Verdict{Corporate, BeaconAnswered, []Reason{StrangersToo, OpenWifi}}},

		{"VPN over open Wi-Fi", []Link{tunnel(beacon.Answered), air(Open, beacon.Silent)}, Full, Rules{}, Verdict{VPN, BeaconOverVPN, []Reason{StrangersToo, OpenWifi}}},
		{"VPN over a private network", []Link{over(tunnel(beacon.Answered)), air(WPAPersonal, beacon.Silent)}, Full, Rules{}, Verdict{VPN, BeaconOverVPN, nil}},
		{"VPN by the connection's name", []Link{company, wire(beacon.Silent)}, Full, named, Verdict{VPN, NamedVPN, nil}},
		{"VPN by the interface's name", []Link{byInterface, wire(beacon.Silent)}, Full, named, Verdict{VPN, NamedVPN, nil}},
		{"VPN that nobody named", []Link{company, wire(beacon.Silent)}, Full, Rules{}, Verdict{Home, WiredPrivate, nil}},
		{"a wire that calls itself VPN", []Link{posing}, Full, named, Verdict{Home, WiredPrivate, nil}},
		{"a tunnel to somewhere over a private network", []Link{over(tunnel(beacon.Silent)), wire(beacon.Silent)}, Full, Rules{}, Verdict{Home, WiredPrivate, nil}},
		{"a tunnel to somewhere and nothing else", []Link{over(tunnel(beacon.Silent))}, Full, Rules{}, Verdict{Public, UnprovenTunnel, nil}},

		{"home, wired", []Link{wire(beacon.Silent)}, Full, Rules{}, Verdict{Home, WiredPrivate, nil}},
		{"home, no beacon configured", []Link{wire("")}, "", Rules{}, Verdict{Home, WiredPrivate, nil}},
		{"home, Wi-Fi", []Link{air(WPAPersonal, beacon.Silent)}, Full, Rules{}, Verdict{Home, SecuredWifi, nil}},
		{"somebody's enterprise Wi-Fi", []Link{air(WPAEnterprise, beacon.Silent)}, Full, Rules{}, Verdict{Home, SecuredWifi, nil}},
		{"home, listed", []Link{air(WPAPersonal, "")}, Full, Rules{Home: []string{"Net"}, Unknown: Public}, Verdict{Home, ListedHome, nil}},
		{"home by way of a bridge", []Link{bridge}, Full, Rules{}, Verdict{Home, WiredPrivate, nil}},
		{"mobile", []Link{modem}, Full, Rules{}, Verdict{Home, CellularNetwork, nil}},

		{"open Wi-Fi", []Link{air(Open, beacon.Silent)}, Full, Rules{}, Verdict{Public, OpenWifi, nil}},
		{"open Wi-Fi that has a listed name", []Link{air(Open, "")}, Full, Rules{Home: []string{"Net"}}, Verdict{Public, OpenWifi, nil}},
		{"encrypted, but for anybody", []Link{air(OWE, "")}, Full, Rules{}, Verdict{Public, OpenWifi, nil}},
		{"WEP", []Link{air(WEP, "")}, Full, Rules{Home: []string{"Net"}}, Verdict{Public, WeakWifi, nil}},
		{"Wi-Fi of unknown security", []Link{air(SecurityUnknown, "")}, Full, Rules{Home: []string{"Net"}}, Verdict{Public, WifiUnknown, nil}},
		{"a café with a password", []Link{air(WPAPersonal, "")}, Full, Rules{Public: []string{"Net"}}, Verdict{Public, ListedPublic, nil}},
		{"on both lists", []Link{air(WPAPersonal, "")}, Full, Rules{Public: []string{"Net"}, Home: []string{"Net"}}, Verdict{Public, ListedPublic, nil}},
		{"hotel, wired", []Link{wire(beacon.Silent)}, Portal, Rules{}, Verdict{Public, CaptivePortal, nil}},
		{"hotel, Wi-Fi with a password", []Link{air(WPAPersonal, "")}, Portal, Rules{Home: []string{"Net"}}, Verdict{Public, CaptivePortal, nil}},
		{"portal on a link that does not lead out", []Link{second}, Portal, Rules{}, Verdict{Public, OpenWifi, nil}},
		{"private and open at once", []Link{wire(""), second}, Full, Rules{}, Verdict{Public, OpenWifi, nil}},
		{"unlisted, wired", []Link{wire("")}, Full, strict, Verdict{Public, UnlistedNetwork, nil}},
		{"unlisted, Wi-Fi", []Link{air(WPAPersonal, "")}, Full, strict, Verdict{Public, UnlistedNetwork, nil}},
		{"unlisted, mobile", []Link{modem}, Full, strict, Verdict{Public, UnlistedNetwork, nil}},

		{"wired, called public by Windows", []Link{marked(wire(""), CategoryPublic)}, Full, Rules{Category: true}, Verdict{Public, MarkedPublic, nil}},
		{"Wi-Fi, called public by Windows", []Link{marked(air(WPAPersonal, ""), CategoryPublic)}, Full, Rules{Category: true}, Verdict{Public, MarkedPublic, nil}},
		{"called public, and nobody asked", []Link{marked(wire(""), CategoryPublic)}, Full, Rules{}, Verdict{Home, WiredPrivate, nil}},
		{"called public, and listed", []Link{marked(air(WPAPersonal, ""), CategoryPublic)}, Full, Rules{Category: true, Home: []string{"Net"}}, Verdict{Home, ListedHome, nil}},
		{"open, called the domain's", []Link{marked(air(Open, ""), CategoryDomain)}, Full, Rules{Category: true}, Verdict{Public, OpenWifi, nil}},
		{"company, called public", []Link{marked(wire(beacon.Answered), CategoryPublic)}, Full, Rules{Category: true}, Verdict{Corporate, BeaconAnswered, nil}},

		{"impostor on a wire", []Link{wire(beacon.Impostor)}, Full, Rules{}, Verdict{Home, WiredPrivate, []Reason{BeaconImpostor}}},
		{"impostor on open Wi-Fi", []Link{air(Open, beacon.Impostor)}, Full, Rules{}, Verdict{Public, OpenWifi, []Reason{BeaconImpostor}}},
		{"impostor in a tunnel", []Link{over(tunnel(beacon.Impostor))}, Full, Rules{}, Verdict{Public, UnprovenTunnel, []Reason{BeaconImpostor}}},
		{"relay", []Link{air(Open, beacon.Relayed)}, Full, Rules{}, Verdict{Public, OpenWifi, []Reason{BeaconRelayed}}},
		{"impostor on Wi-Fi beside the company's wire", []Link{wire(beacon.Answered), air(WPAPersonal, beacon.Impostor)}, Full, Rules{}, Verdict{Corporate, BeaconAnswered, []Reason{BeaconImpostor}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Classify(Facts{Links: c.links, Connectivity: c.state}, c.rules)
			if got.Trust != c.want.Trust || got.Reason != c.want.Reason || !slices.Equal(got.Also, c.want.Also) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestOnlyProofIsTrusted goes through every combination of two links: without
// an answer or a configured name nothing looks like the company's.
func TestOnlyProofIsTrusted(t *testing.T) {
	links := []Link{{}}
	for _, k := range []Kind{Ethernet, Wifi, Cellular, Tunnel, Virtual} {
		for _, s := range []Security{SecurityUnknown, Open, OWE, WEP, WPAPersonal, WPAEnterprise} {
			for _, b := range []beacon.Outcome{"", beacon.Silent, beacon.Impostor, beacon.Relayed, beacon.Answered} {
				for _, d := range []bool{false, true} {
					links = append(links, Link{Name: "x", Kind: k, Security: s, Beacon: b, Default: d, SSID: "Net", Connection: "Net"})
				}
			}
		}
	}
	n := 0
	for _, a := range links {
		for _, b := range links {
			for _, c := range []Connectivity{"", NoConnectivity, Portal, Full} {
				for _, r := range []Rules{{}, {Unknown: Public}, {Home: []string{"Net"}}, {Public: []string{"Net"}}} {
					n++
					v := Classify(Facts{Links: []Link{a, b}, Connectivity: c}, r)
					proof := a.Beacon == beacon.Answered || b.Beacon == beacon.Answered
					if company := v.Trust == Corporate || v.Trust == VPN; company != proof {
						t.Fatalf("%+v and %+v count as %s", a, b, v.Trust)
					}
					if !slices.Contains(Reasons(), v.Reason) {
						t.Fatalf("unknown reason %q", v.Reason)
					}
				}
			}
		}
	}
	t.Logf("%d combinations", n)
}

func TestEveryReasonHasWords(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "zh"} {
		for _, r := range Reasons() {
			if s := texts.Reason(r, lang); strings.HasPrefix(s, "reason.") {
				t.Errorf("%s has no words in %s", r, lang)
			}
		}
		for _, v := range []Trust{Corporate, VPN, Home, Public, Offline} {
			if s := texts.Trust(v, lang); strings.HasPrefix(s, "trust.") {
				t.Errorf("%s has no words in %s", v, lang)
			}
			if need := v == Home || v == Public; need != (texts.Remedy(v, lang) != "") {
				t.Errorf("remedy of %s in %s: %q", v, lang, texts.Remedy(v, lang))
			}
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	pin := beacon.Pin{}.String()
	good := Config{Beacons: []BeaconConfig{{Address: "10.20.0.2:8444", Pins: []string{pin}}, {Address: "[fd00::2]:8444", Pins: []string{pin, pin}}}}
	if err := good.Check(); err != nil {
		t.Errorf("refused: %v", err)
	}
	for want, c := range map[string]Config{
		"network.unknown":            {Rules: Rules{Unknown: Corporate}},
		"network.vpn":                {Rules: Rules{VPN: make([]string, maxNames+1)}},
		"network.beacons: at most":   {Beacons: make([]BeaconConfig, maxBeacons+1)},
		"number 1: address: needs":   {Beacons: []BeaconConfig{{Address: "10.20.0.2", Pins: []string{pin}}}},
		"address: needs host:port":   {Beacons: []BeaconConfig{{Address: "10.20.0.2:99999", Pins: []string{pin}}}},
		"pins: needs between one":    {Beacons: []BeaconConfig{{Address: "10.20.0.2:1"}}},
		"number 2: pins: a pin has ": {Beacons: []BeaconConfig{{Address: "a:1", Pins: []string{pin}}, {Address: "a:1", Pins: []string{"x"}}}},
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("wanted %q, got %v", want, err)
		}
	}
}

func TestPrimary(t *testing.T) {
	private, over := air(WPAPersonal, ""), over(tunnel(""))
	idle := Link{Name: "eth1", Kind: Ethernet, Gateways: []netip.Addr{}}
	if l, ok := (Facts{Links: []Link{idle, over, private}}).Primary(); !ok || l.Name != "wlan0" {
		t.Errorf("got %v", l.Name)
	}
	if _, ok := (Facts{}).Primary(); ok {
		t.Error("no link at all has a primary one")
	}
}

func TestNamesFromStrangersAreSafeToShow(t *testing.T) {
	for raw, want := range map[string]string{
		"Café 咖啡":               "Café 咖啡",
		"a\x1b[2Jb":             "a\uFFFD[2Jb",
		"a\nb":                  "a\uFFFDb",
		"\xff\xfe":              "\uFFFD",
		"abc\u202egnp":          "abc\uFFFDgnp",
		"a\u200bb":              "a\uFFFDb",
		strings.Repeat("a", 99): strings.Repeat("a", maxShown),
	} {
		if got := shown([]byte(raw)); got != want {
			t.Errorf("%q is shown as %q", raw, got)
		}
	}
}
