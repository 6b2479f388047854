package spool

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/trustline/trustline/uploader/incident"
)

// A sealed record is the magic, a random nonce of 12 bytes, the incident as
// JSON encrypted with AES-256-GCM, and its tag of 16 bytes. The magic and the
// id are authenticated too, so a record put under another's name is refused.
const (
	magic     = "trustline-spool1"
	overhead  = len(magic) + 12 + 16
	maxSealed = incident.MaxSize + overhead
)

var errDamaged = errors.New("the record is damaged")

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		return nil, fmt.Errorf("use the spool's key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("use the spool's key: %w", err)
	}
	return aead, nil
}

func seal(aead cipher.AEAD, i *incident.Incident) ([]byte, error) {
	plain, err := json.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("encode incident: %w", err)
	}
	if len(plain) > incident.MaxSize {
		return nil, fmt.Errorf("encode incident: %d bytes, more than %d", len(plain), incident.MaxSize)
	}
	return aead.Seal([]byte(magic), nil, plain, bound(i.ID)), nil
}

func unseal(aead cipher.AEAD, id string, data []byte) (incident.Incident, error) {
	if len(data) < overhead || len(data) > maxSealed || string(data[:len(magic)]) != magic {
		return incident.Incident{}, fmt.Errorf("%w: not a sealed record", errDamaged)
	}
	plain, err := aead.Open(nil, nil, data[len(magic):], bound(id))
	if err != nil {
		return incident.Incident{}, fmt.Errorf("%w: it was changed, or sealed with another key", errDamaged)
	}
	return decode(id, plain)
}

func decode(id string, plain []byte) (incident.Incident, error) {
	var i incident.Incident
	if err := json.Unmarshal(plain, &i); err != nil {
		return incident.Incident{}, fmt.Errorf("%w: not an incident", errDamaged)
	}
	if err := i.Validate(); err != nil {
		return incident.Incident{}, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if i.ID != id {
		return incident.Incident{}, fmt.Errorf("%w: it holds another incident", errDamaged)
	}
	return i, nil
}

func bound(id string) []byte { return []byte(magic + id) }

// read answers the incident and how many bytes its file has.
func (s *Spool) read(e *entry) (incident.Incident, int64, error) {
	f, err := os.Open(filepath.Join(s.dir, e.name()))
	if err != nil {
		return incident.Incident{}, 0, fmt.Errorf("read a record: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(maxSealed)+1))
	if err != nil { // the disk cannot read it back
		return incident.Incident{}, 0, fmt.Errorf("%w: %w", errDamaged, err)
	}
	i, err := unseal(s.aead, e.id, data)
	return i, int64(len(data)), err
}
