package signed

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"
)

func pair(t testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func TestOpensWhatWasSigned(t *testing.T) {
	other, _ := pair(t)
	public, private := pair(t)
	payload, err := Sign(private, "policy", []byte("rules")).Open("policy", other, public)
	if err != nil || string(payload) != "rules" {
		t.Fatalf("%q %v", payload, err)
	}
}

func TestRefusesWhatWasNot(t *testing.T) {
	public, private := pair(t)
	stranger, foreign := pair(t)
	good := Sign(private, "policy", []byte("rules"))
	alter := func(change func(*Envelope)) Envelope {
		e := good
		e.Payload, e.Signature = bytes.Clone(e.Payload), bytes.Clone(e.Signature)
		change(&e)
		return e
	}
	for name, c := range map[string]struct {
		envelope Envelope
		purpose  string
		keys     []ed25519.PublicKey
		want     error
	}{
		"another payload":   {alter(func(e *Envelope) { e.Payload[0] ^= 1 }), "policy", []ed25519.PublicKey{public}, ErrForged},
		"another signature": {alter(func(e *Envelope) { e.Signature[5] ^= 1 }), "policy", []ed25519.PublicKey{public}, ErrForged},
		"no signature":      {alter(func(e *Envelope) { e.Signature = nil }), "policy", []ed25519.PublicKey{public}, ErrForged},
		"another purpose":   {good, "grant", []ed25519.PublicKey{public}, ErrForged},
		"purpose in payload": {alter(func(e *Envelope) { e.Payload = append([]byte("y\x00"), e.Payload...) }), "polic",
			[]ed25519.PublicKey{public}, ErrForged},
		"a stranger's":       {Sign(foreign, "policy", []byte("rules")), "policy", []ed25519.PublicKey{public}, ErrUnknownKey},
		"a stranger as ours": {alter(func(e *Envelope) { *e = Sign(foreign, "policy", e.Payload); e.Key = KeyID(public) }), "policy", []ed25519.PublicKey{public, stranger}, ErrForged},
		"no keys":            {good, "policy", nil, ErrUnknownKey},
		"half a key":         {good, "policy", []ed25519.PublicKey{public[:16]}, ErrUnknownKey},
		"too large":          {Sign(private, "policy", make([]byte, MaxPayload+1)), "policy", []ed25519.PublicKey{public}, ErrTooLarge},
	} {
		if payload, err := c.envelope.Open(c.purpose, c.keys...); !errors.Is(err, c.want) || payload != nil {
			t.Errorf("%s: %q %v, want %v", name, payload, err, c.want)
		}
	}
}
