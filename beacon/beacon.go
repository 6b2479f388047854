// Package beacon tells a company's own network from every other one. A beacon
// is a small HTTPS endpoint on an address that only the inside reaches; who
// asks knows its public key beforehand. Nobody else can answer for it: TLS 1.3
// makes the other side prove, freshly each time, that it holds the private key.
//
// TLS does not keep somebody on a hostile network from passing every byte on
// to the real beacon, where they reach it. Therefore the beacon says which
// address it sees, and who asks compares that with the address it has itself:
// anything in between that carries the connection on shows.
//
// Give a beacon a key of its own and an address that is not published on the
// internet. The package knows no agent and no console, and keeps nothing.
package beacon

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Path is where a beacon answers.
const Path = "/.well-known/trustline-beacon"

// Pin is the SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469,
// section 2.4): it stays the same when a certificate is renewed with its key.
type Pin [sha256.Size]byte

// pinPrefix starts a pin in the form curl takes (--pinnedpubkey).
const pinPrefix = "sha256//"

// PinOf answers the pin of a certificate.
func PinOf(c *x509.Certificate) Pin { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

// ParsePin reads sha256//BASE64.
func ParsePin(text string) (Pin, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), pinPrefix)
	sum, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(sum) != sha256.Size {
		return Pin{}, fmt.Errorf("a pin has the form %sBASE64, as the beacon prints it when it starts", pinPrefix)
	}
	return Pin(sum), nil
}

func (p Pin) String() string { return pinPrefix + base64.StdEncoding.EncodeToString(p[:]) }

// reply is what a beacon says.
type reply struct {
	Version int        `json:"version"`
	Peer    netip.Addr `json:"peer"` // the address the beacon sees
}

// maxReply bounds a reply, in bytes.
const maxReply = 1 << 10

// errKey: the other side has another key.
var errKey = errors.New("the key is not the pinned one")

// pinned accepts a beacon by its key alone, whatever name and dates its
// certificate has: an inside address seldom has a public certificate, and a
// laptop's clock is wrong when its battery was empty.
func pinned(pins []Pin) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // replaced by the pin below
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errKey
			}
			sum := PinOf(s.PeerCertificates[0])
			for _, p := range pins {
				if subtle.ConstantTimeCompare(sum[:], p[:]) == 1 {
					return nil
				}
			}
			return errKey
		},
	}
}
