package listfile

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// The two kinds of key file. The signing key builds lists and stays with the
// security department; the endpoint key opens them.
const (
	signingBlock  = "TRUSTLINE LIST SIGNING KEY"
	endpointBlock = "TRUSTLINE LIST KEY"
	secretSize    = 32
)

// Key is a company's key for its lists: a secret that hashes are keyed with,
// and a signature. It is rotated by making another one, and lists anew.
type Key struct {
	id     string
	secret [secretSize]byte
	public ed25519.PublicKey
	sign   ed25519.PrivateKey // nil in an endpoint key
}

// NewKey makes a signing key.
func NewKey() (*Key, error) {
	k := &Key{}
	if _, err := rand.Read(k.secret[:]); err != nil {
		return nil, fmt.Errorf("make a list key: %w", err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a list key: %w", err)
	}
	k.public, k.sign = public, private
	k.id = keyID(k)
	return k, nil
}

func keyID(k *Key) string {
	sum := sha256.Sum256(append(append([]byte("trustline list key"), k.secret[:]...), k.public...))
	return hex.EncodeToString(sum[:8])
}

// ID is 16 hexadecimal digits, the same for a signing key and its endpoint key.
func (k *Key) ID() string { return k.id }

// CanSign tells a signing key from an endpoint key.
func (k *Key) CanSign() bool { return k.sign != nil }

// Endpoint answers the key that only opens lists.
func (k *Key) Endpoint() *Key {
	return &Key{id: k.id, secret: k.secret, public: k.public}
}

// Derive answers n bytes for one purpose; HKDF-SHA256 (RFC 5869).
func (k *Key) Derive(purpose string, n int) ([]byte, error) {
	out, err := hkdf.Key(sha256.New, k.secret[:], nil, "trustline/"+purpose, n)
	if err != nil {
		return nil, fmt.Errorf("derive a list key: %w", err)
	}
	return out, nil
}

// MarshalText writes the key as a PEM block.
func (k *Key) MarshalText() ([]byte, error) {
	b := &pem.Block{Type: endpointBlock, Bytes: append(append([]byte{}, k.secret[:]...), k.public...)}
	if k.sign != nil {
		b.Type = signingBlock
		b.Bytes = append(append([]byte{}, k.secret[:]...), k.sign.Seed()...)
	}
	b.Headers = map[string]string{"Key-Id": k.id}
	return pem.EncodeToMemory(b), nil
}

// ErrKey says that a file is no list key.
var ErrKey = errors.New("not a list key: make one with trustline-console list key create")

// ParseKey reads what MarshalText wrote.
func ParseKey(text []byte) (*Key, error) {
	if len(text) > 4<<10 {
		return nil, ErrKey
	}
	b, _ := pem.Decode(text)
	if b == nil || len(b.Bytes) != 2*secretSize {
		return nil, ErrKey
	}
	k := &Key{secret: [secretSize]byte(b.Bytes)}
	switch b.Type {
	case signingBlock:
		k.sign = ed25519.NewKeyFromSeed(b.Bytes[secretSize:])
		k.public = ed25519.PublicKey(k.sign[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
	case endpointBlock:
		k.public = ed25519.PublicKey(b.Bytes[secretSize:])
	default:
		return nil, ErrKey
	}
	k.id = keyID(k)
	if named := b.Headers["Key-Id"]; named != "" && named != k.id {
		return nil, fmt.Errorf("%w (it is damaged: its id does not fit)", ErrKey)
	}
	return k, nil
}

// Ring holds the keys of a workstation, the old one beside the new one while
// keys are rotated.
type Ring []*Key

// Find answers the key with an id, nil when there is none.
func (r Ring) Find(id string) *Key {
	for _, k := range r {
		if k.id == id {
			return k
		}
	}
	return nil
}
