// Package enrol is what a machine and the console say to each other while the
// machine becomes one of the fleet: a token is given once, for a certificate
// whose key was made on the machine and stays there. Afterwards the machine
// speaks over TLS 1.3 with that certificate, and renews it with itself.
//
// It is the contract alone, with its checks: what comes from the other side is
// read strictly. It opens no connection, keeps nothing and signs nothing but
// the machine's own request.
package enrol

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Where the console answers, by HTTPS POST with JSON.
const (
	// Path takes a Request and answers a Reply.
	Path = "/api/v1/enrol"
	// RenewPath takes a Renewal over mutual TLS and answers a Reply.
	RenewPath = "/api/v1/enrol/renew"
)

// Bounds, in bytes.
const (
	MaxRequest = 16 << 10
	MaxReply   = 64 << 10
	maxToken   = 200
	maxName    = 256
	maxCSR     = 4 << 10
	maxChain   = 4 // certificates
)

// Facts is what a machine says about itself.
type Facts struct {
	ID      string `json:"id"` // UUID, made at the first start
	Name    string `json:"name"`
	OS      string `json:"os"` // "linux", "windows", "darwin"
	Version string `json:"version"`
}

// Request asks for a certificate. CSR is a PKCS #10 request (RFC 2986) in DER
// whose common name is the machine's id; its signature proves the key.
type Request struct {
	Token   string `json:"token"`
	CSR     []byte `json:"csr"`
	Machine Facts  `json:"machine"`
}

// Renewal asks for the next certificate with the present one.
type Renewal struct {
	CSR     []byte `json:"csr"`
	Version string `json:"version"`
}

// Reply is a machine's identity.
type Reply struct {
	Machine string `json:"machine"` // the id the certificate is bound to
	// Chain is the machine's certificate, then those that vouch for it up to,
	// and without, the authority; DER.
	Chain     [][]byte `json:"chain"`
	Authority []byte   `json:"authority"` // the console's own CA; DER
	// PolicyKeys are the Ed25519 public keys that policies and grants are
	// signed with, 32 bytes each.
	PolicyKeys [][]byte `json:"policyKeys"`
}

// Refusal is the body of every answer but a Reply.
type Refusal struct {
	Error string `json:"error"` // for people
	Code  Code   `json:"code,omitempty"`
}

// Code says for programs why the console refuses a machine; it never changes
// its meaning.
type Code string

// The codes.
const (
	BadRequest     Code = "bad-request"     // not a request that an agent makes
	TokenRefused   Code = "token-refused"   // unknown, expired, revoked or used up
	TakenID        Code = "id-taken"        // the id is bound to another key
	NoCertificate  Code = "no-certificate"  // none was shown
	Foreign        Code = "foreign"         // not of this console's authority
	Expired        Code = "expired"         // renew it
	Revoked        Code = "revoked"         // the machine, by an administrator
	AnotherMachine Code = "another-machine" // a record carries an id that is not the certificate's
)

// NewCSR signs a request for a certificate of this machine.
func NewCSR(key crypto.Signer, machine string) ([]byte, error) {
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: machine}}, key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate request: %w", err)
	}
	return csr, nil
}

// URI is the subject alternative name of a machine's certificate (RFC 9562).
func URI(machine string) *url.URL { return &url.URL{Scheme: "urn", Opaque: "uuid:" + machine} }

// KeyID names a public key: SHA-256 of its SubjectPublicKeyInfo, in hex.
func KeyID(spki []byte) string {
	sum := sha256.Sum256(spki)
	return hex.EncodeToString(sum[:])
}

// ParseRequest reads a request for a certificate and checks everything that
// can be checked without knowing the fleet. Errors never quote what was sent.
func ParseRequest(body []byte) (Request, *x509.CertificateRequest, error) {
	var r Request
	if err := strict(body, MaxRequest, &r); err != nil {
		return Request{}, nil, err
	}
	if r.Token == "" || len(r.Token) > maxToken {
		return Request{}, nil, errors.New(`field "token" is missing or too long`)
	}
	if err := r.Machine.check(); err != nil {
		return Request{}, nil, err
	}
	csr, err := ParseCSR(r.CSR, r.Machine.ID)
	return r, csr, err
}

// ParseRenewal reads a request for the next certificate of a machine.
func ParseRenewal(body []byte, machine string) (Renewal, *x509.CertificateRequest, error) {
	var r Renewal
	if err := strict(body, MaxRequest, &r); err != nil {
		return Renewal{}, nil, err
	}
	if !plain(r.Version) {
		return Renewal{}, nil, errors.New(`field "version" is out of range`)
	}
	csr, err := ParseCSR(r.CSR, machine)
	return r, csr, err
}

// ParseCSR reads a certificate request that has to be for this machine, signed
// with its own key, which is ECDSA on P-256 or Ed25519. Nothing else that it
// asks for is taken over into a certificate.
func ParseCSR(der []byte, machine string) (*x509.CertificateRequest, error) {
	if len(der) == 0 || len(der) > maxCSR {
		return nil, errors.New(`field "csr" is missing or too long`)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, errors.New(`field "csr" is not a certificate request`)
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, errors.New(`field "csr" is not signed with its own key`)
	}
	switch key := csr.PublicKey.(type) {
	case ed25519.PublicKey:
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return nil, errors.New(`field "csr": the key has to be on P-256`)
		}
	default:
		return nil, errors.New(`field "csr": the key has to be ECDSA on P-256 or Ed25519`)
	}
	if csr.Subject.CommonName != machine {
		return nil, errors.New(`field "csr" is for another machine`)
	}
	return csr, nil
}

func (f *Facts) check() error {
	id, err := uuid.Parse(f.ID)
	if err != nil || id.String() != f.ID || id == uuid.Nil {
		return errors.New(`field "machine.id" is not a UUID in its usual form`)
	}
	for field, v := range map[string]string{"machine.name": f.Name, "machine.os": f.OS, "machine.version": f.Version} {
		if !plain(v) {
			return fmt.Errorf("field %q is missing or out of range", field)
		}
	}
	return nil
}

// plain tells a short text of one line.
func plain(s string) bool {
	if s == "" || len(s) > maxName || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// strict reads one JSON value of exactly this shape and nothing after it.
func strict(body []byte, most int, into any) error {
	if len(body) > most {
		return fmt.Errorf("longer than %d bytes", most)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errors.New("not JSON of the expected shape")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON")
	}
	return nil
}
