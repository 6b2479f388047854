// Package signed puts a signature on bytes and takes it off again. What is
// signed is the exact payload together with what it is for, so that a policy
// can never pass for a grant. It reads no payload, and keeps no key.
package signed

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// MaxPayload bounds a payload, in bytes.
const MaxPayload = 2 << 20

// Errors of Open.
var (
	ErrUnknownKey = errors.New("it is signed with a key that is not the console's")
	ErrForged     = errors.New("its signature is not right")
	ErrTooLarge   = errors.New("it is too large")
)

// Envelope is a payload and its Ed25519 signature (RFC 8032).
type Envelope struct {
	Key       string `json:"key"` // KeyID of the signer
	Payload   []byte `json:"payload"`
	Signature []byte `json:"signature"`
}

// KeyID names a public key: the first half of its SHA-256, in hex.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:sha256.Size/2])
}

// Sign signs a payload for one purpose, such as "policy".
func Sign(key ed25519.PrivateKey, purpose string, payload []byte) Envelope {
	public := ed25519.PublicKey(key[ed25519.SeedSize:])
	return Envelope{Key: KeyID(public), Payload: payload, Signature: ed25519.Sign(key, message(purpose, payload))}
}

// Open answers the payload if one of the keys signed it for this purpose.
func (e Envelope) Open(purpose string, keys ...ed25519.PublicKey) ([]byte, error) {
	if len(e.Payload) > MaxPayload {
		return nil, ErrTooLarge
	}
	for _, k := range keys {
		if len(k) != ed25519.PublicKeySize || KeyID(k) != e.Key {
			continue
		}
		if len(e.Signature) != ed25519.SignatureSize || !ed25519.Verify(k, message(purpose, e.Payload), e.Signature) {
			return nil, ErrForged
		}
		return e.Payload, nil
	}
	return nil, ErrUnknownKey
}

// message is what is signed: no payload can be read as one of another purpose,
// because a purpose holds no zero byte.
func message(purpose string, payload []byte) []byte {
	m := make([]byte, 0, len("trustline\x00\x00")+len(purpose)+len(payload))
	m = append(m, "trustline\x00"...)
	m = append(m, purpose...)
	m = append(m, 0)
	return append(m, payload...)
}
