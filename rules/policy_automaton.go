package rules

import (
	"bytes"
	"slices"
	"sort"
)

// automaton finds which of many words stand in a text, in one pass over it
// whatever the words are: that of Aho and Corasick. Where only one word is
// left after cutAt bytes the rest of it is not in here: whoever finds it has
// to look for that in the text.
//
// The children of a state stand side by side, those of the first of them right
// behind: reading on is mostly reading on in memory.
type automaton struct {
	states []state
	label  []byte      // the byte that leads to a state
	root   [256]uint32 // the state after one byte
	// shorter tells of each word the longest other one that it ends with.
	shorter []int32
	depth   []int32 // how many bytes of a word are in here
}

const (
	cutAt = 16
	none  = -1
)

type state struct {
	first    uint32 // child
	fail     uint32 // the state of the longest other end of what was read
	out      int32  // the longest word that what was read ends with, or none
	children uint16
	label    byte // of the first child
}

// branch is what is still to be built from a state: the words from lo up to hi
// have the bytes in common that lead there.
type branch struct{ state, lo, hi, depth int }

// newAutomaton takes words in order, each once.
func newAutomaton(words []string) *automaton {
	a := &automaton{states: make([]state, 1), label: make([]byte, 1), shorter: make([]int32, len(words)), depth: make([]int32, len(words))}
	open := []branch{{hi: len(words)}}
	for len(open) > 0 {
		s := open[len(open)-1]
		open = append(open[:len(open)-1], a.grow(s, words)...)
	}
	a.states, a.label = slices.Clip(slices.Clone(a.states)), slices.Clip(slices.Clone(a.label))
	return a
}

// grow makes a state and answers its children, the last of them first.
func (a *automaton) grow(s branch, words []string) (children []branch) {
	word, rest := ends(s, words)
	if word != none {
		a.depth[word] = int32(rest.depth)
	}
	here := state{first: uint32(len(a.states)), out: word}
	for rest.lo < rest.hi {
		child := sameByte(words, rest)
		child.state = len(a.states)
		children = append(children, child)
		a.states = append(a.states, state{})
		a.label = append(a.label, words[child.lo][rest.depth])
		rest.lo = child.hi
	}
	if here.children = uint16(len(children)); here.children > 0 {
		here.label = a.label[here.first]
	}
	a.states[s.state] = here
	slices.Reverse(children)
	return children
}

// ends answers the word that ends in a state, and what goes on from there.
func ends(s branch, words []string) (word int32, rest branch) {
	if s.lo == s.hi {
		return none, s
	}
	if goesOn := len(words[s.lo]) > s.depth; goesOn && (s.hi-s.lo > 1 || s.depth < cutAt) {
		return none, s
	}
	return int32(s.lo), branch{s.state, s.lo + 1, s.hi, s.depth}
}

// sameByte answers the words that go on as the first of them does.
func sameByte(words []string, of branch) branch {
	b := words[of.lo][of.depth]
	n := sort.Search(of.hi-of.lo, func(i int) bool { return words[of.lo+i][of.depth] > b })
	return branch{0, of.lo, of.lo + n, of.depth + 1}
}

// link finds where reading goes on when no child fits, for states of few bytes
// first. Without it an automaton tells what a text begins with.
func (a *automaton) link() {
	order := make([]uint32, 1, len(a.states))
	for i := 0; i < len(order); i++ {
		s := order[i]
		from := &a.states[s]
		for t := from.first; t < from.first+uint32(from.children); t++ {
			if s == 0 {
				a.root[a.label[t]] = t
			} else {
				a.states[t].fail = a.next(from.fail, a.label[t])
			}
			order = append(order, t)
		}
		other := int32(none)
		if s != 0 {
			other = a.states[from.fail].out
		}
		if from.out == none {
			from.out = other
		} else {
			a.shorter[from.out] = other
		}
	}
}

// child answers the state that a byte leads on to, 0 for none.
func (s *state) child(a *automaton, b byte) uint32 {
	switch {
	case s.children == 0:
	case s.label == b:
		return s.first
	case s.children > 1:
		return a.sibling(s, b)
	}
	return 0
}

func (a *automaton) sibling(s *state, b byte) uint32 {
	i := bytes.IndexByte(a.label[s.first:s.first+uint32(s.children)], b)
	if i < 0 {
		return 0
	}
	return s.first + uint32(i)
}

// next answers the state after one more byte.
func (a *automaton) next(s uint32, b byte) uint32 {
	for s != 0 {
		from := &a.states[s]
		if t := from.child(a, b); t != 0 {
			return t
		}
		s = from.fail
	}
	return a.root[b]
}
