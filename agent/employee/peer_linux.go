package employee

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// errForeign: a connection is another person's.
var errForeign = errors.New("the connection is another person's")

// isOwn answers nil when the other end of a connection within this machine
// belongs to the person we run as, as the kernel's list of sockets
// (proc_pid_net(5), tcp) says.
func isOwn(conn net.Conn) error {
	from, err := procAddress(conn.RemoteAddr())
	if err != nil {
		return err
	}
	to, err := procAddress(conn.LocalAddr())
	if err != nil {
		return err
	}
	sockets, err := os.Open("/proc/self/net/tcp")
	if err != nil {
		return fmt.Errorf("read the list of sockets: %w", err)
	}
	defer sockets.Close()
	self := strconv.Itoa(os.Geteuid())
	lines := bufio.NewScanner(sockets)
	for lines.Scan() {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid …
		f := strings.Fields(lines.Text())
		if len(f) < 8 || f[1] != from || f[2] != to {
			continue
		}
		if f[7] != self {
			return errForeign
		}
		return nil
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the list of sockets: %w", err)
	}
	return errForeign // it is gone already
}

// procAddress writes an address as the kernel's list does: 0100007F:1F90.
func procAddress(a net.Addr) (string, error) {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil || !at.Addr().Is4() {
		return "", errForeign
	}
	ip := at.Addr().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), at.Port()), nil
}
