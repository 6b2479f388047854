package similar

import (
	"cmp"
	"math"
	"slices"
)

const (
	// LeastShare is from which share of a document on it is told of.
	LeastShare = 0.05

	fewestFound = 4       // fingerprints in common, however short the document
	maxMatches  = 20      // told of, the largest shares first
	maxFound    = 1 << 20 // fingerprints of one index told apart
)

// Match says how much of a document was found.
type Match struct {
	Set      string  `json:"set"`
	Document int     `json:"document"` // its number, from 1, as it was indexed
	Share    float64 `json:"share"`    // of its text, above 0 and at most 1
}

// Matcher looks for documents of several sets in text that arrives bit by bit.
// It is not safe for concurrent use; Reset makes it ready again.
type Matcher struct {
	sets  []set
	clean int64 // -1 while nothing was found
}

type set struct {
	index  *Index
	winnow *winnower
	found  map[int]struct{} // entries of the index
	count  map[uint32]part  // by document
	full   bool
}

// part is what was found of a document.
type part struct{ prints, bytes int }

// NewMatcher answers a Matcher.
func NewMatcher(indexes []*Index) (*Matcher, error) {
	m := &Matcher{sets: make([]set, len(indexes))}
	for i, x := range indexes {
		m.sets[i] = set{index: x, found: map[int]struct{}{}, count: map[uint32]part{}}
	}
	if err := m.winnow(); err != nil {
		return nil, err
	}
	return m, nil
}

// Beside answers a Matcher for text that belongs to what m looks at and stands
// elsewhere, such as decoded text. Both count together. Reset of either forgets
// all that was counted: reset them together.
func (m *Matcher) Beside() (*Matcher, error) {
	beside := &Matcher{sets: slices.Clone(m.sets)}
	if err := beside.winnow(); err != nil {
		return nil, err
	}
	return beside, nil
}

func (m *Matcher) winnow() (err error) {
	m.clean = -1
	for i := range m.sets {
		s := &m.sets[i]
		if s.winnow, err = newWinnower(s.index.key, func(print uint64, _ int64) { m.meet(s, print) }); err != nil {
			return err
		}
	}
	return nil
}

// Reset forgets everything, for the next content.
func (m *Matcher) Reset() {
	m.clean = -1
	for i := range m.sets {
		s := &m.sets[i]
		clear(s.found)
		clear(s.count)
		s.full = false
		s.winnow.begin()
		s.winnow.raw = 0
	}
}

// Begin starts text of another place, such as a page.
func (m *Matcher) Begin() {
	for i := range m.sets {
		m.sets[i].winnow.begin()
	}
}

// Write takes text in UTF-8, cut anywhere.
func (m *Matcher) Write(p []byte) {
	for i := range m.sets {
		m.sets[i].winnow.write(p)
	}
}

func (m *Matcher) meet(s *set, print uint64) {
	at, ok := s.index.find(print)
	if !ok {
		return
	}
	if m.clean < 0 {
		m.clean = max(0, s.winnow.settled())
	}
	for ; at < s.index.detail.Prints && s.index.print(at) == print; at++ {
		if _, again := s.found[at]; again {
			continue
		}
		if len(s.found) == maxFound {
			s.full = true
			return
		}
		s.found[at] = struct{}{}
		d := s.index.document(at)
		p := s.count[d]
		s.count[d] = part{p.prints + 1, p.bytes + s.index.stands(at)}
	}
}

// Clean answers how many bytes of text from the start, since Reset, hold
// nothing of any document.
func (m *Matcher) Clean() int64 {
	clean := m.clean
	if clean < 0 {
		clean = math.MaxInt64
		for _, s := range m.sets {
			clean = min(clean, s.winnow.settled())
		}
	}
	return max(0, clean)
}

// Close answers the documents of which at least LeastShare was found, the
// largest shares first. Incomplete tells that an index could not be read, or
// that more was found than is counted.
func (m *Matcher) Close() (found []Match, incomplete bool) {
	for _, s := range m.sets {
		incomplete = incomplete || s.full || s.index.file.Failed()
		for document, p := range s.count {
			if int(document) >= s.index.detail.Documents {
				incomplete = true
				continue
			}
			total := s.index.total(document)
			if share := float64(p.bytes) / float64(max(total, p.bytes, 1)); share >= LeastShare && p.prints >= fewestFound {
				found = append(found, Match{Set: s.index.Name(), Document: int(document) + 1, Share: share})
			}
		}
	}
	slices.SortFunc(found, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Set, b.Set), a.Document-b.Document)
	})
	return best(found), incomplete
}

// best bounds what is told without ever losing the best of a set.
func best(found []Match) []Match {
	if len(found) <= maxMatches {
		return found
	}
	told := map[string]bool{}
	kept := found[:0]
	for i, f := range found {
		if i < maxMatches || !told[f.Set] {
			kept = append(kept, f)
		}
		told[f.Set] = true
	}
	return kept
}
