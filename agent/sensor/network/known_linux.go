package network

import "github.com/godbus/dbus/v5"

// known is what NetworkManager says, by interface.
type known struct {
	connectivity Connectivity
	metered      bool
	links        map[string]Link // Kind, Connection, SSID and Security only
}

// complete adds to a link what NetworkManager knows of it.
func (k known) complete(l Link) Link {
	n, ok := k.links[l.Name]
	if !ok {
		return l
	}
	l.Connection, l.SSID, l.Security = n.Connection, n.SSID, n.Security
	if n.Kind != "" {
		l.Kind = n.Kind
	}
	return l
}

// NetworkManager's numbers.
var (
	nmConnectivity = map[uint32]Connectivity{1: NoConnectivity, 2: Portal, 3: Limited, 4: Full}
	// nmKinds: the types whose kind the kernel does not tell as well.
	nmKinds = map[uint32]Kind{2: Wifi, 8: Cellular, 16: Tunnel, 17: Tunnel, 29: Tunnel}
)

const (
	nmActivated   = 2 // of a connection
	nmMeteredYes  = 1
	nmMeteredGues = 3 // guessed: yes

	nmPrivacy  = 0x1 // of an access point: it has some secret
	nmPSK      = 0x100
	nm8021X    = 0x200
	nmSAE      = 0x400
	nmOWE      = 0x800
	nmOWETrans = 0x1000
	nmSuiteB   = 0x2000
)

// read understands everything NetworkManager publishes. What is missing or of
// another type counts as unknown.
func read(all objects) known {
	root := all[nmRoot][nmName]
	k := known{
		connectivity: nmConnectivity[value[uint32](root, "Connectivity")],
		metered:      isMetered(value[uint32](root, "Metered")),
		links:        map[string]Link{},
	}
	for _, object := range all {
		device := object[nmDevice]
		if device == nil {
			continue
		}
		l := Link{Kind: nmKinds[value[uint32](device, "DeviceType")]}
		active := all[value[dbus.ObjectPath](device, "ActiveConnection")][nmActive]
		if value[uint32](active, "State") == nmActivated {
			l.Connection = shown([]byte(value[string](active, "Id")))
		}
		if l.Kind == Wifi {
			point := all[value[dbus.ObjectPath](object[nmWireless], "ActiveAccessPoint")][nmPoint]
			if point == nil {
				point = all[value[dbus.ObjectPath](active, "SpecificObject")][nmPoint]
			}
			l.SSID, l.Security = shown(value[[]byte](point, "Ssid")), security(point)
		}
		for _, name := range []string{"Interface", "IpInterface"} {
			if iface := value[string](device, name); iface != "" {
				k.links[iface] = l
			}
		}
	}
	return k
}

func isMetered(m uint32) bool { return m == nmMeteredYes || m == nmMeteredGues }

// security tells how an access point is secured. One that offers a secured
// and an unsecured way counts as the weaker.
func security(point map[string]dbus.Variant) Security {
	if _, told := point["RsnFlags"]; !told {
		return SecurityUnknown
	}
	offered := value[uint32](point, "WpaFlags") | value[uint32](point, "RsnFlags")
	switch {
	case offered&(nmOWE|nmOWETrans) != 0:
		return OWE
	case offered&(nmPSK|nmSAE) != 0:
		return WPAPersonal
	case offered&(nm8021X|nmSuiteB) != 0:
		return WPAEnterprise
	case offered != 0:
		return SecurityUnknown
	case value[uint32](point, "Flags")&nmPrivacy != 0:
		return WEP
	}
	return Open
}

func value[T any](properties map[string]dbus.Variant, name string) T {
	v, _ := properties[name].Value().(T)
	return v
}
