package listfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"
)

// A file is: magic, sections (each on a page of its own), header, signature,
// length of the header, end mark. The end comes last so that a list of any
// size is written once, in order.
const (
	magic         = "TLLIST\x00\x01"
	endMark       = "TLISTEND"
	formatVersion = 1
	page          = 4096
	tailSize      = 64 + 4 + int64(len(endMark)) // signature, length, mark

	maxHeader   = 64 << 10
	maxSections = 8
	// MaxSize bounds a file.
	MaxSize = 8 << 30
)

// The ways in which a file is refused. None of them names anything the list
// was made from.
var (
	ErrNotAList  = errors.New("not a list file: build one with trustline-console list build")
	ErrCut       = errors.New("the file is cut short or has something behind its end: copy it again")
	ErrTooLarge  = errors.New("the file is larger than lists may be")
	ErrFormat    = errors.New("made by a later version: upgrade this program, or build the list with an older one")
	ErrKeyless   = errors.New("made with a key that is not here: install the endpoint key it was made with, or build it with the current key")
	ErrForged    = errors.New("the signature is wrong: the list was changed or made by somebody else; take it from where it was built")
	ErrDamaged   = errors.New("a checksum is wrong: copy the file again")
	ErrOtherKind = errors.New("a list of another kind")
	ErrReplayed  = errors.New("older than a list of this name seen before: deliver the latest one")
)

// Header says what a file is.
type Header struct {
	Format   int             `json:"format"`
	Kind     string          `json:"kind"`
	Name     string          `json:"name"`
	Serial   uint64          `json:"serial"`
	Created  time.Time       `json:"created"`
	Key      string          `json:"key"`
	Detail   json.RawMessage `json:"detail"`
	Sections []Section       `json:"sections"`
}

// Section is a part of the file.
type Section struct {
	Name   string `json:"name"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"` // bytes
	SHA256 []byte `json:"sha256"`
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// ValidName tells whether a list may be called so: what a policy can name.
func ValidName(name string) bool { return namePattern.MatchString(name) }

// check looks at a header whose signature is right; end is where sections end.
func (h *Header) check(end int64) error {
	if h.Format != formatVersion {
		return ErrFormat
	}
	if !ValidName(h.Name) || !ValidName(h.Kind) || len(h.Sections) > maxSections || h.Serial > math.MaxInt64 {
		return ErrNotAList
	}
	at := int64(page)
	for _, s := range h.Sections {
		if s.Offset < at || s.Offset%page != 0 || s.Size < 0 || s.Size > end || s.Offset > end-s.Size {
			return fmt.Errorf("%w (a section lies outside)", ErrNotAList)
		}
		at = s.Offset + s.Size
	}
	return nil
}
