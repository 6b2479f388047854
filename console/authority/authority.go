// Package authority is the console's own certificate authority: it vouches for
// the machines of the fleet and for nobody else. Its key is made at the first
// start and never leaves the console's data folder. Which machine may have a
// certificate, and which certificates are revoked, is not its business: package
// store keeps that.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/enrol"
)

const (
	// Life is how long a machine's certificate holds.
	Life = 30 * 24 * time.Hour
	// rootLife is as long as a fleet lives: a machine trusts the console by
	// its pin, and the authority only vouches towards the console itself.
	rootLife = 30 * 365 * 24 * time.Hour
	// early makes a certificate hold for machines whose clocks are behind.
	early = 5 * time.Minute
	// rootEarly makes the authority hold even if the console's clock is set
	// back after the first start.
	rootEarly = 365 * 24 * time.Hour
)

// Authority signs machines' certificates.
type Authority struct {
	root  *x509.Certificate
	key   *ecdsa.PrivateKey
	roots *x509.CertPool
}

// fileName is where key and certificate are, together.
const fileName = "authority.pem"

// Load reads the authority in a folder, making one at the first time.
func Load(dir string) (*Authority, error) {
	path := filepath.Join(dir, fileName)
	a, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil {
			a, err = read(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the authority of machines: %w", err)
	}
	return a, nil
}

func read(path string) (*Authority, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	broken := fmt.Errorf("%s is damaged: bring it back from a backup; without it every machine has to be enrolled anew", path)
	keyBlock, rest := pem.Decode(raw)
	certBlock, _ := pem.Decode(rest)
	if keyBlock == nil || certBlock == nil {
		return nil, broken
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, broken
	}
	root, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, broken
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(root.PublicKey) || !root.IsCA {
		return nil, broken
	}
	a := &Authority{root: root, key: key, roots: x509.NewCertPool()}
	a.roots.AddCert(root)
	return a, nil
}

// create makes an authority, whole or not at all. Where another process was
// quicker, its authority stands.
func create(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := newSerial()
	if err != nil {
		return err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Trustline machines " + serial.Text(16)[:8]},
		NotBefore: time.Now().Add(-rootEarly), NotAfter: time.Now().Add(rootLife),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})...)
	return place(path, text)
}

// place puts a file where there is none. A name made by CreateTemp is readable
// by its owner alone.
func place(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".authority-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	// Unlike a rename, a link never replaces what is there.
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// newSerial answers a positive number of 127 random bits (RFC 5280, section
// 4.1.2.2, and the CA/Browser Forum's 64 bits at least).
func newSerial() (*big.Int, error) {
	top := new(big.Int).Lsh(big.NewInt(1), 126)
	n, err := rand.Int(rand.Reader, top)
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	return n.Add(n, top), nil
}

// Root is the authority's certificate; DER.
func (a *Authority) Root() []byte { return a.root.Raw }

// Roots holds the authority alone, for asking browsers for none of theirs.
func (a *Authority) Roots() *x509.CertPool { return a.roots }

// Issue signs a certificate for a machine and the key of a request that was
// checked (enrol.ParseCSR). Of the request only the key is taken.
func (a *Authority) Issue(csr *x509.CertificateRequest, machine string, now time.Time) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: machine}, URIs: []*url.URL{enrol.URI(machine)},
		NotBefore: now.Add(-early), NotAfter: now.Add(Life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.root, csr.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign a machine's certificate: %w", err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("sign a machine's certificate: %w", err)
	}
	return c, nil
}

// ErrForeign: the certificate is not one that this authority has signed for a
// machine.
var ErrForeign = errors.New("the certificate is not of this console's authority")

// Machine answers whose certificate it is and whether it has run out. It does
// not know what is revoked. That the other side holds the key is for TLS to
// have made sure of.
func (a *Authority) Machine(c *x509.Certificate, now time.Time) (machine string, expired bool, err error) {
	// Within its time, whatever that is: too early and too late are told apart
	// from foreign below.
	at := now
	if at.Before(c.NotBefore) || at.After(c.NotAfter) {
		at = c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) / 2)
	}
	_, err = c.Verify(x509.VerifyOptions{Roots: a.roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	id, ok := enrol.MachineOf(c)
	if err != nil || !ok || c.IsCA || now.Before(c.NotBefore) {
		return "", false, ErrForeign
	}
	return id, now.After(c.NotAfter), nil
}
