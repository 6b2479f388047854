package rules

import (
	"slices"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/exact"
	"github.com/trustline/trustline/rules/similar"
)

// Known is what content holds of a company's own lists and documents. It names
// lists and documents, and never anybody on them.
type Known struct {
	Lists     []exact.Match   `json:"lists,omitempty"`
	Documents []similar.Match `json:"documents,omitempty"`
	// Incomplete tells that there may be more: a list could not be read, or a
	// bound was reached.
	Incomplete bool `json:"incomplete,omitempty"`
}

func (k Known) any() bool { return len(k.Lists)+len(k.Documents) > 0 }

// onAny answers how many people are on at least one of some lists, two fields
// of each standing together.
func (k Known) onAny(lists []string) (n int) {
	for _, m := range k.Lists {
		if i := slices.Index(lists, m.List); i >= 0 {
			n += m.People(2, lists[:i])
		}
	}
	return n
}

// knownMatcher looks for what is on the lists; nil looks for nothing.
type knownMatcher struct {
	exact   *exact.Matcher
	similar *similar.Matcher
	cells   [][]byte
}

// beside answers a matcher for text that stands elsewhere; both count together.
func (k *knownMatcher) beside() *knownMatcher {
	if k == nil {
		return nil
	}
	documents, err := k.similar.Beside()
	if err != nil {
		return nil // cannot be: the key was derived from before
	}
	return &knownMatcher{exact: k.exact.Beside(), similar: documents}
}

func (k *knownMatcher) reset() {
	if k != nil {
		k.exact.Reset()
		k.similar.Reset()
	}
}

func (k *knownMatcher) begin() {
	if k != nil {
		k.exact.Begin()
		k.similar.Begin()
	}
}

func (k *knownMatcher) write(text []byte) {
	if k != nil {
		k.exact.Write(text)
		k.similar.Write(text)
	}
}

func (k *knownMatcher) row(cells []detect.Cell) {
	if k == nil {
		return
	}
	k.cells = k.cells[:0]
	for _, c := range cells {
		k.cells = append(k.cells, c.Text)
		k.similar.Write(c.Text)
	}
	k.exact.Row(k.cells)
}

// clean answers how many of the first bytes hold nothing of anybody on a list
// and of no document either.
func (k *knownMatcher) clean(n int64) int64 {
	if k == nil {
		return n
	}
	return min(n, k.exact.Clean(), k.similar.Clean())
}

func (k *knownMatcher) close() Known {
	if k == nil {
		return Known{}
	}
	lists, incomplete := k.exact.Close()
	documents, more := k.similar.Close()
	return Known{Lists: lists, Documents: documents, Incomplete: incomplete || more}
}
