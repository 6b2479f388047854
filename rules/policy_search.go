package rules

import "strings"

// search is what is known of one text while an index looks for patterns in it.
type search struct {
	text  []byte // folded
	found set
	seen  set     // words of the index
	ends  []int32 // of those: where they end first
	again set     // those that may stand in another place as well
}

// newSearch has room for the words of any of some indexes.
func newSearch(indexes ...*index) *search {
	words, placed := 0, 0
	for _, x := range indexes {
		words = max(words, len(x.words))
		if len(x.checks) > 0 {
			placed = max(placed, len(x.words))
		}
	}
	return &search{seen: newSet(words), again: newSet(placed), ends: make([]int32, placed)}
}

// all answers who, of so many, wants a pattern that fits one of some texts.
func (x *index) all(most int, texts ...string) set {
	found := newSet(most)
	if x != nil {
		s := newSearch(x)
		for _, text := range texts {
			s.read(text)
			x.find(s, nil, found)
		}
	}
	return found
}

// read takes a text and folds it, as question.fold does.
func (s *search) read(text string) {
	text = strings.TrimSpace(text)
	if !plainCase(text) {
		s.text = append(s.text[:0], strings.ToLower(text)...)
		return
	}
	s.text = append(s.text[:0], text...)
	for i, b := range s.text {
		if 'A' <= b && b <= 'Z' {
			s.text[i] = b + 'a' - 'A'
		}
	}
}

// plainCase tells whether nothing in a text but A to Z has another case: it is
// ASCII, or Chinese from U+3000 to U+9FFF.
func plainCase(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < 0x80 {
			continue
		}
		if i+2 >= len(text) || text[i] < 0xE3 || text[i] > 0xE9 || text[i+1]&0xC0 != 0x80 || text[i+2]&0xC0 != 0x80 {
			return false
		}
		i += 2
	}
	return true
}
