package isolate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/sensor/network/laboratory"
)

// victim makes this program a service that isolates and waits to be killed.
const victim = "TRUSTLINE_ISOLATE_VICTIM"

func TestMain(m *testing.M) {
	if c := os.Getenv(victim); c != "" {
		os.Exit(isolateForEver(Crash(c)))
	}
	os.Exit(laboratory.Main(m))
}

// company is what the laboratory's company calls internal.
func company(mode Mode) Plan {
	return Plan{Mode: mode, Internal: []string{"10.20.0.0/16", "fd20::/64", "203.0.113.20"},
		Allow: []string{laboratory.Beacon, laboratory.Endpoint}}
}

// stopped collects what an isolator tells.
type stopped struct {
	mu       sync.Mutex
	attempts []Attempt
	restored int
}

func (s *stopped) config(c Config) Config {
	c.Stopped = func(a Attempt) { s.mu.Lock(); s.attempts = append(s.attempts, a); s.mu.Unlock() }
	c.Restored = func() { s.mu.Lock(); s.restored++; s.mu.Unlock() }
	return c
}

// await waits for an attempt at a target.
func (s *stopped) await(t *testing.T, address string, protocol string) Attempt {
	t.Helper()
	want := netip.MustParseAddrPort(address)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		i := slices.IndexFunc(s.attempts, func(a Attempt) bool {
			return a.Address == want.Addr() && (a.Port == want.Port() || protocol == "icmp") && a.Protocol == protocol
		})
		if i >= 0 {
			defer s.mu.Unlock()
			return s.attempts[i]
		}
		s.mu.Unlock()
	}
	t.Fatalf("nobody told of the attempt at %s %s: %+v", protocol, address, s.attempts)
	return Attempt{}
}

// isolator runs one until the test ends.
func isolator(t *testing.T, c Config) *Isolator {
	t.Helper()
	i, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the isolator does not stop")
		}
		if s, err := Read(); err != nil || s.Isolated {
			t.Errorf("stopping left isolation behind: %+v, %v", s, err)
		}
	})
	time.Sleep(50 * time.Millisecond) // until it listens
	return i
}

func apply(t *testing.T, i *Isolator, p Plan) {
	t.Helper()
	if err := i.Apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func lift(t *testing.T, i *Isolator) {
	t.Helper()
	if err := i.Lift(); err != nil {
		t.Fatal(err)
	}
}

func reachable(t *testing.T, addresses ...string) {
	t.Helper()
	for _, a := range addresses {
		if err := laboratory.Connect(a); err != nil {
			t.Errorf("%s should be reachable: %v", a, err)
		}
	}
}

// refused makes sure that connecting fails, at once and not by waiting.
func refused(t *testing.T, addresses ...string) {
	t.Helper()
	for _, a := range addresses {
		start := time.Now()
		err := laboratory.Connect(a)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s should be refused: %v", a, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s was refused only after %v", a, d)
		}
	}
}

// TestNormsOwnCase: on public Wi-Fi nobody logs in to an internal system,
// whether only the inside or the whole internet reaches it.
func TestNormsOwnCase(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-cafe")
	seen := &stopped{}
	i := isolator(t, seen.config(Config{}))
	reachable(t, laboratory.Exposed, laboratory.Elsewhere)
	apply(t, i, company(Internal))
	refused(t, laboratory.Exposed)
	reachable(t, laboratory.Elsewhere)
	a := seen.await(t, laboratory.Exposed, "tcp")
	if a.UID != os.Getuid() || a.Count != 1 || time.Since(a.Time) > time.Minute {
		t.Errorf("told of %+v", a)
	}
	s, err := Read()
	if err != nil || !s.Isolated || s.Mode != Internal || s.Packets == 0 || s.Bytes == 0 {
		t.Errorf("status %+v, %v", s, err)
	}
	lift(t, i)
	reachable(t, laboratory.Exposed, laboratory.Elsewhere)
}

// TestNotAByteLeaves listens at the server's side of the air.
func TestNotAByteLeaves(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	i := isolator(t, Config{})
	reachable(t, laboratory.Inside, laboratory.Inside6)
	time.Sleep(500 * time.Millisecond) // the last packets of these are on their way
	apply(t, i, company(Internal))
	seen := w.Sniff(laboratory.NSCompany, "lan")
	refused(t, laboratory.Inside, laboratory.Inside6)
	u, err := net.Dial("udp", laboratory.Inside)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	u.Write([]byte("hello"))
	time.Sleep(300 * time.Millisecond)
	if packets := seen(); len(packets) > 0 {
		t.Errorf("%d packets to internal systems left the machine, the first %x", len(packets), packets[0])
	}
	lift(t, i)
	reachable(t, laboratory.Inside)
	for end := time.Now().Add(time.Minute); len(seen()) == 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond) // the listener runs beside us
	}
	if packets := seen(); len(packets) == 0 {
		t.Error("the listener hears nothing at all, so the test shows nothing")
	}
}

// TestOldConnectionsAreCut: busy ones and idle ones, TCP and UDP, both families.
func TestOldConnectionsAreCut(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	i := isolator(t, Config{})
	var conns []net.Conn
	for _, address := range []string{laboratory.Inside, laboratory.Inside6} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := laboratory.Exchange(c); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	other, err := net.Dial("tcp", laboratory.Beacon) // exempt
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	waiting := make(chan error, len(conns))
	for _, c := range conns {
		go func() { // an idle connection: somebody waits for the server to speak
			c.SetReadDeadline(time.Now().Add(30 * time.Second))
			_, err := c.Read(make([]byte, 1))
			waiting <- err
		}()
	}
	time.Sleep(50 * time.Millisecond)
	start := time.Now()
	apply(t, i, company(Internal))
	for range conns {
		if err := <-waiting; err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("an idle connection goes on: %v", err)
		}
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %v to end idle connections", d)
	}
	for _, c := range conns {
		if err := laboratory.Exchange(c); err == nil {
			t.Error("an old connection still carries data")
		}
	}
	if _, err := other.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Errorf("a connection that is exempt was ended: %v", err)
	}
	lift(t, i)
	reachable(t, laboratory.Inside)
}

func TestAllBut(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-cafe")
	w.Serve(laboratory.NSWorld, "198.51.100.7:53")
	seen := &stopped{}
	i := isolator(t, seen.config(Config{}))
	reachable(t, laboratory.Exposed, laboratory.Elsewhere)
	apply(t, i, company(AllBut))
	refused(t, laboratory.Exposed, laboratory.Elsewhere)
	reachable(t, "198.51.100.7:53") // name resolution
	seen.await(t, laboratory.Elsewhere, "tcp")
	own, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	c, err := net.Dial("tcp", own.Addr().String())
	if err != nil {
		t.Errorf("the machine does not reach itself: %v", err)
	} else {
		c.Close()
	}

	p := company(AllBut)
	p.Portal = true
	apply(t, i, p)
	reachable(t, laboratory.Elsewhere) // port 80: the portal's page
	refused(t, laboratory.Exposed)     // port 443, but internal
	apply(t, i, company(AllBut))
	refused(t, laboratory.Elsewhere)

	down := w.VPN() // its endpoint is exempt, so it can be opened
	refused(t, laboratory.Inside)
	lift(t, i) // which the sensor brings about once the beacon answers
	reachable(t, laboratory.Inside, laboratory.Exposed)
	down()
}

// TestCafeInTheCompanysRange: the café's gateway has an address of the
// company's range and resolves names there.
func TestCafeInTheCompanysRange(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-cafe")
	w.Serve(laboratory.NSWorld, "192.168.43.1:53")
	w.Serve(laboratory.NSWorld, "192.168.43.1:80")
	i := isolator(t, Config{})
	p := Plan{Mode: Internal, Internal: []string{"192.168.0.0/16", laboratory.Exposed[:len("203.0.113.20")]}}
	apply(t, i, p)
	refused(t, "192.168.43.1:53", "192.168.43.1:80", laboratory.Exposed)
	reachable(t, laboratory.Elsewhere)
	p.Local = []netip.Addr{netip.MustParseAddr("192.168.43.1")}
	apply(t, i, p)
	reachable(t, "192.168.43.1:53", laboratory.Elsewhere)
	refused(t, "192.168.43.1:80", laboratory.Exposed)
	p.Portal = true
	apply(t, i, p)
	reachable(t, "192.168.43.1:53", "192.168.43.1:80")
	refused(t, laboratory.Exposed)
}

// TestForwardedTrafficIsStopped: what containers and virtual machines of the
// workstation send.
func TestForwardedTrafficIsStopped(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	w.Container()
	i := isolator(t, Config{})
	if err := w.ConnectFrom(laboratory.NSContainer, laboratory.Inside); err != nil {
		t.Fatalf("the container should reach the inside before: %v", err)
	}
	apply(t, i, company(Internal))
	if err := w.ConnectFrom(laboratory.NSContainer, laboratory.Inside); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the container should be refused: %v", err)
	}
}

// TestReplacingLeavesNoGap: tables that replaced one another let 0 to 4 attempts
// through in 200 replacements, a table without a transaction thousands.
// Applying the same again changes nothing.
func TestReplacingLeavesNoGap(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	i := isolator(t, Config{})
	apply(t, i, company(Internal))
	refused(t, laboratory.Inside)
	before, _ := Read()
	rules := laboratory.Rules(t)
	apply(t, i, company(Internal))
	if after, _ := Read(); after != before || laboratory.Rules(t) != rules {
		t.Errorf("applying the same again changed %+v to %+v", before, after)
	}
	stop := make(chan struct{})
	tried := make(chan [2]int)
	go func() {
		n, gaps := 0, 0
		for {
			select {
			case <-stop:
				tried <- [2]int{n, gaps}
				return
			default:
				n++
				if laboratory.Connect(laboratory.Inside) == nil {
					gaps++
				}
			}
		}
	}()
	for n := range 200 {
		p := company([]Mode{AllBut, Internal}[n%2])
		p.Internal = append(p.Internal, "10.21.0.0/16")
		apply(t, i, p)
	}
	close(stop)
	result := <-tried
	t.Logf("of %d attempts while plans changed 200 times %d went through", result[0], result[1])
	if result[1] > 0 {
		t.Error("plans do not replace one another at once")
	}
	if after, _ := Read(); after.Packets <= before.Packets {
		t.Errorf("what was counted is lost: %d packets before, %d after", before.Packets, after.Packets)
	}
}

// TestEdgesOfNetworks looks at the edges, and at networks side by side.
func TestEdgesOfNetworks(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	i := isolator(t, Config{})
	apply(t, i, Plan{Mode: Internal, Internal: []string{"10.20.0.2", "10.20.0.3", "10.20.0.4/30", "10.20.0.16/28", "255.255.255.0/24", "240.0.0.0/4", "ffff::/16"}})
	refused(t, laboratory.Inside)
	for address, want := range map[string]bool{
		"10.20.0.1": false, "10.20.0.2": true, "10.20.0.3": true, "10.20.0.4": true, "10.20.0.7": true, "10.20.0.8": false,
		"10.20.0.15": false, "10.20.0.16": true, "10.20.0.31": true, "10.20.0.32": false,
	} {
		c, err := net.DialTimeout("udp", address+":9", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		patience := 20 * time.Millisecond
		if want {
			patience = time.Minute
		}
		err = turnedAway(c, patience)
		c.Close()
		if got := err != nil; got != want {
			t.Errorf("%s: stopped %t (%v), want %t", address, got, err, want)
		}
	}
}

// turnedAway answers why datagrams go no further, nil when they are not stopped
// for so long: each tells what became of those before it.
func turnedAway(c net.Conn, patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		_, err := c.Write([]byte("x"))
		if errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM) {
			return err
		}
		if time.Now().After(end) {
			return nil
		}
	}
}

// TestNamesAreClosedOff: known from a trusted network, and found later.
func TestNamesAreClosedOff(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	seen := &stopped{}
	i := isolator(t, seen.config(Config{State: filepath.Join(t.TempDir(), "names.json")}))
	inside := netip.MustParseAddrPort(laboratory.Inside).Addr()
	var mu sync.Mutex
	answers := map[string]netip.Addr{"crm.example.com": inside}
	i.names.lookup = func(_ context.Context, name string) ([]netip.Addr, error) {
		mu.Lock()
		defer mu.Unlock()
		if a, ok := answers[name]; ok {
			return []netip.Addr{a}, nil
		}
		return nil, errors.New("no such name")
	}
	p := Plan{Mode: Internal, Internal: []string{"crm.example.com", "hr.example.com"}}
	if err := i.Prepare(p); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); len(i.names.addresses("crm.example.com")) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the name was not resolved")
		}
	}
	mu.Lock()
	answers = map[string]netip.Addr{"hr.example.com": netip.MustParseAddr("203.0.113.20")} // elsewhere: the other name only
	mu.Unlock()
	reachable(t, laboratory.Inside)
	apply(t, i, p)
	refused(t, laboratory.Inside)
	if a := seen.await(t, laboratory.Inside, "tcp"); a.Name != "crm.example.com" {
		t.Errorf("told of %+v", a)
	}
	for deadline := time.Now().Add(time.Minute); laboratory.Connect(laboratory.Exposed) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a name that was found later is not closed off")
		}
	}
	refused(t, laboratory.Inside, laboratory.Exposed)
}
