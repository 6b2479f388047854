// Package orders is what the console tells an enrolled machine: the policy in
// force, the grants that are the machine's, what it is to do once, the company's
// lists, and the secret by which the two agree on codes spoken over the telephone. The console answers the whole of it
// as one document, at once when it differs from what the machine has, and
// otherwise when it changes.
//
// It is the contract alone: what comes from the other side is read strictly.
// It opens no connection and keeps nothing.
package orders

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/trustline/trustline/signed"
)

// Path answers the machine's Orders to GET over mutual TLS. With If-None-Match
// the answer waits for a change, for at most MaxWait, and is then 304.
const Path = "/api/v1/orders"

// MaxWait bounds how long the console may keep a request waiting.
const MaxWait = 50 * time.Second

// Bounds.
const (
	MaxSize    = 8 << 20 // bytes of one document
	MaxGrants  = 1000    // grants and withdrawals of one machine
	MaxTasks   = 100     // tasks of one machine
	secretSize = 32
)

// Orders is everything one machine is told.
type Orders struct {
	Policy *signed.Envelope `json:"policy,omitempty"` // of a Policy; nil: the machine's own file holds
	// Grants are approvals, refusals and withdrawals, in the order they were
	// made; package grant reads them.
	Grants []signed.Envelope `json:"grants,omitempty"`
	// Tasks are what the machine is to do once; package task reads them.
	Tasks []signed.Envelope `json:"tasks,omitempty"`
	// Lists are those the console has published; nil from a console that knows none.
	Lists []signed.Envelope `json:"lists,omitempty"`
	// Secret is what codes are made with that people read out to each other.
	Secret []byte `json:"secret,omitempty"`
}

// Parse reads a document and bounds it; it opens no envelope. A newer console
// may say more than is known here.
func Parse(body []byte) (Orders, error) {
	var o Orders
	if len(body) > MaxSize {
		return Orders{}, fmt.Errorf("the console's orders are longer than %d bytes", MaxSize)
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return Orders{}, errors.New("the console's orders are not JSON of the expected shape")
	}
	if len(o.Grants) > MaxGrants {
		return Orders{}, fmt.Errorf("the console's orders hold more than %d grants", MaxGrants)
	}
	if len(o.Tasks) > MaxTasks {
		return Orders{}, fmt.Errorf("the console's orders hold more than %d tasks", MaxTasks)
	}
	if len(o.Lists) > MaxLists {
		return Orders{}, fmt.Errorf("the console's orders hold more than %d lists", MaxLists)
	}
	if n := len(o.Secret); n != 0 && n != secretSize {
		return Orders{}, errors.New("the console's orders hold a secret that is not one")
	}
	return o, nil
}

// purposePolicy is what policies are signed for.
const purposePolicy = "policy"

// Policy is a policy as the console publishes it.
type Policy struct {
	// Serial counts what was published; a machine never goes back.
	Serial int64     `json:"serial"`
	Issued time.Time `json:"issued"` // UTC
	Author string    `json:"author"` // name of the account
	Text   string    `json:"text"`   // YAML, as package rules reads it
}

// Sign signs a policy.
func (p Policy) Sign(key ed25519.PrivateKey) (signed.Envelope, error) {
	payload, err := json.Marshal(p)
	if err != nil {
		return signed.Envelope{}, fmt.Errorf("sign a policy: %w", err)
	}
	return signed.Sign(key, purposePolicy, payload), nil
}

// OpenPolicy answers the policy of an envelope that one of the keys signed.
// Whether it is newer than the one in force, and sound, is the caller's to say.
func OpenPolicy(e signed.Envelope, keys ...ed25519.PublicKey) (Policy, error) {
	payload, err := e.Open(purposePolicy, keys...)
	if err != nil {
		return Policy{}, fmt.Errorf("open the console's policy: %w", err)
	}
	var p Policy
	if err := json.Unmarshal(payload, &p); err != nil || p.Serial < 1 || p.Text == "" {
		return Policy{}, errors.New("open the console's policy: it is not of the expected shape")
	}
	return p, nil
}
