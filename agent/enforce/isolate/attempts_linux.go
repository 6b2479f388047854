package isolate

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"time"

	"github.com/florianl/go-nflog/v2"
	"golang.org/x/sys/unix"
)

// watchAttempts calls tell for what the rules stop, until the context ends.
func watchAttempts(ctx context.Context, log *slog.Logger, tell func(Attempt)) error {
	n, err := nflog.Open(&nflog.Config{Group: logGroup, Copymode: nflog.CopyPacket, Bufsize: snapLength, Timeout: 1})
	if err != nil {
		return fmt.Errorf("listen for what the packet filter stops: %w", err)
	}
	defer n.Close()
	hook := func(a nflog.Attribute) int {
		if a.Payload == nil {
			return 0
		}
		if attempt, ok := parsePacket(*a.Payload); ok {
			attempt.Time = time.Now().UTC()
			if a.UID != nil {
				attempt.UID = int(*a.UID)
			}
			tell(attempt)
		}
		return 0
	}
	failed := func(err error) int {
		if ctx.Err() != nil {
			return 1
		}
		log.Debug("what the packet filter stops was told incompletely", "err", err)
		return 0
	}
	if err := n.RegisterWithErrorFunc(ctx, hook, failed); err != nil {
		return fmt.Errorf("listen for what the packet filter stops: %w", err)
	}
	<-ctx.Done()
	return nil
}

// Of the headers of IPv6 (RFC 8200, section 4.1) so many are skipped.
const maxHeaders = 8

// parsePacket reads where a packet was going; raw starts with the IP header
// and may be cut short.
func parsePacket(raw []byte) (Attempt, bool) {
	a := Attempt{UID: -1, Count: 1}
	var protocol byte
	var rest []byte
	switch {
	case len(raw) >= 20 && raw[0]>>4 == 4:
		header := int(raw[0]&0xf) * 4
		if header < 20 || header > len(raw) {
			return a, false
		}
		a.Address = netip.AddrFrom4([4]byte(raw[16:20]))
		protocol, rest = raw[9], raw[header:]
	case len(raw) >= 40 && raw[0]>>4 == 6:
		a.Address = netip.AddrFrom16([16]byte(raw[24:40]))
		protocol, rest = skipHeaders(raw[6], raw[40:])
	default:
		return a, false
	}
	switch protocol {
	case unix.IPPROTO_TCP, unix.IPPROTO_UDP:
		a.Protocol = map[byte]string{unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp"}[protocol]
		if len(rest) >= 4 {
			a.Port = binary.BigEndian.Uint16(rest[2:])
		}
	case unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6:
		a.Protocol = "icmp"
	default:
		a.Protocol = strconv.Itoa(int(protocol))
	}
	return a, true
}

// skipHeaders answers the protocol after IPv6's extension headers.
func skipHeaders(next byte, rest []byte) (byte, []byte) {
	for range maxHeaders {
		switch next {
		case unix.IPPROTO_HOPOPTS, unix.IPPROTO_ROUTING, unix.IPPROTO_DSTOPTS:
			if len(rest) < 2 {
				return next, nil
			}
			size := (int(rest[1]) + 1) * 8
			if size > len(rest) {
				return rest[0], nil
			}
			next, rest = rest[0], rest[size:]
		default:
			return next, rest
		}
	}
	return next, nil
}
