package enrol

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrReply: the console's answer is not an identity for this machine.
var ErrReply = errors.New("the console's certificate for this machine cannot be used")

// maxKeys bounds the policy keys of one console.
const maxKeys = 16

// ParseReply reads an answer and makes sure that it is a certificate for this
// machine and this key, by the authority that comes with it. A newer console
// may say more than is known here.
func ParseReply(body []byte, machine string, key crypto.PublicKey, now time.Time) (Reply, *x509.Certificate, error) {
	var r Reply
	if len(body) > MaxReply {
		return Reply{}, nil, fmt.Errorf("%w: longer than %d bytes", ErrReply, MaxReply)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return Reply{}, nil, fmt.Errorf("%w: not JSON", ErrReply)
	}
	leaf, err := r.Check(machine, key, now)
	if err != nil {
		return Reply{}, nil, err
	}
	return r, leaf, nil
}

// Check makes sure that the reply is an identity of this machine and this key,
// and answers its certificate. It does not mind how long ago the certificate
// ran out: that is the console's to judge, whose clock may be another.
func (r *Reply) Check(machine string, key crypto.PublicKey, now time.Time) (*x509.Certificate, error) {
	if r.Machine != machine {
		return nil, fmt.Errorf("%w: it is for another machine", ErrReply)
	}
	if len(r.Chain) == 0 || len(r.Chain) > maxChain || len(r.PolicyKeys) > maxKeys {
		return nil, fmt.Errorf("%w: it has too few parts, or too many", ErrReply)
	}
	for _, k := range r.PolicyKeys {
		if len(k) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("%w: a policy key is not one", ErrReply)
		}
	}
	leaf, err := x509.ParseCertificate(r.Chain[0])
	if err != nil {
		return nil, fmt.Errorf("%w: not a certificate", ErrReply)
	}
	public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(key) {
		return nil, fmt.Errorf("%w: it is for another key", ErrReply)
	}
	between := x509.NewCertPool()
	for _, der := range r.Chain[1:] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%w: not a certificate", ErrReply)
		}
		between.AddCert(c)
	}
	root, err := x509.ParseCertificate(r.Authority)
	if err != nil {
		return nil, fmt.Errorf("%w: the authority is not a certificate", ErrReply)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	at := now
	if at.Before(leaf.NotBefore) || at.After(leaf.NotAfter) {
		at = leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 2)
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return nil, fmt.Errorf("%w: its authority did not sign it", ErrReply)
	}
	if id, ok := MachineOf(leaf); !ok || id != machine {
		return nil, fmt.Errorf("%w: it is for another machine", ErrReply)
	}
	return leaf, nil
}

// MachineOf answers the id a machine's certificate is bound to: its one URI,
// which the common name repeats.
func MachineOf(c *x509.Certificate) (string, bool) {
	id := c.Subject.CommonName
	if len(c.URIs) != 1 || id == "" || c.URIs[0].String() != URI(id).String() {
		return "", false
	}
	return id, true
}
