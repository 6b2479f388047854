package isolate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Layout of inet_diag_req_v2 and inet_diag_msg, linux/inet_diag.h.
const (
	diagRequest = 56 // bytes
	diagID      = 8  // where the socket's identity lies in a request
	diagIDSize  = 48
	diagReplyID = 4 // and in a reply
	diagReply   = 72
)

// cut ends the connections that a ruleset forbids (SOCK_DESTROY): whoever
// waits on one is told at once. It answers how many. Unconnected sockets stay.
func cut(r ruleset) (int, error) {
	c, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, nil)
	if err != nil {
		return 0, fmt.Errorf("list connections: %w", err)
	}
	defer c.Close()
	ended := 0
	var errs []error
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		for _, protocol := range []byte{unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
			sockets, err := connections(c, family, protocol)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			for _, s := range sockets {
				if !r.stops(s.remote) {
					continue
				}
				switch err := s.destroy(c, family, protocol); {
				case err == nil:
					ended++
				case !errors.Is(err, unix.ENOENT): // gone by itself
					errs = append(errs, err)
				}
			}
		}
	}
	return ended, errors.Join(errs...)
}

// connection is a socket with a peer.
type connection struct {
	id     []byte
	remote netip.AddrPort
}

func connections(c *netlink.Conn, family, protocol byte) ([]connection, error) {
	request := make([]byte, diagRequest)
	request[0], request[1] = family, protocol
	binary.NativeEndian.PutUint32(request[4:], ^uint32(0)) // in every state
	replies, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.SOCK_DIAG_BY_FAMILY, Flags: netlink.Request | netlink.Dump}, Data: request,
	})
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	var list []connection
	for _, m := range replies {
		if len(m.Data) < diagReply {
			continue
		}
		id := m.Data[diagReplyID : diagReplyID+diagIDSize]
		if s := (connection{id: id, remote: remoteOf(id, family)}); s.remote.Port() != 0 {
			list = append(list, s)
		}
	}
	return list, nil
}

// remoteOf reads inet_diag_sockid: ports of 2 bytes, addresses of 16.
func remoteOf(id []byte, family byte) netip.AddrPort {
	size := 16
	if family == unix.AF_INET {
		size = 4
	}
	a, _ := netip.AddrFromSlice(id[20 : 20+size])
	return netip.AddrPortFrom(a.Unmap(), binary.BigEndian.Uint16(id[2:]))
}

func (s connection) destroy(c *netlink.Conn, family, protocol byte) error {
	request := make([]byte, diagRequest)
	request[0], request[1] = family, protocol
	binary.NativeEndian.PutUint32(request[4:], ^uint32(0))
	copy(request[diagID:], s.id)
	_, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.SOCK_DESTROY, Flags: netlink.Request | netlink.Acknowledge}, Data: request,
	})
	if err != nil {
		return fmt.Errorf("end a connection: %w", err)
	}
	return nil
}
