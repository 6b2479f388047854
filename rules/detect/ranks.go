package detect

import (
	"bytes"
	"math/bits"
)

// Numbers without label or heading are judged by the numbers that stand like
// them: in the same column of the lines around, or in the same list. One number
// in ten passes for a card and one in ten of eleven digits for a telephone; a
// column in which nearly all pass holds cards or telephones, and one in which
// most fail holds none.

// ranks are lines parted alike, one after the other, as far as they hold long
// numbers.
type ranks struct {
	delimiter byte
	width     int
	number    int    // of the last line
	offset    int64  // of it
	files     []file // two of each column: telephones and cards
	against   uint64 // the columns under a heading that says they hold no such numbers
	listed    int    // the line that held a list last
	holds     int    // matches held
	oldest    int64  // where the first of those stands, over all fragments
}

// file is what stands one under another in a column of ranks, of numbers as
// long as telephones or of those as long as cards.
type file struct {
	tried, passed int
	prefixes      [2]uint64 // behind the first digit of those that passed, a bit each
	last          uint64    // passed last: the same again says nothing more
	held          []held
}

// held is a match that counts once its column is known.
type held struct {
	match
	finding Finding
}

const (
	rankReach    = 64 // lines without long numbers that ranks may have between them
	leastTried   = 3  // numbers of a column that speak against one
	leastFile    = 10 // that speak for one
	leastCards   = 4  // that do where they carry a check and all pass
	leastList    = 4  // that do in one line
	mostHeld     = 16 // of a column
	filePrefixes = 3  // telephones that begin alike are rather a sequence
)

func (r *ranks) clear() {
	r.number, r.width, r.holds, r.listed, r.against = 0, 0, 0, 0, 0
	clear(r.files)
	r.files = r.files[:0]
}

// stale tells whether what comes at offset belongs to other ranks.
func (r *ranks) stale(offset int64) bool { return offset-r.offset > longestRow }

// file answers that of a column, for telephones or cards.
func (r *ranks) file(i int) *file {
	for len(r.files) <= i {
		r.files = append(r.files, file{})
	}
	return &r.files[i]
}

// fails tells whether too few of a column pass for any to count.
func (f *file) fails() bool { return f.tried >= leastTried && 2*f.passed < f.tried }

// stands tells whether so many pass that all that do count.
func (f *file) stands(cards bool) bool {
	if cards && f.tried >= leastCards && f.passed == f.tried { // one in ten would pass by accident
		return true
	}
	if cards {
		return f.tried >= leastFile && 5*f.passed >= 4*f.tried
	}
	return f.tried >= leastFile && 10*f.passed >= 9*f.tried && f.beginnings() >= filePrefixes
}

// allPass tells whether so many pass and none fails that no other column speaks
// against them.
func (f *file) allPass() bool { return f.tried >= 2*leastFile && f.passed == f.tried }

// failing tells whether another column than i holds numbers as long as
// telephones that are none: stock lists and counters have several such columns.
func (r *ranks) failing(i int) bool {
	for k := phoneLength; k < len(r.files); k += 2 {
		if f := &r.files[k]; k != i && f.tried >= leastFile/2 && f.fails() {
			return true
		}
	}
	return false
}

func (f *file) beginnings() int {
	return bits.OnesCount64(f.prefixes[0]) + bits.OnesCount64(f.prefixes[1])
}

// pass enters a number that passed.
func (f *file) pass(digits []byte, hash uint64) {
	f.passed++
	f.last = hash
	i := digit(digits[1])*10 + digit(digits[2])
	f.prefixes[i/64] |= 1 << (i % 64)
}

const (
	phoneLength = iota
	cardLength
)

// longNumber tells whether a cell is digits alone, as long as telephones or as
// cards are.
func longNumber(value []byte) (form int, ok bool) {
	switch n := len(value); {
	case n == 11 || n == 12:
		return phoneLength, allDigits(value)
	case n >= 14 && n <= 19:
		return cardLength, allDigits(value)
	}
	return 0, false
}

// judge marks the bare numbers of a line by those that stand like them.
func (s *Scanner) judge(l *line) {
	if l.traits.digits < leastDigits {
		return
	}
	cells, delimiter := s.parts(l)
	r := &s.ranks
	if !l.cut && (r.width != len(cells) || r.delimiter != delimiter || l.number-r.number > rankReach || r.stale(l.offset)) {
		r.clear()
		r.width, r.delimiter = len(cells), delimiter
		if t := &s.titles; t.width == len(cells) && t.delimiter == delimiter {
			r.against = t.against
		}
	}
	if !l.cut {
		r.number, r.offset = l.number, l.offset
	}
	var list file
	filled, cards, next := 0, 0, 0
	for i, c := range cells {
		if c.start, c.end = bare(l.text, c.start, c.end); c.end == c.start {
			continue
		}
		filled++
		form, ok := longNumber(l.text[c.start:c.end])
		if !ok {
			continue
		}
		for next < len(s.found) && s.found[next].start < c.start {
			next++
		}
		var m *match
		if next < len(s.found) && s.found[next].start == c.start && s.found[next].end == c.end {
			m = &s.found[next]
		}
		if m != nil && m.unspoken() {
			list.pass(l.text[c.start:], m.hash)
			if form == cardLength {
				cards++
			}
		}
		if !l.cut {
			s.tryInFile(2*min(i, maxColumns-1)+form, m, l.text[c.start:c.end])
		}
	}
	goesOn := l.cut && r.listed == l.number && list.passed > 0
	if goesOn || list.passed >= leastList && 5*list.passed >= 4*filled && (list.beginnings() > 1 || cards == list.passed) {
		r.listed = l.number
		s.standInList()
	}
}

// tryInFile enters a number in its column and marks its match, nil for none.
func (s *Scanner) tryInFile(i int, m *match, value []byte) {
	f, cards := s.ranks.file(i), i%2 == cardLength
	passes := m != nil && (m.unspoken() || m.kind == bankCard)
	if m != nil && !passes || passes && m.hash == f.last {
		return // what its own check proves, or what it stands beside refutes
	}
	against := s.ranks.against>>(i/2)&1 == 1
	f.tried++
	if passes {
		f.pass(value, m.hash)
	}
	if f.fails() && f.held != nil {
		s.ranks.holds -= len(f.held)
		f.held = nil
	}
	switch {
	case !passes:
	case m.why.flags&(labelled|underHeading) != 0:
	case f.fails():
		m.why.flags |= loneInRow
		m.cap(40)
	case f.stands(cards) && (cards || !against && (f.allPass() || !s.ranks.failing(i))):
		m.stand()
		s.release(f)
	case against:
		m.calledOtherwise(label{})
		fallthrough
	default:
		m.file = i + 1
	}
}

// unspoken tells whether a match is a number of which nothing but its digits
// and its place says what it is.
func (m *match) unspoken() bool {
	const spoken = negative | unitBehind | inURL | manyNumbers | unknownKey | placeholder | oldForm
	return (m.kind == mobile || m.kind == landline || m.kind == bankCard) && m.why.flags&spoken == 0
}

// stand takes a match for what its column is.
func (m *match) stand() {
	m.why.flags |= inColumn
	m.why.flags &^= negative
	m.raise(60)
}

// standInList takes all of a list in one line for what nearly all are.
func (s *Scanner) standInList() {
	for i := range s.found {
		if m := &s.found[i]; m.unspoken() {
			m.file = 0
			m.why.flags &^= loneInRow
			m.stand()
		}
	}
}

// hold keeps a match that would count if its column stood.
func (s *Scanner) hold(l *line, m *match) {
	if m.file == 0 || len(s.ranks.file(m.file-1).held) == mostHeld {
		return
	}
	h := held{match: *m}
	h.file = 0
	h.stand()
	at := s.before + min(l.offset, l.raw(m.start)-m.why.back)
	if s.ranks.holds++; s.ranks.holds == 1 {
		s.ranks.oldest = at
	}
	h.finding = s.finding(l, &h.match)
	f := s.ranks.file(m.file - 1)
	f.held = append(f.held, h)
}

// release counts what was held of a column.
func (s *Scanner) release(f *file) {
	for i := range f.held {
		s.releaseOne(&f.held[i], s.ranks.oldest)
	}
	s.ranks.holds -= len(f.held)
	f.held = nil
}

// releaseOne counts a match that was held, of which the first stands at since.
func (s *Scanner) releaseOne(h *held, since int64) {
	if s.first < 0 || s.first > since {
		s.first = since
	}
	if s.tally.add(&h.match) {
		s.tally.keep(h.kind, h.finding)
	}
}

// parts answers the cells of a line and what parts them.
func (s *Scanner) parts(l *line) ([]cell, byte) {
	switch {
	case l.sheet:
		return l.cells, 0
	case l.record:
		return l.cells, s.table.delimiter
	}
	for _, d := range delimiters {
		if d != ' ' && bytes.IndexByte(l.text, d) >= 0 || d == ' ' && bytes.Contains(l.text, []byte("  ")) {
			s.cells = split(l.text, d, s.cells[:0])
			return s.cells, d
		}
	}
	s.cells = append(s.cells[:0], cell{0, len(l.text), 0})
	return s.cells, '\n'
}

// bare takes off what programs put around a number.
func bare(text []byte, start, end int) (int, int) {
	around := func(c byte) bool { return c <= ' ' || bytes.IndexByte([]byte(`"'[](){}<>`), c) >= 0 }
	for start < end && around(text[start]) {
		start++
	}
	for end > start && around(text[end-1]) {
		end--
	}
	return start, end
}

// titles are headings of a table that is none of people: which of its columns
// hold numbers of something else. They count for lines parted as they are.
type titles struct {
	delimiter byte
	width     int
	against   uint64
}

// entitle remembers the headings of a table that is none of people.
func (s *Scanner) entitle(text []byte, cells []cell, delimiter byte) {
	if delimiter == '\n' && bytes.ContainsAny(text, ",;|\t") { // one heading of several
		return
	}
	t := titles{delimiter: delimiter, width: len(cells)}
	for i, c := range cells {
		if value := text[c.start:c.end]; len(value) > 0 && s.pack.labels.callsOther(value) {
			t.against |= 1 << i
		}
	}
	if t.against != 0 {
		s.titles = t
	}
}

// callsOther tells whether a heading, or the last word of one such as
// parent_id, says that numbers are none of a person.
func (l *labels) callsOther(heading []byte) bool {
	if r, ok := l.heading(heading); ok {
		return r == against
	}
	i := bytes.LastIndexAny(heading, "_ ")
	return i > 0 && i < 64 && l.words.roles[string(bytes.ToLower(heading[i+1:]))] == against
}

// trail is the label of a list that goes on where its line was cut.
type trail struct {
	label  label
	flags  flags
	number int // of the line
}

// labelLists lets the label of the first number of a list speak for all of them.
func (s *Scanner) labelLists(l *line) {
	before, at := s.trail, 0
	s.trail = trail{}
	for i := range s.found {
		m := &s.found[i]
		if before.number == l.number && m.start >= at && m.unspoken() && m.why.flags&labelled == 0 && joins(l.text[at:m.start]) {
			m.calledLike(before)
		}
		if b, ok := labelBefore(s.labels, m.start); ok && m.unspoken() && m.why.flags&labelled == 0 && b.colon && b.value <= m.start && joins(l.text[b.value:m.start]) {
			m.calledLike(trail{label: b, flags: flagsOf(b)}) // the first of the list are none of any class
		}
		before, at = trail{m.why.label, m.why.flags & (labelled | negative), l.number}, m.end
	}
	if l.cut && len(s.found) > 0 && joins(l.text[at:]) {
		before.label.start, before.label.end = 0, 0
		s.trail = before
	}
}

// calledLike takes the label of the number before in a list.
func (m *match) calledLike(t trail) {
	switch {
	case t.flags&labelled != 0 && t.label.roles.has(m.kind):
		m.calledFor(t.label)
	case t.flags&negative != 0:
		m.calledOtherwise(t.label)
	}
}

const longestJoint = 12 // bytes that part three numbers

// joins tells whether text parts two numbers of a list and nothing else, or
// holds only such of the same list as are none of any class.
func joins(text []byte) bool {
	for n := len(text); len(text) > 0; {
		switch {
		case n > 2*leastDigits+longestJoint:
			return false
		case isDigit(text[0]):
			text = text[1:]
		case bytes.IndexByte([]byte(" \t,;|/\"'"), text[0]) >= 0:
			text = text[1:]
		case bytes.HasPrefix(text, []byte("、")):
			text = text[len("、"):]
		default:
			return false
		}
	}
	return true
}

// flagsOf answers what a label says of the numbers behind it.
func flagsOf(b label) flags {
	if b.roles&against != 0 {
		return negative
	}
	return labelled
}
