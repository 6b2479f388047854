package laboratory

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Serve serves whoever connects with their own bytes.
func (w *World) Serve(ns, address string) { w.t.Helper(); w.echo(ns, address) }

// Sniff listens to an interface in a namespace and answers a function that
// answers the IP packets heard since that are TCP or UDP.
func (w *World) Sniff(ns, iface string) func() [][]byte {
	w.t.Helper()
	var fd int
	In(w.t, ns, func() error {
		i, err := net.InterfaceByName(iface)
		if err != nil {
			return err
		}
		everything := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(everything)); err != nil {
			return err
		}
		timeout := unix.NsecToTimeval(int64(50 * time.Millisecond))
		return errors.Join(
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: everything, Ifindex: i.Index}))
	})
	var mu sync.Mutex
	var heard [][]byte
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		packet := make([]byte, 64<<10)
		for {
			select {
			case <-stop:
				return
			default:
			}
			n, _, err := unix.Recvfrom(fd, packet, 0)
			if err != nil || !carriesData(packet[:n]) {
				continue
			}
			mu.Lock()
			heard = append(heard, append([]byte(nil), packet[:n]...))
			mu.Unlock()
		}
	}()
	w.t.Cleanup(func() { close(stop); <-stopped; unix.Close(fd) })
	return func() [][]byte {
		mu.Lock()
		defer mu.Unlock()
		return heard
	}
}

func carriesData(packet []byte) bool {
	switch {
	case len(packet) >= 20 && packet[0]>>4 == 4:
		return packet[9] == unix.IPPROTO_TCP || packet[9] == unix.IPPROTO_UDP
	case len(packet) >= 40 && packet[0]>>4 == 6:
		return packet[6] == unix.IPPROTO_TCP || packet[6] == unix.IPPROTO_UDP
	}
	return false
}

// NSContainer is the namespace of a container on the laptop.
const NSContainer = "container"

// Container starts a container on the laptop, whose traffic the laptop
// forwards.
func (w *World) Container() {
	w.t.Helper()
	w.must(ip("netns add container\nlink add docker0 type veth peer name eth0 netns container\n"))
	w.t.Cleanup(func() { _ = run("ip", "link", "del", "docker0"); _ = run("ip", "netns", "del", NSContainer) })
	w.must(ip("addr add 172.17.0.1/16 dev docker0\nlink set docker0 up\n" +
		"-n container addr add 172.17.0.2/16 dev eth0\n-n container link set eth0 up\n-n container route add default via 172.17.0.1\n" +
		"-n company route add 172.17.0.0/16 via 10.20.1.5\n"))
	w.must(run("sysctl", "-qw", "net.ipv4.ip_forward=1"))
}

// ConnectFrom answers whether a byte makes its way from a namespace to a
// server and back.
func (w *World) ConnectFrom(ns, address string) error {
	w.t.Helper()
	var result error
	In(w.t, ns, func() error {
		// No other address to try, so this dials on the thread it is on.
		c, err := net.DialTimeout("tcp", address, 2*time.Second)
		if err != nil {
			result = err
			return nil
		}
		defer c.Close()
		result = Exchange(c)
		return nil
	})
	return result
}
