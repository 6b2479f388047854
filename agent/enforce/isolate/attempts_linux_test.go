package isolate

import (
	"net/netip"
	"testing"
)

func TestParsePacket(t *testing.T) {
	four := append([]byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 20, 0, 2}, 0x12, 0x34, 0, 53)
	six := append([]byte{0x60, 0, 0, 0, 0, 16, 0, 64}, make([]byte, 32)...)
	six[39] = 9
	six = append(six, 6, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 1, 0xbb) // a hop-by-hop header, then TCP
	for want, raw := range map[string][]byte{
		"udp 10.20.0.2:53": four, "tcp [::9]:443": six,
		"udp 10.20.0.2:0": four[:20], // cut short
	} {
		a, ok := parsePacket(raw)
		if got := a.Protocol + " " + netip.AddrPortFrom(a.Address, a.Port).String(); !ok || got != want {
			t.Errorf("got %q (%t), want %q", got, ok, want)
		}
	}
}

func FuzzParsePacket(f *testing.F) {
	f.Add([]byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 20, 0, 2, 0x12, 0x34, 0, 53})
	f.Add(append([]byte{0x60, 0, 0, 0, 0, 8, 0, 64}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, ok := parsePacket(raw); ok && (!a.Address.IsValid() || a.Protocol == "" || a.Count != 1) {
			t.Fatalf("%x is read as %+v", raw, a)
		}
	})
}
