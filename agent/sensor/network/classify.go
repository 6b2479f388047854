package network

import (
	"slices"

	"github.com/trustline/trustline/beacon"
)

// Reason says why a network is trusted as it is. It never changes its meaning.
type Reason string

// The reasons.
const (
	BeaconAnswered  Reason = "beacon-answered"   // corporate
	BeaconOverVPN   Reason = "beacon-over-vpn"   // vpn
	NamedVPN        Reason = "named-vpn"         // vpn
	WiredPrivate    Reason = "wired"             // home
	SecuredWifi     Reason = "secured-wifi"      // home
	CellularNetwork Reason = "cellular"          // home
	ListedHome      Reason = "listed-home"       // home
	CaptivePortal   Reason = "captive-portal"    // public
	OpenWifi        Reason = "open-wifi"         // public
	WeakWifi        Reason = "weak-wifi"         // public
	WifiUnknown     Reason = "wifi-unknown"      // public: nothing tells how it is secured
	ListedPublic    Reason = "listed-public"     // public
	UnlistedNetwork Reason = "unlisted-network"  // public, because the configuration says so
	MarkedPublic    Reason = "marked-public"     // public, as Windows calls it
	UnprovenTunnel  Reason = "unproven-tunnel"   // public: a tunnel to who knows where, and nothing else
	NoNetwork       Reason = "no-network"        // offline
	BeaconImpostor  Reason = "beacon-impostor"   // also
	BeaconRelayed   Reason = "beacon-relayed"    // also
	StrangersToo    Reason = "strangers-as-well" // also: corporate or vpn, with a public network attached
)

// reasons are all of them.
var reasons = []Reason{
	BeaconAnswered, BeaconOverVPN, NamedVPN, WiredPrivate, SecuredWifi, CellularNetwork, ListedHome, CaptivePortal, OpenWifi,
	WeakWifi, WifiUnknown, ListedPublic, UnlistedNetwork, MarkedPublic, UnprovenTunnel, NoNetwork, BeaconImpostor, BeaconRelayed, StrangersToo,
}

// Reasons answers every reason.
func Reasons() []Reason { return slices.Clone(reasons) }

// Rules are what the company knows about networks beforehand.
type Rules struct {
	// VPN names tunnels, by connection or interface, that count without a
	// beacon. A name proves nothing: whoever may make connections may give one
	// this name. Prefer the beacon.
	VPN []string `yaml:"vpn"`
	// Home names private Wi-Fi networks, by SSID; secured ones only count.
	Home []string `yaml:"home"`
	// Public names Wi-Fi networks that are public although they have a
	// password, such as those of hotels and cafés.
	Public []string `yaml:"public"`
	// Unknown is what secured networks count as that no list names: "home",
	// also when empty, or "public".
	Unknown Trust `yaml:"unknown"`
	// Category has networks count as public that Windows calls public, unless a
	// list names them. Windows does so with every network until somebody says
	// otherwise.
	Category bool `yaml:"category"`
}

// Verdict is how far a network is trusted, and why.
type Verdict struct {
	Trust  Trust    `json:"trust"`
	Reason Reason   `json:"reason"`
	Also   []Reason `json:"also,omitempty"` // worth knowing, but not what decided
}

// Classify concludes from facts how far a network is trusted. The company's
// beacon decides before all else; without it the least trusted link does, for
// whoever is on that link has a way to the machine.
func Classify(f Facts, r Rules) Verdict {
	v := company(f, r)
	v.Also = warnings(f)
	rest := outside(f, r)
	if v.Trust == "" {
		v.Trust, v.Reason = rest.Trust, rest.Reason
	} else if rest.Trust == Public && rest.Reason != UnprovenTunnel {
		v.Also = append(v.Also, StrangersToo, rest.Reason)
	}
	return v
}

// company answers corporate or vpn, or nothing.
func company(f Facts, r Rules) Verdict {
	var v Verdict
	for _, l := range f.Links {
		switch {
		case l.Beacon == beacon.Answered && l.Kind != Tunnel:
			return Verdict{Trust: Corporate, Reason: BeaconAnswered}
		case l.Beacon == beacon.Answered:
			v = Verdict{Trust: VPN, Reason: BeaconOverVPN}
		case l.Kind == Tunnel && v.Trust == "" && (slices.Contains(r.VPN, l.Name) || slices.Contains(r.VPN, l.Connection)):
			v = Verdict{Trust: VPN, Reason: NamedVPN}
		}
	}
	return v
}

// warnings answers what beacons that do not count say.
func warnings(f Facts) []Reason {
	var also []Reason
	for _, l := range f.Links {
		switch {
		case l.Beacon == beacon.Impostor && !slices.Contains(also, BeaconImpostor):
			also = append(also, BeaconImpostor)
		case l.Beacon == beacon.Relayed && !slices.Contains(also, BeaconRelayed):
			also = append(also, BeaconRelayed)
		}
	}
	return also
}

// outside judges what is not the company's: public, home or offline.
func outside(f Facts, r Rules) Verdict {
	v := Verdict{Trust: Offline, Reason: NoNetwork}
	for _, l := range f.Links {
		if l.Beacon == beacon.Answered {
			continue
		}
		if w := private(l, f.Connectivity, r); worse(w, v) {
			v = w
		}
	}
	return v
}

// worse orders verdicts: public before home before offline, and an unproven
// tunnel, which says least, after every other public one.
func worse(a, b Verdict) bool {
	rank := func(v Verdict) int {
		switch {
		case v.Reason == UnprovenTunnel:
			return 1
		case v.Trust == Public:
			return 3
		case v.Trust == Home:
			return 2
		}
		return 0
	}
	return rank(a) > rank(b)
}

// private judges one link that nothing proves to be the company's.
func private(l Link, c Connectivity, r Rules) Verdict {
	switch {
	case l.Kind == Tunnel && l.Default:
		return Verdict{Trust: Public, Reason: UnprovenTunnel}
	case l.Kind == Tunnel, l.Kind == Virtual && !l.Default:
		return Verdict{Trust: Offline, Reason: NoNetwork}
	case l.Default && c == Portal:
		return Verdict{Trust: Public, Reason: CaptivePortal}
	case l.Kind == Wifi:
		return wifi(l, r)
	case r.Unknown == Public:
		return Verdict{Trust: Public, Reason: UnlistedNetwork}
	case r.Category && l.Category == CategoryPublic:
		return Verdict{Trust: Public, Reason: MarkedPublic}
	case l.Kind == Cellular:
		return Verdict{Trust: Home, Reason: CellularNetwork}
	}
	return Verdict{Trust: Home, Reason: WiredPrivate}
}

func wifi(l Link, r Rules) Verdict {
	switch {
	case l.Security == Open, l.Security == OWE:
		return Verdict{Trust: Public, Reason: OpenWifi}
	case l.Security == WEP:
		return Verdict{Trust: Public, Reason: WeakWifi}
	case l.Security != WPAPersonal && l.Security != WPAEnterprise:
		return Verdict{Trust: Public, Reason: WifiUnknown}
	case slices.Contains(r.Public, l.SSID):
		return Verdict{Trust: Public, Reason: ListedPublic}
	case slices.Contains(r.Home, l.SSID):
		return Verdict{Trust: Home, Reason: ListedHome}
	case r.Unknown == Public:
		return Verdict{Trust: Public, Reason: UnlistedNetwork}
	case r.Category && l.Category == CategoryPublic:
		return Verdict{Trust: Public, Reason: MarkedPublic}
	}
	return Verdict{Trust: Home, Reason: SecuredWifi}
}
