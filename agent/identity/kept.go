package identity

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/keyfile"
)

const (
	// keptName is the file with key and certificate: one file, so that the two
	// are replaced together or not at all.
	keptName = "identity.json"
	// askedName is the file with the key that a certificate was asked for and
	// not yet seen: asking again with it gives the same certificate.
	askedName = "enrolling.json"
	maxKept   = 256 << 10 // bytes
)

// Console is the console an identity is for.
type Console struct {
	URL string `json:"url"`
	Pin string `json:"pin,omitempty"`
}

// kept is what the file holds.
type kept struct {
	Console Console     `json:"console"`
	Token   string      `json:"token"` // SHA-256, hex: tells a token that was used up
	Key     []byte      `json:"key"`   // PKCS #8
	Reply   enrol.Reply `json:"reply"`

	shown *tls.Certificate
	due   time.Time // when the next certificate is asked for
}

// asked is what the file of an enrolment under way holds.
type asked struct {
	Token string `json:"token"`
	Key   []byte `json:"key"`
}

// errDamaged: the file is there and cannot be used.
var errDamaged = errors.New("the machine's certificate is damaged: release the machine on the console and enrol it anew")

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	return key, raw, nil
}

func parseKey(raw []byte) (*ecdsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return nil, errDamaged
	}
	signer, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errDamaged
	}
	return signer, nil
}

// load reads the identity in a state folder, which has to be this machine's,
// or anyone's for "". It answers nil where there is none.
func load(state, machine string) (*kept, error) {
	raw, err := keyfile.Read(filepath.Join(state, keptName), maxKept)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, keyfile.ErrSealed) {
		return nil, errors.Join(errDamaged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read the machine's certificate: %w", err)
	}
	k, err := parseKept(raw, machine)
	if err != nil {
		return nil, err
	}
	return k, nil
}

func parseKept(raw []byte, machine string) (*kept, error) {
	var k kept
	if err := json.Unmarshal(raw, &k); err != nil {
		return nil, errDamaged
	}
	key, err := parseKey(k.Key)
	if err != nil {
		return nil, err
	}
	if err := k.complete(cmp.Or(machine, k.Reply.Machine), key); err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	return &k, nil
}

// complete checks that the parts belong together and prepares them for use.
func (k *kept) complete(machine string, key crypto.Signer) error {
	leaf, err := k.Reply.Check(machine, key.Public(), time.Now())
	if err != nil {
		return err
	}
	k.shown = &tls.Certificate{Certificate: k.Reply.Chain, PrivateKey: key, Leaf: leaf}
	// At two thirds of its life, spread over some hours by the serial number,
	// so that machines enrolled together do not renew together.
	life := leaf.NotAfter.Sub(leaf.NotBefore)
	spread := time.Duration(leaf.SerialNumber.Bits()[0]%1024) * (life / 1024 / 32)
	k.due = leaf.NotBefore.Add(life*2/3 + spread)
	return nil
}

// sealKept seals what an earlier version left unsealed. Only the service does,
// before it renews anything.
func sealKept(state string) error {
	var errs []error
	for _, name := range []string{keptName, askedName} {
		if err := keyfile.Keep(filepath.Join(state, name), maxKept); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (k *kept) write(state string) error {
	raw, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("encode the machine's certificate: %w", err)
	}
	return keyfile.Write(filepath.Join(state, keptName), raw)
}

// keyFor answers the key to ask with: the one that was asked with already for
// this token, or a new one, which is on disk before anybody hears of it.
func keyFor(state, token string) (*ecdsa.PrivateKey, []byte, error) {
	path := filepath.Join(state, askedName)
	var a asked
	if raw, err := keyfile.Read(path, maxKept); err == nil && json.Unmarshal(raw, &a) == nil && a.Token == digest(token) {
		if key, err := parseKey(a.Key); err == nil {
			return key, a.Key, nil
		}
	}
	key, raw, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	data, err := json.Marshal(asked{Token: digest(token), Key: raw})
	if err != nil {
		return nil, nil, fmt.Errorf("encode a key: %w", err)
	}
	return key, raw, keyfile.Write(path, data)
}

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxKept+1))
	if err == nil && len(raw) > maxKept {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxKept)
	}
	return raw, err
}
