package beacon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Outcome is what came of asking for a beacon.
type Outcome string

// The outcomes.
const (
	// Answered: the holder of the pinned key is reached directly.
	Answered Outcome = "answered"
	// Silent: nobody answers at the address.
	Silent Outcome = "silent"
	// Impostor: somebody answers there who does not hold the key, such as a
	// captive portal, another network's own machine, or an attacker.
	Impostor Outcome = "impostor"
	// Relayed: the beacon sees another address than ours. Something in between
	// carries the connection on: address translation, or an attacker.
	Relayed Outcome = "relayed"
)

// Target says where a beacon is and how it is recognised.
type Target struct {
	// Address is host:port. An address rather than a name needs no name
	// server, which on a strange network is a stranger's.
	Address string
	Pins    []Pin // any of them, for changing a key
	// NAT accepts a beacon that sees another address than ours, for networks
	// that translate addresses on the way to the inside. It gives up seeing
	// that somebody passes the connection on.
	NAT bool
}

// Probe asks for the beacon through a dialer, which may be bound to one
// interface, until the context ends. The error says why it was not answered;
// it is nil when it was.
func Probe(ctx context.Context, dialer *net.Dialer, target Target) (Outcome, error) {
	conn, err := dial(ctx, dialer, target.Address)
	if err != nil {
		return Silent, fmt.Errorf("reach the beacon: %w", err)
	}
	defer conn.Close()
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return Silent, fmt.Errorf("reach the beacon: %w", err)
	}
	said, err := ask(ctx, conn, target)
	switch {
	case err != nil && ctx.Err() != nil && !errors.Is(err, errKey):
		return Silent, fmt.Errorf("ask the beacon: %w", err)
	case err != nil:
		return Impostor, fmt.Errorf("ask the beacon: %w", err)
	case !target.NAT && said.Peer != local.Addr().Unmap().WithZone(""):
		return Relayed, errors.New("ask the beacon: it sees another address than this machine has")
	}
	return Answered, nil
}

// dialAgain is how long a connection may take before a second one is tried beside
// it. On a network just joined the first packet is easily lost, and the kernel
// sends another only after a second.
const dialAgain = 200 * time.Millisecond

// dial answers the first of at most two connections that stands.
func dial(ctx context.Context, dialer *net.Dialer, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result, 2)
	try := func() {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		results <- result{conn, err}
	}
	go try()
	running := 1
	again := time.NewTimer(dialAgain)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			running++
			go try()
		case r := <-results:
			running--
			if r.err != nil && running > 0 {
				continue
			}
			for range running { // one that stands a moment later is not needed
				go func() {
					if late := <-results; late.err == nil {
						_ = late.conn.Close()
					}
				}()
			}
			return r.conn, r.err
		}
	}
}

// ask speaks HTTPS over one connection and throws it away: every answer is a
// full handshake, hence a fresh proof.
func ask(ctx context.Context, conn net.Conn, target Target) (reply, error) {
	used := false
	client := http.Client{
		Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				if used {
					return nil, errors.New("one connection only")
				}
				used = true
				return conn, nil
			},
			TLSClientConfig:        pinned(target.Pins),
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 4 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+target.Address+Path, nil)
	if err != nil {
		return reply{}, err
	}
	res, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return reply{}, fmt.Errorf("it answers %d", res.StatusCode)
	}
	var r reply
	if err := json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(&r); err != nil {
		return reply{}, fmt.Errorf("read its answer: %w", err)
	}
	if r.Version != 1 {
		return reply{}, fmt.Errorf("it speaks version %d", r.Version)
	}
	return r, nil
}
