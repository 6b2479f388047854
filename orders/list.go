package orders

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/trustline/trustline/signed"
)

// ListPath, followed by the SHA-256 of a list in hexadecimal, answers its bytes
// to GET over mutual TLS, from any offset on (Range).
const ListPath = "/api/v1/lists/"

// Bounds of lists.
const (
	MaxLists    = 100     // published, those withdrawn included
	MaxListSize = 8 << 30 // bytes of one
	maxListKey  = 4 << 10
)

// List is a list of the company's own people, or a set of its own documents, as
// the console has published or withdrawn it.
type List struct {
	// Serial counts what was published; for one list a machine never goes back.
	Serial int64     `json:"serial"`
	Issued time.Time `json:"issued"` // UTC
	Kind   string    `json:"kind"`
	Name   string    `json:"name"`
	// Withdrawn: machines are to have none of this name; what follows is empty then.
	Withdrawn bool   `json:"withdrawn,omitempty"`
	Build     uint64 `json:"build,omitempty"` // serial in the list itself
	Size      int64  `json:"size,omitempty"`  // bytes
	SHA256    string `json:"sha256,omitempty"`
	Key       string `json:"key,omitempty"` // PEM of the key that opens it and cannot make another
}

// purposeList is what lists are signed for.
const purposeList = "list"

// Sign signs what is told of a list.
func (l List) Sign(key ed25519.PrivateKey) (signed.Envelope, error) {
	payload, err := json.Marshal(l)
	if err != nil {
		return signed.Envelope{}, fmt.Errorf("sign a list: %w", err)
	}
	return signed.Sign(key, purposeList, payload), nil
}

// OpenList answers what an envelope says that one of the keys signed. Whether
// it is newer than what is there, and what the bytes hold, is the caller's to say.
func OpenList(e signed.Envelope, keys ...ed25519.PublicKey) (List, error) {
	payload, err := e.Open(purposeList, keys...)
	if err != nil {
		return List{}, fmt.Errorf("open the console's list: %w", err)
	}
	var l List
	if err := json.Unmarshal(payload, &l); err != nil || !l.sound() {
		return List{}, errors.New("open the console's list: it is not of the expected shape")
	}
	return l, nil
}

func (l List) sound() bool {
	if l.Serial < 1 || !plain(l.Kind) || !plain(l.Name) {
		return false
	}
	if l.Withdrawn {
		return l.Size == 0 && l.SHA256 == "" && l.Key == ""
	}
	return l.Size > 0 && l.Size <= MaxListSize && ListSum(l.SHA256) && l.Key != "" && len(l.Key) <= maxListKey
}

// plain tells whether a word may stand in the name of a file.
func plain(word string) bool {
	for _, c := range []byte(word) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return word != "" && len(word) <= 64
}

// ListSum tells whether a text is what lists are asked for by.
func ListSum(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 32 && hex.EncodeToString(sum) == text
}
