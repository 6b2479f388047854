// Package signer keeps the key that the console signs policies and grants with,
// the secret that codes over the telephone are made with, and the one that what
// the database must not give away is sealed with. All are made at the first
// start and never leave the console's data folder. What is signed or sealed is
// not its business.
package signer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// fileName holds the seed that everything here is derived from.
const fileName = "signing.key"

// Signer signs for the console.
type Signer struct {
	key    ed25519.PrivateKey
	master []byte
	seal   cipher.AEAD
}

// Load reads the key in a folder, making one at the first time.
func Load(dir string) (*Signer, error) {
	path := filepath.Join(dir, fileName)
	seed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		seed = make([]byte, ed25519.SeedSize)
		rand.Read(seed) // never fails
		err = writeNew(path, seed)
	}
	if err != nil {
		return nil, fmt.Errorf("open the signing key: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s is damaged: bring it back from a backup; without it every machine has to be enrolled anew", path)
	}
	block, err := aes.NewCipher(derive(seed, "seal"))
	if err != nil {
		return nil, fmt.Errorf("open the signing key: %w", err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("open the signing key: %w", err)
	}
	return &Signer{key: ed25519.NewKeyFromSeed(derive(seed, "sign")), master: derive(seed, "codes"), seal: seal}, nil
}

// Seal encrypts a few bytes (AES-256-GCM) for one place, such as a row.
func (s *Signer) Seal(place string, plain []byte) []byte {
	return s.seal.Seal(nil, nil, plain, []byte(place))
}

// Unseal answers what was sealed for that place.
func (s *Signer) Unseal(place string, sealed []byte) ([]byte, error) {
	plain, err := s.seal.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, errors.New("what was sealed cannot be opened: it was changed, or belongs to another signing.key")
	}
	return plain, nil
}

// Key is what policies and grants are signed with.
func (s *Signer) Key() ed25519.PrivateKey { return s.key }

// Public is what machines hold signatures against.
func (s *Signer) Public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// Secret is what codes for one machine are made with, 32 bytes.
func (s *Signer) Secret(machine string) []byte { return derive(s.master, machine) }

func derive(from []byte, purpose string) []byte {
	h := hmac.New(sha256.New, from)
	h.Write([]byte("trustline " + purpose))
	return h.Sum(nil)
}

// writeNew writes a file that survives a power cut, whole or not at all.
func writeNew(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+fileName+"-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	// Not every system can sync a folder.
	_ = folder.Sync()
	return nil
}
