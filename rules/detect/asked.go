package detect

import "math"

// Somebody else may look at the same text, for more than this package knows:
// lines that hold what they find are looked at as those with an anchor are, for
// the name of whom it is.

// asked is what a Scanner is asked to look at besides.
type asked struct {
	waits bool    // whoever asks looks first
	upTo  int64   // and has looked so far, in the fragment
	lines []int64 // where something stands in them, in the fragment
}

func (a *asked) clear() { a.upTo, a.lines = 0, a.lines[:0] }

// Await has the scanner look no further than to an offset of the fragment, until
// its end is given or Await is called again: whoever asks for lines beyond it has
// not looked there yet.
func (s *Scanner) Await(offset int64) { s.asked.waits, s.asked.upTo = true, offset }

// LookAt asks for the line that holds an offset of the fragment to be looked at.
// Offsets come in the order of their lines, and none before what Await said.
func (s *Scanner) LookAt(offset int64) { s.asked.lines = append(s.asked.lines, offset) }

// askedFor answers where the next line stands that was asked for, in the buffer.
func (s *Scanner) askedFor() int {
	for len(s.asked.lines) > 0 {
		if at := s.asked.lines[0] - s.base; at >= int64(s.pos) {
			return int(min(at, math.MaxInt32))
		}
		s.asked.lines = s.asked.lines[1:]
	}
	return math.MaxInt
}
