package beacon

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func identity(t testing.TB) (tls.Certificate, Pin) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// Long expired: the key counts, not the dates.
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, PinOf(leaf)
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func serve(t testing.TB, cert tls.Certificate) string {
	t.Helper()
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, cert, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func probe(t testing.TB, target Target) (Outcome, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return Probe(ctx, &net.Dialer{}, target)
}

func expect(t *testing.T, want Outcome, target Target) {
	t.Helper()
	got, err := probe(t, target)
	if got != want || (err == nil) != (want == Answered) {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

func TestHolderOfTheKeyIsRecognised(t *testing.T) {
	cert, pin := identity(t)
	_, other := identity(t)
	address := serve(t, cert)
	expect(t, Answered, Target{Address: address, Pins: []Pin{pin}})
	expect(t, Answered, Target{Address: address, Pins: []Pin{other, pin}}) // a key being changed
}

func TestImpostors(t *testing.T) {
	cert, pin := identity(t)
	wrong, _ := identity(t)
	// The real certificate, which anybody can fetch, without its key.
	stolen := tls.Certificate{Certificate: cert.Certificate, PrivateKey: wrong.PrivateKey}
	for name, address := range map[string]string{
		"wrong key":                         serve(t, wrong),
		"real certificate with another key": serve(t, stolen),
		"no TLS":                            portal(t),
		"older TLS":                         older(t, cert),
	} {
		t.Run(name, func(t *testing.T) { expect(t, Impostor, Target{Address: address, Pins: []Pin{pin}}) })
	}
	t.Run("no pin at all", func(t *testing.T) { expect(t, Impostor, Target{Address: serve(t, cert)}) })
}

// portal answers every connection with a web page, as captive portals do.
func portal(t *testing.T) string {
	l := listen(t)
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "please log in") }))
	return l.Addr().String()
}

func older(t *testing.T, cert tls.Certificate) string {
	l := listen(t)
	s := &http.Server{Handler: Handler(), TLSConfig: &tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go s.ServeTLS(l, "", "")
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

func TestHolderOfTheKeyThatIsNoBeacon(t *testing.T) {
	cert, pin := identity(t)
	for name, h := range map[string]http.HandlerFunc{
		"not found":     http.NotFound,
		"redirect":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://example.invalid/", 302) },
		"other version": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"version":2,"peer":"127.0.0.1"}`) },
		"no address":    func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"version":1,"peer":"nowhere"}`) },
		"endless":       func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"x":"`+strings.Repeat("a", 1<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t)
			s := &http.Server{Handler: h, TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
			go s.ServeTLS(l, "", "")
			t.Cleanup(func() { s.Close() })
			expect(t, Impostor, Target{Address: l.Addr().String(), Pins: []Pin{pin}})
		})
	}
}

// TestReplay records a real exchange and plays the beacon's side of it again.
func TestReplay(t *testing.T) {
	cert, pin := identity(t)
	var recorded bytes.Buffer
	tap := relay(t, serve(t, cert), "127.0.0.1", &recorded)
	expect(t, Answered, Target{Address: tap, Pins: []Pin{pin}})
	if recorded.Len() < 500 {
		t.Fatalf("only %d bytes were recorded", recorded.Len())
	}
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Write(recorded.Bytes())
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	got, err := probe(t, Target{Address: l.Addr().String(), Pins: []Pin{pin}})
	if got != Impostor {
		t.Errorf("a replayed answer counts as %s (%v)", got, err)
	}
}

func TestRelayShowsItself(t *testing.T) {
	cert, pin := identity(t)
	// The relay stands elsewhere, as the beacon can see.
	through := relay(t, serve(t, cert), "127.0.0.9", nil)
	expect(t, Relayed, Target{Address: through, Pins: []Pin{pin}})
	expect(t, Answered, Target{Address: through, Pins: []Pin{pin}, NAT: true})
}

// relay passes connections on to a beacon from an address of its own.
func relay(t *testing.T, to, from string, record *bytes.Buffer) string {
	l := listen(t)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := dialer.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			go func() { io.Copy(out, in); out.Close() }()
			var back io.Writer = in
			if record != nil {
				back = io.MultiWriter(record, in)
			}
			io.Copy(back, out)
			in.Close()
		}
	}()
	return l.Addr().String()
}

func TestSilence(t *testing.T) {
	_, pin := identity(t)
	l := listen(t)
	closed := l.Addr().String()
	l.Close()
	expect(t, Silent, Target{Address: closed, Pins: []Pin{pin}})
	mute := listen(t) // accepts in the kernel, never says a word
	start := time.Now()
	expect(t, Silent, Target{Address: mute.Addr().String(), Pins: []Pin{pin}})
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("waited %v for a mute beacon", d)
	}
}

// A connection whose first packet is lost is not waited for.
func TestLostPacket(t *testing.T) {
	cert, pin := identity(t)
	address := serve(t, cert)
	var tries atomic.Int32
	dialer := &net.Dialer{ControlContext: func(ctx context.Context, _, _ string, _ syscall.RawConn) error {
		if tries.Add(1) == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if got, err := Probe(ctx, dialer, Target{Address: address, Pins: []Pin{pin}}); got != Answered || tries.Load() != 2 {
		t.Errorf("%v (%v) after %d tries", got, err, tries.Load())
	}
}

func TestParsePin(t *testing.T) {
	_, pin := identity(t)
	if got, err := ParsePin(pin.String()); err != nil || got != pin {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "sha256//", "sha256//c2hvcnQ=", strings.TrimPrefix(pin.String(), pinPrefix), "sha1//" + pin.String()} {
		if _, err := ParsePin(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzParsePin(f *testing.F) {
	f.Add("sha256//")
	f.Add(Pin{}.String())
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := ParsePin(text); err == nil {
			if again, err := ParsePin(p.String()); err != nil || again != p {
				t.Fatalf("%q does not read back", text)
			}
		}
	})
}
