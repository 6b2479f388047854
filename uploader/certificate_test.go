package uploader

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
)

// shows answers always the same certificate, as Config.Certificate does.
func shows(t testing.TB) func() (*tls.Certificate, error) {
	t.Helper()
	cert := certificateUntil(t, time.Now().Add(24*time.Hour))
	return func() (*tls.Certificate, error) { return &cert, nil }
}

// freshCertificate is self-signed, for no name at all and already expired: a
// pin takes no account of either.
func freshCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	return certificateUntil(t, time.Now().Add(-24*time.Hour))
}

func certificateUntil(t testing.TB, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: machineName}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
