// Package grant is the approval of one person's one purpose: who may take what
// where, how much of it, how often and until when. An employee asks with a
// Request; the console answers with a Grant, a Refusal or, later, a Withdrawal,
// each signed, so that the machine can hold them against what happens without
// asking anybody.
//
// It is the contract alone, with its checks. It opens no connection, keeps
// nothing and counts nothing: that a grant is used up is known to who keeps it.
package grant

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/trustline/trustline/signed"
)

// purpose is what answers are signed for.
const purpose = "grant"

// Bounds on what a grant may say.
const (
	MaxText    = 600 // bytes of any one text
	MaxClasses = 100
	MaxUses    = 1000
	MaxDays    = 90
	MaxPeople  = 100_000_000
	maxNames   = 4 // approvers
)

// AnyClass among a grant's classes covers all of them.
const AnyClass = "*"

// Grant lets one person do one thing that the policy stops. Times are UTC.
type Grant struct {
	ID          string    `json:"id"`                 // UUIDv7
	Request     string    `json:"request"`            // id of the request it answers, "" for a code given by telephone
	Incident    string    `json:"incident,omitempty"` // id of what was stopped
	Machine     string    `json:"machine"`            // id
	UID         int       `json:"uid"`
	User        string    `json:"user"`
	Channel     string    `json:"channel"`
	Destination string    `json:"destination"`      // what tells the device or place apart
	File        string    `json:"file,omitempty"`   // masked name, for people
	SHA256      string    `json:"sha256,omitempty"` // of the content in hex; "": any content within the bounds
	Classes     []string  `json:"classes"`          // ids of the classes of data it covers, sorted
	MaxPeople   int       `json:"maxPeople"`        // distinct people in one use
	MaxUses     int       `json:"maxUses"`
	NotBefore   time.Time `json:"notBefore"`
	Expires     time.Time `json:"expires"`
	Purpose     Purpose   `json:"purpose"`
	Approvers   []string  `json:"approvers"` // names of the accounts
	// Rule and Action are what it lets somebody past: where the policy answers
	// with another rule or action it does not hold. "" for whatever it answers.
	// Nobody signs these: machines set them where nobody was asked.
	Rule   string `json:"rule,omitempty"`
	Action string `json:"action,omitempty"`
}

// Refusal says no to a request.
type Refusal struct {
	Request  string    `json:"request"`
	Incident string    `json:"incident,omitempty"`
	Machine  string    `json:"machine"`
	UID      int       `json:"uid"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"`
	Time     time.Time `json:"time"`
}

// Withdrawal ends a grant before its time.
type Withdrawal struct {
	Grant   string    `json:"grant"`
	Machine string    `json:"machine"`
	UID     int       `json:"uid"`
	Reason  string    `json:"reason"`
	By      string    `json:"by"`
	Time    time.Time `json:"time"`
}

// Answer is one of the three.
type Answer struct {
	Grant      *Grant      `json:"grant,omitempty"`
	Refusal    *Refusal    `json:"refusal,omitempty"`
	Withdrawal *Withdrawal `json:"withdrawal,omitempty"`
}

// Sign signs an answer that is complete.
func (a Answer) Sign(key ed25519.PrivateKey) (signed.Envelope, error) {
	if err := a.check(); err != nil {
		return signed.Envelope{}, fmt.Errorf("sign an answer: %w", err)
	}
	payload, err := json.Marshal(a)
	if err != nil {
		return signed.Envelope{}, fmt.Errorf("sign an answer: %w", err)
	}
	return signed.Sign(key, purpose, payload), nil
}

// ErrOtherMachine: the answer is for another machine.
var ErrOtherMachine = errors.New("it is for another machine")

// Open answers what one of the keys signed for this machine.
func Open(e signed.Envelope, machine string, keys ...ed25519.PublicKey) (Answer, error) {
	payload, err := e.Open(purpose, keys...)
	if err != nil {
		return Answer{}, fmt.Errorf("open a grant: %w", err)
	}
	var a Answer
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if d.Decode(&a) != nil {
		return Answer{}, errors.New("open a grant: it is not of the expected shape")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Answer{}, errors.New("open a grant: something follows it")
	}
	if err := a.check(); err != nil {
		return Answer{}, fmt.Errorf("open a grant: %w", err)
	}
	if a.machine() != machine {
		return Answer{}, fmt.Errorf("open a grant: %w", ErrOtherMachine)
	}
	return a, nil
}

func (a Answer) machine() string {
	switch {
	case a.Grant != nil:
		return a.Grant.Machine
	case a.Refusal != nil:
		return a.Refusal.Machine
	}
	return a.Withdrawal.Machine
}

// check answers why this is no answer the console makes. Fields are named,
// values never.
func (a Answer) check() error {
	switch {
	case a.Grant != nil && a.Refusal == nil && a.Withdrawal == nil:
		return a.Grant.check()
	case a.Grant == nil && a.Refusal != nil && a.Withdrawal == nil:
		r := a.Refusal
		return fields{"request": isID(r.Request), "machine": isID(r.Machine), "reason": plain(r.Reason), "by": r.By != "" && plain(r.By)}.check()
	case a.Grant == nil && a.Refusal == nil && a.Withdrawal != nil:
		w := a.Withdrawal
		return fields{"grant": isID(w.Grant), "machine": isID(w.Machine), "reason": plain(w.Reason), "by": w.By != "" && plain(w.By)}.check()
	}
	return errors.New("it has to be exactly one of grant, refusal and withdrawal")
}

func (g *Grant) check() error {
	return fields{
		"id": isID(g.ID), "request": g.Request == "" || isID(g.Request), "incident": g.Incident == "" || isID(g.Incident),
		"machine": isID(g.Machine), "uid": g.UID >= 0, "user": plain(g.User),
		"channel": g.Channel != "" && plain(g.Channel), "destination": g.Destination != "" && plain(g.Destination), "file": plain(g.File),
		"sha256":  g.SHA256 == "" || isSHA256(g.SHA256),
		"classes": len(g.Classes) <= MaxClasses && slices.IsSorted(g.Classes) && !slices.ContainsFunc(g.Classes, func(c string) bool { return c == "" || !plain(c) }),
		// Content that cannot be read holds nobody that could be counted.
		"maxPeople": g.MaxPeople >= 0 && g.MaxPeople <= MaxPeople,
		"maxUses":   g.MaxUses >= 1 && g.MaxUses <= MaxUses,
		"expires":   g.Expires.After(g.NotBefore) && g.Expires.Sub(g.NotBefore) <= MaxDays*24*time.Hour,
		"purpose":   g.Purpose.Known(), "approvers": len(g.Approvers) >= 1 && len(g.Approvers) <= maxNames && distinct(g.Approvers),
	}.check()
}

// Use is something that a grant is wanted for.
type Use struct {
	UID         int
	Channel     string
	Destination string
	SHA256      string // of the content in hex, "" when it is not known
	Classes     []string
	People      int
	Rule        string // that stops it, and how
	Action      string
}

// Why a grant does not cover a use. They are told to the employee.
var (
	ErrNotYet           = errors.New("not-yet")
	ErrExpired          = errors.New("expired")
	ErrOtherPerson      = errors.New("other-person")
	ErrOtherPlace       = errors.New("other-destination")
	ErrOtherContent     = errors.New("content-changed")
	ErrOtherClasses     = errors.New("more-classes")
	ErrTooMany          = errors.New("more-people")
	ErrOtherRule        = errors.New("other-rule")
	ErrUsedUp           = errors.New("used-up")
	ErrWithdrawn        = errors.New("withdrawn")
	ErrClockSetBack     = errors.New("clock-set-back")
	errRequestNotSigned = errors.New("the pledge is not signed")
)

// clocksDiffer is how far a machine's clock may be behind the console's and a
// grant be used at once all the same.
const clocksDiffer = 5 * time.Minute

// Begun tells whether its time has come, as far as clocks agree.
func (g *Grant) Begun(now time.Time) bool { return !now.Before(g.NotBefore.Add(-clocksDiffer)) }

// Covers answers nil when the grant lets this happen now, and otherwise the
// first reason why it does not.
func (g *Grant) Covers(u Use, now time.Time) error {
	switch {
	case g.UID != u.UID:
		return ErrOtherPerson
	case g.Channel != u.Channel || g.Destination != u.Destination:
		return ErrOtherPlace
	case !g.Begun(now):
		return ErrNotYet
	case !now.Before(g.Expires):
		return ErrExpired
	case g.SHA256 != "" && g.SHA256 != u.SHA256:
		return ErrOtherContent
	case g.Rule != "" && (g.Rule != u.Rule || g.Action != u.Action):
		return ErrOtherRule
	case u.People > g.MaxPeople:
		return ErrTooMany
	}
	if slices.Contains(g.Classes, AnyClass) {
		return nil
	}
	for _, c := range u.Classes {
		if _, covered := slices.BinarySearch(g.Classes, c); !covered {
			return ErrOtherClasses
		}
	}
	return nil
}

// fields are checks by the names of fields.
type fields map[string]bool

func (f fields) check() error {
	var bad []string
	for name, ok := range f {
		if !ok {
			bad = append(bad, name)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	slices.Sort(bad)
	return fmt.Errorf("missing or out of range: %q", bad)
}

func isID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s && id != uuid.Nil
}

func isSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// plain tells a text of bounded length without control characters other than
// the end of a line.
func plain(s string) bool {
	if len(s) > MaxText || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' && r != '\n' || r == 0x7f {
			return false
		}
	}
	return true
}

func distinct(names []string) bool {
	seen := map[string]bool{}
	for _, n := range names {
		if n == "" || !plain(n) || seen[n] {
			return false
		}
		seen[n] = true
	}
	return true
}
