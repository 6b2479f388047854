package uploader

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrPin: the console's certificate is not the one that was pinned.
var ErrPin = errors.New("the console's certificate is not the pinned one: either somebody stands in between, or the console has a new key; compare with \"trustline-console\" on the console and correct console.pin")

// pinPrefix starts a pin, in the form curl takes (--pinnedpubkey): the SHA-256
// of the certificate's SubjectPublicKeyInfo (RFC 7469, section 2.4), in Base64.
const pinPrefix = "sha256//"

// pins reads one pin or several with ";" between them, for changing a key.
func pins(text string) ([][sha256.Size]byte, error) {
	var list [][sha256.Size]byte
	for p := range strings.SplitSeq(text, ";") {
		encoded, ok := strings.CutPrefix(strings.TrimSpace(p), pinPrefix)
		sum, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("console.pin: needs %sBASE64, as the console prints it when it starts", pinPrefix)
		}
		list = append(list, [sha256.Size]byte(sum))
	}
	return list, nil
}

// tlsConfig accepts a console by its pin, whoever signed its certificate and
// whatever name it has, or without a pin by the system's authorities.
func tlsConfig(pin string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS13}
	if pin == "" {
		return c, nil
	}
	pinned, err := pins(pin)
	if err != nil {
		return nil, err
	}
	// The pin replaces the authorities' word; VerifyConnection runs on resumed
	// sessions too, unlike VerifyPeerCertificate.
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return ErrPin
		}
		sum := sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo)
		for _, p := range pinned {
			if subtle.ConstantTimeCompare(sum[:], p[:]) == 1 {
				return nil
			}
		}
		return ErrPin
	}
	return c, nil
}
