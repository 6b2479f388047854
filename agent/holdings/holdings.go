// Package holdings remembers on disk what the service has taken of the machine
// and owes it: disks that are read-only because of it, letters of drives. It is
// written down before it is taken, so that whatever a run that died has left is
// found and given back by the next one. It takes and gives back nothing itself.
package holdings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/trustline/trustline/agent/identity"
)

// maxSize bounds a record, in bytes.
const maxSize = 64 << 10

// Kind says what one record is about.
type Kind[T comparable] struct {
	What  string // "which drives are read-only", for errors
	Loss  string // what becomes of what stands in a record that is damaged
	Most  int    // how many there can be; the oldest are forgotten
	Check func(T) error
	// Replaces tells whether of two, which cannot both be held, the second is the one.
	Replaces func(old, now T) bool
}

// Record is what is held. It is not safe for concurrent use.
type Record[T comparable] struct {
	path string
	kind Kind[T]
	held []T
}

// New answers a record of nothing.
func New[T comparable](path string, kind Kind[T]) *Record[T] {
	return &Record[T]{path: path, kind: kind}
}

// Read reads what an earlier run has left. A file that is damaged is as good as
// none: the record that comes with the error is empty, and works.
func Read[T comparable](path string, kind Kind[T]) (*Record[T], error) {
	r := New(path, kind)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("read %s: %w", kind.What, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err == nil {
		r.held, err = kind.Parse(raw)
	}
	if err != nil {
		return r, fmt.Errorf("read %s: %s is damaged (%s): %w", kind.What, path, kind.Loss, err)
	}
	return r, nil
}

// Parse reads the text of a record, of which all is believed or nothing.
func (k Kind[T]) Parse(raw []byte) ([]T, error) {
	var list []T
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	if len(list) > k.Most {
		return nil, errors.New("more than there can be")
	}
	for _, t := range list {
		if k.Check == nil {
			break
		}
		if err := k.Check(t); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Has tells whether something is held.
func (r *Record[T]) Has(t T) bool { return slices.Contains(r.held, t) }

// All answers what is held.
func (r *Record[T]) All() []T { return slices.Clone(r.held) }

// Add writes down that something is held from now on.
func (r *Record[T]) Add(t T) error {
	held := append(slices.DeleteFunc(r.All(), func(o T) bool { return r.kind.Replaces(o, t) }), t)
	return r.keep(held[max(0, len(held)-r.kind.Most):])
}

// Drop writes down that something is not held any more.
func (r *Record[T]) Drop(t T) error {
	if !r.Has(t) {
		return nil
	}
	return r.keep(slices.DeleteFunc(r.All(), func(o T) bool { return o == t }))
}

func (r *Record[T]) keep(held []T) error {
	raw, err := json.Marshal(held)
	if err == nil {
		err = identity.WriteDurably(r.path, raw)
	}
	if err != nil {
		return fmt.Errorf("write down %s: %w", r.kind.What, err)
	}
	r.held = held
	return nil
}
