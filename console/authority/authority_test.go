package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/enrol"
)

const machine = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"

func load(t testing.TB, dir string) *Authority {
	t.Helper()
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func request(t testing.TB) *x509.CertificateRequest {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := enrol.NewCSR(key, machine)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := enrol.ParseCSR(der, machine)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

func TestTheAuthorityIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	all := make([]*Authority, 20)
	var wg sync.WaitGroup
	for n := range all {
		wg.Go(func() { all[n], _ = Load(dir) })
	}
	wg.Wait()
	for _, a := range all {
		if a == nil || !bytes.Equal(a.Root(), all[0].Root()) {
			t.Fatal("several at once made several authorities, or none")
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v %v", entries, err)
	}
	if info, err := os.Stat(filepath.Join(dir, fileName)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestADamagedAuthorityIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	load(t, dir)
	other := t.TempDir()
	load(t, other)
	path := filepath.Join(dir, fileName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(filepath.Join(other, fileName))
	if err != nil {
		t.Fatal(err)
	}
	cut := bytes.Index(good, []byte("-----BEGIN CERT"))
	for what, data := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)/2], "without a certificate": good[:cut], "without a key": good[cut:],
		"of two": append(good[:cut:cut], foreign[bytes.Index(foreign, []byte("-----BEGIN CERT")):]...),
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil {
			t.Errorf("%s: taken", what)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, data) {
			t.Errorf("%s: overwritten", what)
		}
	}
}

func TestWhoseCertificate(t *testing.T) {
	a, another := load(t, t.TempDir()), load(t, t.TempDir())
	now := time.Now()
	issue := func(by *Authority, at time.Time) *x509.Certificate {
		c, err := by.Issue(request(t), machine, at)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	sign := func(change func(*x509.Certificate)) *x509.Certificate {
		leaf := &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: machine}, URIs: []*url.URL{enrol.URI(machine)},
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
		change(leaf)
		der, err := x509.CreateCertificate(rand.Reader, leaf, a.root, request(t).PublicKey, a.key)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	selfSigned := func() *x509.Certificate {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		// The authority's own name, with another key.
		leaf := &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: machine}, Issuer: a.root.Subject, URIs: []*url.URL{enrol.URI(machine)}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
		ca := *a.root
		der, err := x509.CreateCertificate(rand.Reader, leaf, &ca, &key.PublicKey, key)
		if err == nil {
			t.Fatal("signed with a key that is not the authority's")
		}
		if der, err = x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key); err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for name, c := range map[string]struct {
		cert    *x509.Certificate
		at      time.Time
		expired bool
		ok      bool
	}{
		"good":                {issue(a, now), now, false, true},
		"its last second":     {issue(a, now), now.Add(Life - time.Second), false, true},
		"expired":             {issue(a, now), now.Add(Life + time.Second), true, true},
		"not yet":             {issue(a, now.Add(time.Hour)), now, false, false},
		"clock a little late": {issue(a, now), now.Add(-early / 2), false, true},
		"another authority":   {issue(another, now), now, false, false},
		"self-signed":         {selfSigned(), now, false, false},
		"the authority's own": {a.root, now, false, false},
		"no machine":          {sign(func(c *x509.Certificate) { c.URIs = nil }), now, false, false},
		"a server's":          {sign(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), now, false, false},
		"two names":           {sign(func(c *x509.Certificate) { c.Subject.CommonName = "x" }), now, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			id, expired, err := a.Machine(c.cert, c.at)
			if (err == nil) != c.ok || expired != c.expired || c.ok != (id == machine) || err != nil && !errors.Is(err, ErrForeign) {
				t.Errorf("got %q %v %v", id, expired, err)
			}
		})
	}
}

func TestNothingOfTheRequestButItsKey(t *testing.T) {
	a := load(t, t.TempDir())
	csr := request(t)
	csr.DNSNames, csr.Subject.Organization = []string{"console.example"}, []string{"administrators"}
	c, err := a.Issue(csr, machine, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.DNSNames) != 0 || len(c.Subject.Organization) != 0 || c.IsCA || c.KeyUsage != x509.KeyUsageDigitalSignature || c.NotAfter.Sub(c.NotBefore) > Life+early {
		t.Errorf("got %v %v", c.Subject, c.DNSNames)
	}
}
