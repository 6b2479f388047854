package laboratory

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/beacon"
)

// Addresses of the world.
const (
	Inside    = "10.20.0.2:443"     // a server that only the company's network and the VPN reach
	Inside6   = "[fd20::2]:443"     // the same over IPv6
	Exposed   = "203.0.113.20:443"  // an internal system that the internet reaches as well
	Endpoint  = "203.0.113.10:5182" // of the VPN, UDP
	Elsewhere = "198.51.100.7:80"   // a server on the internet, not the company's
	Beacon    = "10.20.0.2:8444"    // the company's beacon
)

// Namespaces.
const (
	NSCompany = "company"
	NSWorld   = "world" // the internet, the café and the home
	nsAir     = "air"   // where Wi-Fi travels
)

// World is one laboratory, with the laptop connected to nothing.
type World struct {
	t   testing.TB
	Pin beacon.Pin // of the company's beacon
}

// layout makes the namespaces and cables. "wlan0" is the laptop's; its other
// end is plugged from one access point into another.
const layout = `
netns add company
netns add world
netns add air
link add wlan0 type veth peer name plug netns air
-n air link add ap-company type bridge
-n air link add ap-cafe type bridge
-n air link add ap-home type bridge
-n air link add c0 type veth peer name lan netns company
-n air link add w0 type veth peer name cafe netns world
-n air link add h0 type veth peer name home netns world
-n world link add isp type veth peer name wan netns company
-n air link set c0 master ap-company
-n air link set w0 master ap-cafe
-n air link set h0 master ap-home
`

const addresses = `
-n air link set ap-company up
-n air link set ap-cafe up
-n air link set ap-home up
-n air link set c0 up
-n air link set w0 up
-n air link set h0 up
-n company link set lo up
-n company link set lan up
-n company link set wan up
-n world link set lo up
-n world link set cafe up
-n world link set home up
-n world link set isp up
-n company addr add 10.20.0.1/16 dev lan
-n company addr add 10.20.0.2/16 dev lan
-n company addr add fd20::1/64 dev lan nodad
-n company addr add fd20::2/64 dev lan nodad
-n company addr add 203.0.113.10/24 dev wan
-n company addr add 203.0.113.20/24 dev wan
-n company route add default via 203.0.113.1
-n world addr add 203.0.113.1/24 dev isp
-n world addr add 198.51.100.7/32 dev lo
-n world addr add 192.168.43.1/24 dev cafe
-n world addr add 192.168.1.1/24 dev home
`

// New builds a world. There can be one at a time.
func New(t testing.TB) *World {
	t.Helper()
	Need(t, "ip")
	w := &World{t: t}
	t.Cleanup(w.remove)
	w.must(ip(layout))
	w.must(ip(addresses))
	for _, ns := range []string{NSWorld, NSCompany} {
		w.must(run("ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv4.ip_forward=1"))
	}
	cert, pin := Identity(t)
	w.Pin = pin
	w.Beacon(NSCompany, Beacon, cert)
	for ns, list := range map[string][]string{NSCompany: {Inside, Inside6, Exposed}, NSWorld: {Elsewhere}} {
		for _, address := range list {
			w.echo(ns, address)
		}
	}
	return w
}

func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *World) remove() {
	// Whatever New had made; what it had not, cannot be removed.
	_ = run("ip", "link", "del", "wlan0")
	for _, ns := range []string{NSCompany, NSWorld, nsAir} {
		_ = run("ip", "netns", "del", ns)
	}
}

// listen listens in a namespace until the test ends.
func (w *World) listen(ns, address string) net.Listener {
	w.t.Helper()
	var l net.Listener
	In(w.t, ns, func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	w.t.Cleanup(func() { l.Close() })
	return l
}

// echo serves whoever connects with their own bytes.
func (w *World) echo(ns, address string) {
	l := w.listen(ns, address)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
}

// Beacon serves a beacon of some key in a namespace.
func (w *World) Beacon(ns, address string, cert tls.Certificate) {
	w.t.Helper()
	l := w.listen(ns, address)
	ctx := w.t.Context()
	go beacon.Serve(ctx, l, cert, slog.New(slog.DiscardHandler))
}

// Identity makes a key for a beacon.
func Identity(t testing.TB) (tls.Certificate, beacon.Pin) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, beacon.PinOf(leaf)
}

// Claim makes the café answer for the company's inside addresses, as an
// attacker's network does.
func (w *World) Claim() {
	w.t.Helper()
	w.must(run("ip", "-n", NSWorld, "addr", "add", "10.20.0.2/32", "dev", "lo"))
}

// Unplug takes the laptop off the air.
func (w *World) Unplug() {
	w.t.Helper()
	w.must(ip("-n air link set plug down\naddr flush dev wlan0\n"))
}

// Plug joins an access point, as the radio and DHCP do: there is an address once
// packets get through. The kernel of the access point takes up to a second for
// that, as it looks after links that come and go once in a second.
func (w *World) Plug(ap string) {
	w.t.Helper()
	lines := map[string]string{
		"ap-company": "addr add 10.20.1.5/16 dev wlan0\naddr add fd20::5/64 dev wlan0 nodad\nroute replace default via 10.20.0.1\n",
		"ap-cafe":    "addr add 192.168.43.5/24 dev wlan0\nroute replace default via 192.168.43.1\n",
		"ap-home":    "addr add 192.168.1.5/24 dev wlan0\nroute replace default via 192.168.1.1\n",
	}[ap]
	w.must(ip("-n air link set plug master " + ap + "\n-n air link set plug up\nlink set wlan0 up\n"))
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		port, err := exec.Command("ip", "-n", "air", "-d", "link", "show", "plug").CombinedOutput()
		if bytes.Contains(port, []byte("state forwarding")) {
			break
		}
		if err != nil || time.Now().After(end) {
			w.t.Fatalf("the access point forwards nothing: %v: %s", err, port)
		}
	}
	w.must(ip(lines))
}

// Connect answers whether a byte makes its way to a server and back.
func Connect(address string) error {
	c, err := net.DialTimeout("tcp", address, 2*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	return Exchange(c)
}

// Exchange sends a line and waits for it to come back.
func Exchange(c net.Conn) error {
	const line = "hello\n"
	if err := c.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, line); err != nil {
		return err
	}
	back := make([]byte, len(line))
	_, err := io.ReadFull(c, back)
	return err
}

// Rules answers everything the packet filter holds, but for its counters.
func Rules(t testing.TB) string {
	t.Helper()
	Need(t, "nft")
	var out strings.Builder
	w := &World{t: t}
	w.must(capture(&out, "nft", "--stateless", "list", "ruleset"))
	return out.String()
}

// Radio brings an access point within reach, without an address.
func (w *World) Radio(ap string) {
	w.t.Helper()
	w.must(ip("-n air link set plug master " + ap + "\n-n air link set plug up\nlink set wlan0 up\n"))
}
