package rules

import "bytes"

// index finds which of many patterns fit a text, in one pass over the text. It
// answers for whom: the numbers of those who want one of these patterns.
//
// Patterns are taken apart at their stars. What a text begins with and what
// stands anywhere in it is found reading forward, what it ends with reading
// backward. A pattern of one part fits where that is found. One of more parts
// is looked at when the part was found that fewest other patterns have: the
// others have to stand around it in their order.
type index struct {
	forward  *automaton
	backward *automaton
	words    []word   // those of forward and then those of backward
	texts    [][]byte // of words
	bound    bool     // no word may stand anywhere
	checks   []check
	checkers those   // who wants one of them
	common   []int32 // words with checks that many want: who has one that fits needs no other
	first    []int32 // of the checks of a word; they end where those of the next word begin
	parts    []int32 // words, of checks
	lists    lists   // who wants them
}

// word is a part of patterns.
type word struct {
	settles those // who wants patterns of this part alone
	shorter int32 // the longest other word that it ends with, or none
	tail    int32 // bytes of it that are not in the automaton
	cut     bool  // that is: these and perhaps the mark of an end
	follow  bool  // some word that it ends with is cut
	whole   bool  // it is all that there may be
	checked bool  // it has checks
}

// check is a pattern of more than one part.
type check struct {
	first, end int32 // of its parts
	by         those
}

// find adds to the search who wants a pattern that fits the text. Whoever is
// not in asking need not be told, unless that is nil.
func (x *index) find(s *search, asking, found set) {
	s.found = found
	clear(s.seen)
	clear(s.again)
	x.ahead(s)
	x.back(s)
	for _, n := range x.common {
		if s.seen.has(int(n)) {
			x.check(int(n), s, asking)
		}
	}
	if x.lists.matter(x.checkers, asking, found) {
		s.seen.any(func(n int) bool { x.check(n, s, asking); return false })
	}
}

// ahead reads forward.
func (x *index) ahead(s *search) {
	a := x.forward
	at := a.root[textStart[0]]
	for i, b := range s.text {
		if at = a.next(at, b); at == 0 && x.bound {
			return
		}
		if out := a.states[at].out; out != none {
			x.end(out, i+1, s)
		}
	}
	if out := a.states[a.next(at, textEnd[0])].out; out != none {
		x.end(out, len(s.text), s)
	}
}

// end notes the words that end in one place, or beyond it with their tail.
// Where one was seen already so were all that it ends with, unless they are cut.
func (x *index) end(n int32, end int, s *search) {
	for n != none {
		w := &x.words[n]
		switch {
		case !s.seen.has(int(n)):
			if !w.cut || x.goesOn(n, s.text[end:]) {
				x.see(n, end+int(w.tail), s)
			}
		case len(x.checks) > 0 && !s.again.has(int(n)):
			s.again.add(int(n))
		case !w.follow:
			return
		}
		n = w.shorter
	}
}

func (x *index) goesOn(n int32, text []byte) bool {
	w, tail := &x.words[n], x.texts[n]
	tail = tail[len(tail)-int(w.tail):]
	return bytes.HasPrefix(text, tail) && (!w.whole || len(text) == len(tail))
}

// see notes a word for the first time.
func (x *index) see(n int32, end int, s *search) {
	s.seen.add(int(n))
	x.lists.add(x.words[n].settles, s.found)
	if len(x.checks) > 0 {
		s.ends[n] = int32(end)
	}
}

// back reads backward, as far as some word goes.
func (x *index) back(s *search) {
	a := x.backward
	at := a.states[0].child(a, textEnd[0])
	for i := len(s.text); at != 0; i-- {
		from := &a.states[at]
		if from.out != none {
			x.begin(from.out, i, s)
		}
		if i == 0 {
			return
		}
		at = from.child(a, s.text[i-1])
	}
}

// begin notes the word that begins in a place, or before it with its tail.
func (x *index) begin(n int32, begin int, s *search) {
	n += x.ending()
	if bytes.HasSuffix(s.text[:begin], x.texts[n][:x.words[n].tail]) {
		x.see(n, len(s.text), s)
	}
}

// ending answers the first word that a text ends with.
func (x *index) ending() int32 { return int32(len(x.forward.shorter)) }

// check looks at the patterns that are found by a word.
func (x *index) check(n int, s *search, asking set) {
	if !x.words[n].checked {
		return
	}
	for _, c := range x.checks[x.first[n]:x.first[n+1]] {
		if x.lists.matter(c.by, asking, s.found) && x.inOrder(x.parts[c.first:c.end], s) {
			x.lists.add(c.by, s.found)
		}
	}
}

// inOrder takes the first place there is for part after part, which finds a
// way whenever there is one. A part that stands too far ahead is looked for
// once more.
func (x *index) inOrder(parts []int32, s *search) bool {
	for _, n := range parts {
		if !s.seen.has(int(n)) {
			return false
		}
	}
	at := 0
	for _, n := range parts {
		end, text := int(s.ends[n]), x.texts[n]
		if end-len(text) < at {
			if !s.again.has(int(n)) {
				return false
			}
			i := bytes.Index(s.text[at:], text)
			if i < 0 {
				return false
			}
			end = at + i + len(text)
		}
		at = end
	}
	return true
}
