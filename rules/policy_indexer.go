package rules

import (
	"slices"
	"strings"
)

// indexer gathers the patterns of an index, by how they are written.
type indexer map[string]*wanted

// wanted is a pattern with those who want it.
type wanted struct {
	pattern *pattern
	by      []uint16
	parts   []*counted
}

func (x indexer) add(patterns []*pattern, by int) {
	for _, p := range patterns {
		if x[p.written] == nil {
			x[p.written] = &wanted{pattern: p}
		}
		x[p.written].by = append(x[p.written].by, uint16(by))
	}
}

// part is a part of a pattern.
type part struct {
	read     string // with the marks of the ends it is bound to; reversed when it is read backward
	text     string
	backward bool
}

// counted is a part with how many patterns have it.
type counted struct {
	part
	patterns int
	word     int32
}

// Bytes of no text that was folded, which is UTF-8: they stand for its ends.
const (
	textStart = "\xff"
	textEnd   = "\xfe"
)

// parts takes a pattern apart. A text that fits "" or "*" has "".
func (p *pattern) parts() (parts []part) {
	if !p.stars {
		return []part{{textStart + p.written + textEnd, p.written, false}}
	}
	if p.first != "" {
		parts = append(parts, part{textStart + p.first, p.first, false})
	}
	for _, middle := range p.middle {
		if middle != "" {
			parts = append(parts, part{middle, middle, false})
		}
	}
	if p.last != "" {
		backward := []byte(p.last)
		slices.Reverse(backward)
		parts = append(parts, part{textEnd + string(backward), p.last, true})
	}
	if len(parts) == 0 {
		return []part{{}}
	}
	return parts
}

// index answers nil when there are no patterns. Those who want them are
// numbered below bound.
func (x indexer) index(bound int) *index {
	if len(x) == 0 {
		return nil
	}
	b := indexing{&index{bound: true, lists: lists{bound: bound}}, map[part]*counted{}}
	for _, w := range x {
		for _, p := range w.pattern.parts() {
			w.parts = append(w.parts, b.count(p))
		}
	}
	b.forward = b.automaton(false)
	b.forward.link()
	for n := range b.words {
		w := &b.words[n]
		w.shorter = b.forward.shorter[n]
		for other := w.shorter; other != none && !w.follow; other = b.forward.shorter[other] {
			w.follow = b.words[other].cut
		}
	}
	b.backward = b.automaton(true)
	b.settle(x)
	return b.index
}

// indexing is an index while it is made.
type indexing struct {
	*index
	parts map[part]*counted
}

func (b *indexing) count(p part) *counted {
	c := b.parts[p]
	if c == nil {
		c = &counted{part: p}
		b.parts[p] = c
	}
	c.patterns++
	return c
}

// automaton makes words of the parts that are read in one direction.
func (b *indexing) automaton(backward bool) *automaton {
	var parts []*counted
	for _, p := range b.parts {
		if p.backward == backward {
			parts = append(parts, p)
			b.bound = b.bound && (backward || strings.HasPrefix(p.read, textStart))
		}
	}
	slices.SortFunc(parts, func(a, b *counted) int { return strings.Compare(a.read, b.read) })
	read := make([]string, len(parts))
	for i, p := range parts {
		read[i] = p.read
	}
	a := newAutomaton(read)
	for i, p := range parts {
		p.word = int32(len(b.words))
		b.texts = append(b.texts, []byte(p.text))
		b.words = append(b.words, newWord(p.part, int(a.depth[i])))
	}
	return a
}

// newWord makes a word of which so many bytes are in the automaton.
func newWord(p part, depth int) word {
	w := word{shorter: none, cut: depth < len(p.read), whole: strings.HasPrefix(p.read, textStart) && strings.HasSuffix(p.read, textEnd)}
	if w.cut {
		w.tail = int32(len(p.read) - depth)
		if w.whole {
			w.tail-- // the mark
		}
	}
	return w
}

// settle hands every pattern to the word by which it is found.
func (b *indexing) settle(x indexer) {
	byWord := make([][]*wanted, len(b.words))
	for _, w := range x {
		n := rarest(w.parts).word
		byWord[n] = append(byWord[n], w)
	}
	var checkers []uint16
	for n, all := range byWord {
		b.first = append(b.first, int32(len(b.checks)))
		var by []uint16
		for _, w := range all {
			if len(w.parts) == 1 {
				by = append(by, w.by...)
			} else {
				b.check(w)
				checkers = append(checkers, w.by...)
				b.words[n].checked = true
				if b.checks[len(b.checks)-1].by.end == isLong {
					b.common = append(b.common, int32(n))
				}
			}
		}
		b.words[n].settles = b.lists.keep(by)
	}
	b.first = append(b.first, int32(len(b.checks)))
	slices.Sort(checkers)
	b.checkers = b.lists.keep(slices.Compact(checkers))
}

func (b *indexing) check(w *wanted) {
	c := check{first: int32(len(b.index.parts)), by: b.lists.keep(w.by)}
	for _, p := range w.parts {
		b.index.parts = append(b.index.parts, p.word)
	}
	c.end = int32(len(b.index.parts))
	b.checks = append(b.checks, c)
}

// rarest answers the part that fewest patterns have, of these the longest.
func rarest(parts []*counted) *counted {
	return slices.MinFunc(parts, func(one, other *counted) int {
		if n := one.patterns - other.patterns; n != 0 {
			return n
		}
		return len(other.text) - len(one.text)
	})
}
