// Package task is what the console has one machine do once: look at files that
// are picked at random, or destroy one file that was found. A task is signed,
// names its machine and ends at its time; the machine answers with a record.
//
// It is the contract alone, with its checks. It opens no connection, keeps
// nothing and touches no file.
package task

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/trustline/trustline/signed"
)

// purpose is what tasks are signed for.
const purpose = "task"

// Bounds on what a task may say.
const (
	MaxText    = 600  // bytes of a reason
	MaxPath    = 1024 // bytes
	MaxFolders = 20
	MaxFiles   = 10_000 // looked at by one machine
	MaxDays    = 30
	MostLeast  = 1_000_000
	maxKinds   = 50
	maxNames   = 4
)

// People among the thresholds of a check counts people in records; every other
// name is the id of a class of data.
const People = "people"

// Task is one thing to do. Exactly one of Check and Destruction is given.
type Task struct {
	ID      string    `json:"id"`      // UUIDv7
	Machine string    `json:"machine"` // id
	Issued  time.Time `json:"issued"`  // UTC
	Expires time.Time `json:"expires"` // UTC; nobody does it any more then
	By      []string  `json:"by"`      // names of the accounts
	Reason  string    `json:"reason"`

	Check       *Check       `json:"check,omitempty"`
	Destruction *Destruction `json:"destruction,omitempty"`
}

// Check is to look at files that are picked at random.
type Check struct {
	Order string `json:"order"` // id of the order, the same for all its machines
	// Folders are looked through with what lies below; none: those that the
	// machine's configuration names for discovery, or else people's homes.
	Folders []string `json:"folders,omitempty"`
	Files   int      `json:"files"` // at most so many are looked at
	// AtLeast says what is found: so many distinct values of a class of data or
	// so many People. One of them is enough.
	AtLeast map[string]int `json:"atLeast"`
}

// Destruction is to destroy a file that was found.
type Destruction struct {
	Incident string `json:"incident"` // id of the record by which it was found
	Path     string `json:"path"`     // as the record names it: parts may be masked
	SHA256   string `json:"sha256"`   // of its content, in hex: another content stays
}

// Sign signs a task that is complete.
func (t *Task) Sign(key ed25519.PrivateKey) (signed.Envelope, error) {
	if err := t.Validate(); err != nil {
		return signed.Envelope{}, fmt.Errorf("sign a task: %w", err)
	}
	payload, err := json.Marshal(t)
	if err != nil {
		return signed.Envelope{}, fmt.Errorf("sign a task: %w", err)
	}
	return signed.Sign(key, purpose, payload), nil
}

// ErrOtherMachine: the task is another machine's.
var ErrOtherMachine = errors.New("it is for another machine")

// Open answers the task that one of the keys signed for this machine. Whether
// it is still time to do it is the caller's to say.
func Open(e signed.Envelope, machine string, keys ...ed25519.PublicKey) (*Task, error) {
	payload, err := e.Open(purpose, keys...)
	if err != nil {
		return nil, fmt.Errorf("open a task: %w", err)
	}
	var t Task
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if d.Decode(&t) != nil {
		return nil, errors.New("open a task: it is not of the expected shape")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("open a task: something follows it")
	}
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("open a task: %w", err)
	}
	if t.Machine != machine {
		return nil, fmt.Errorf("open a task: %w", ErrOtherMachine)
	}
	return &t, nil
}

// Validate answers why this is no task the console gives. Fields are named,
// values never.
func (t *Task) Validate() error {
	var bad []string
	is := func(ok bool, field string) {
		if !ok {
			bad = append(bad, field)
		}
	}
	is(isID(t.ID), "id")
	is(isID(t.Machine), "machine")
	is(t.Expires.After(t.Issued) && t.Expires.Sub(t.Issued) <= MaxDays*24*time.Hour, "expires")
	is(len(t.By) >= 1 && len(t.By) <= maxNames && !slices.ContainsFunc(t.By, func(n string) bool { return n == "" || !plain(n, MaxText) }), "by")
	is(plain(t.Reason, MaxText), "reason")
	switch {
	case t.Check != nil && t.Destruction == nil:
		bad = append(bad, t.Check.problems()...)
	case t.Check == nil && t.Destruction != nil:
		d := t.Destruction
		is(isID(d.Incident), "destruction.incident")
		is(d.Path != "" && plain(d.Path, MaxPath), "destruction.path")
		is(isSHA256(d.SHA256), "destruction.sha256")
	default:
		bad = append(bad, "check or destruction")
	}
	if len(bad) == 0 {
		return nil
	}
	return fmt.Errorf("missing or out of range: %q", bad)
}

func (c *Check) problems() (bad []string) {
	if !isID(c.Order) {
		bad = append(bad, "check.order")
	}
	if len(c.Folders) > MaxFolders || slices.ContainsFunc(c.Folders, func(f string) bool { return !AbsoluteFolder(f) }) {
		bad = append(bad, "check.folders")
	}
	if c.Files < 1 || c.Files > MaxFiles {
		bad = append(bad, "check.files")
	}
	kinds := slices.Collect(maps.Keys(c.AtLeast))
	if len(kinds) == 0 || len(kinds) > maxKinds || slices.ContainsFunc(kinds, func(k string) bool {
		return k == "" || !plain(k, 64) || c.AtLeast[k] < 1 || c.AtLeast[k] > MostLeast
	}) {
		bad = append(bad, "check.atLeast")
	}
	return bad
}

// AbsoluteFolder tells whether a path names a folder on Linux, macOS (/srv) or
// Windows (D:\Daten, \\server\share), whatever system asks.
func AbsoluteFolder(p string) bool {
	if !plain(p, MaxPath) {
		return false
	}
	drive := len(p) >= 3 && p[1] == ':' && (p[2] == '\\' || p[2] == '/')
	return drive || strings.HasPrefix(p, `\\`) || path.IsAbs(p) && path.Clean(p) == "/"+strings.Trim(p, "/")
}

func isID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s && id != uuid.Nil
}

func isSHA256(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// plain tells whether a text is bounded and holds nothing that a page or a
// terminal acts on.
func plain(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && unicode.IsControl(r) })
}
