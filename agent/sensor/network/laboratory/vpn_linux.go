package laboratory

import (
	"io"
	"net"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

func capture(out io.Writer, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd.Run()
}

// VPN opens a tunnel into the company: packets of a tun interface carried in
// UDP, as VPNs do, without the encryption that nobody here looks at. It
// answers a function that closes it.
func (w *World) VPN() (down func()) {
	w.t.Helper()
	office := w.tunnel(NSCompany)
	w.must(ip("-n company addr add 10.99.0.1/24 dev vpn0\n-n company link set vpn0 up\n"))
	laptop := w.tunnel("")
	w.must(ip("addr add 10.99.0.2/24 dev vpn0\nlink set vpn0 up\nroute add 10.20.0.0/16 dev vpn0\nroute add 203.0.113.20/32 dev vpn0\n"))

	var gateway *net.UDPConn
	In(w.t, NSCompany, func() (err error) {
		at, err := net.ResolveUDPAddr("udp", Endpoint)
		if err == nil {
			gateway, err = net.ListenUDP("udp", at)
		}
		return err
	})
	client, err := net.Dial("udp", Endpoint)
	w.must(err)
	go carry(client, laptop)
	go carry(laptop, client)
	go func() {
		packet := make([]byte, 64<<10)
		var peer net.Addr
		for {
			n, from, err := gateway.ReadFrom(packet)
			if err != nil {
				return
			}
			if peer == nil {
				peer = from
				go carry(replies{gateway, peer}, office)
			}
			office.Write(packet[:n])
		}
	}()
	down = func() {
		for _, c := range []io.Closer{client, gateway, laptop, office} {
			c.Close()
		}
	}
	w.t.Cleanup(down)
	return down
}

type replies struct {
	conn *net.UDPConn
	to   net.Addr
}

func (r replies) Write(packet []byte) (int, error) { return r.conn.WriteTo(packet, r.to) }

// carry passes packets on, one read a packet. What one way loses is lost, as
// on any network; only the reading side's end ends it.
func carry(to io.Writer, from io.Reader) {
	packet := make([]byte, 64<<10)
	for {
		n, err := from.Read(packet)
		if err != nil {
			return
		}
		to.Write(packet[:n])
	}
}

// tunnel makes the tun interface vpn0 in a namespace, "" for the laptop's.
func (w *World) tunnel(ns string) *os.File {
	w.t.Helper()
	var file *os.File
	open := func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		request, err := unix.NewIfreq("vpn0")
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			return err
		}
		file = os.NewFile(uintptr(fd), "vpn0")
		return nil
	}
	if ns == "" {
		w.must(open())
		return file
	}
	In(w.t, ns, open)
	return file
}
