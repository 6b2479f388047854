package exact

import (
	"bytes"
	"errors"
	"math"
	"unicode/utf8"
)

// Bounds of a Matcher.
const (
	// MaxLists is how many lists may be matched at once.
	MaxLists = 16

	around   = 3       // lines before and behind within which fields belong together
	maxLine  = 8 << 10 // bytes; longer lines are parted
	maxField = 12      // fields of one person told apart
	maxOpen  = 4096    // people looked after at once
	cellEnd  = 0x1F    // parts cells of a row
)

// Matcher looks for the people of lists in text and tables that arrive bit by
// bit. People are found by a primary cell; what else of them stands in the
// same line or row counts, and in the lines around where theirs holds nothing
// else. It is not safe for concurrent use; Reset makes it ready again.
type Matcher struct {
	lists []*List
	names []string
	want  wanted // what any list holds
	find  wanted // what people are found by
	tally []tally

	partial []byte // the line that is not complete
	folded  []byte
	joined  []byte
	scratch []byte
	lines   [around + 1]seen // the last ones, in a ring
	number  int              // of lines since Begin
	open    []open
	total   int64 // bytes since Reset
	clean   int64 // of which hold nothing, once something was found; else -1
	dropped bool  // more people in one place than are looked after
}

// seen is a line that was looked at.
type seen struct {
	text   []byte
	at     int64 // where it begins
	found  candidates
	texts  bool // found holds the texts as well
	hashed bool
	hits   [][]hit // by list: what stands in the line and on the list
}

// hit is a cell that is on a list, and for a primary one all lists it is on.
type hit struct {
	field
	on uint16
}

// open is a person whose lines are not over.
type open struct {
	list   int
	by     field
	line   int
	on     uint16
	fields [maxField]field
	n      int
	alone  bool // nothing else stands in the line: those around count
}

// NewMatcher answers a Matcher for up to MaxLists lists.
func NewMatcher(lists []*List) (*Matcher, error) {
	if len(lists) > MaxLists {
		return nil, errors.New("too many lists to match at once: merge some")
	}
	return newMatcher(lists, make([]tally, len(lists))), nil
}

// Beside answers a Matcher for text that belongs to what m looks at and stands
// elsewhere, such as decoded text. Both count together: people that each of
// them meets are counted once. Reset of either forgets all that was counted:
// reset them together, and close the one beside first.
func (m *Matcher) Beside() *Matcher { return newMatcher(m.lists, m.tally) }

func newMatcher(lists []*List, counted []tally) *Matcher {
	m := &Matcher{lists: lists, tally: counted}
	for _, l := range lists {
		m.names = append(m.names, l.Name())
		for code := range l.kinds {
			m.want[code] = m.want[code] || l.kinds[code]
			m.find[code] = m.find[code] || l.hash.primary[code]
		}
	}
	for i := range m.lines {
		m.lines[i].hits = make([][]hit, len(lists))
	}
	m.begun()
	return m
}

// Reset forgets everything, for the next content.
func (m *Matcher) Reset() {
	for i := range m.tally {
		clear(m.tally[i].people)
		m.tally[i].full = false
	}
	m.begun()
}

func (m *Matcher) begun() {
	m.partial, m.open = m.partial[:0], m.open[:0]
	m.number, m.total, m.clean, m.dropped = 0, 0, -1, false
}

// Begin starts text of another place, such as a page or a sheet.
func (m *Matcher) Begin() {
	m.finish()
	m.number = 0
}

// Write takes text in UTF-8, cut anywhere.
func (m *Matcher) Write(p []byte) {
	if len(m.lists) == 0 {
		return
	}
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		whole := end >= 0
		if !whole {
			end = len(p)
		}
		if whole && len(m.partial) == 0 && end <= maxLine {
			m.total += int64(end + 1)
			m.line(p[:end], int64(end+1))
			p = p[end+1:]
			continue
		}
		n := min(end, maxLine-len(m.partial))
		m.partial = append(m.partial, p[:n]...)
		m.total += int64(n)
		p = p[n:]
		switch {
		case n == end && whole:
			m.total++
			m.endLine(len(m.partial), 1)
			p = p[1:]
		case len(m.partial) == maxLine:
			m.endLine(lastBreak(m.partial), 0)
		}
	}
}

// lastBreak answers where a line that is too long is parted best.
func lastBreak(line []byte) int {
	for _, set := range []string{"\t", ";}", ", "} {
		if i := bytes.LastIndexAny(line[maxLine/2:], set); i >= 0 {
			return maxLine/2 + i + 1
		}
	}
	i := len(line)
	for i > len(line)-4 && !utf8.RuneStart(line[i-1]) {
		i--
	}
	return i - 1
}

func (m *Matcher) endLine(n, more int) {
	rest := len(m.partial) - n
	m.total -= int64(rest)
	m.line(m.partial[:n], int64(n+more))
	m.total += int64(rest)
	m.partial = append(m.partial[:0], m.partial[n:]...)
}

// Row takes a row of a table.
func (m *Matcher) Row(cells [][]byte) {
	if len(m.lists) == 0 {
		return
	}
	m.flush()
	m.joined = m.joined[:0]
	for _, c := range cells {
		for _, b := range c {
			if b == '\n' || b == '\r' {
				b = ' '
			}
			m.joined = append(m.joined, b)
		}
		m.joined = append(m.joined, cellEnd)
	}
	for rest := m.joined; len(rest) > 0; {
		n := len(rest)
		if n > maxLine {
			n = lastBreak(rest[:maxLine])
		}
		m.total += int64(n)
		m.line(rest[:n], int64(n))
		rest = rest[n:]
	}
}

func (m *Matcher) flush() {
	if len(m.partial) > 0 {
		m.endLine(len(m.partial), 0)
	}
}

func (m *Matcher) finish() {
	m.flush()
	for i := range m.open {
		m.close(&m.open[i])
	}
	m.open = m.open[:0]
}

// Clean answers how many bytes of text from the start, since Reset, hold
// nothing of anybody found so far, nor of anybody found later.
func (m *Matcher) Clean() int64 {
	if len(m.lists) == 0 {
		return math.MaxInt64
	}
	if m.clean >= 0 {
		return m.clean
	}
	return m.windowStart()
}

// windowStart answers where the lines begin that still matter.
func (m *Matcher) windowStart() int64 {
	if m.number == 0 {
		return m.total - int64(len(m.partial))
	}
	first := max(0, m.number-around)
	return m.lines[first%len(m.lines)].at
}

// Close answers what was found: a Match for each list of which anybody was.
// Incomplete tells that more people were there than are counted, or that a
// list could not be read.
func (m *Matcher) Close() (found []Match, incomplete bool) {
	m.finish()
	incomplete = m.dropped
	for i := range m.lists {
		if len(m.tally[i].people) > 0 {
			found = append(found, m.tally[i].match(i, m.names))
		}
		incomplete = incomplete || m.tally[i].full || m.lists[i].file.Failed()
	}
	return found, incomplete
}
