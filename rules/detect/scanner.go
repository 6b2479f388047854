package detect

import (
	"bytes"

	"github.com/trustline/trustline/rules/detect/sieve"
)

const (
	bufferSize   = 128 << 10
	blockSize    = 16 << 10 // searched for anchors at a time: what stays in the nearest cache
	window       = 2 << 10  // how far a line without end is looked at around an anchor
	longestRow   = 16 << 10 // bytes of a row of a table
	contextLines = 4        // lines looked at before and behind an anchor
	contextBytes = 1 << 10  // of those before
)

// Cell is one cell of a row of a spreadsheet.
type Cell struct {
	Column int // 0-based
	Text   []byte
}

// Scanner looks for customer data in text that arrives bit by bit. How it is
// cut makes no difference to what is found. A Scanner is not safe for
// concurrent use; it is cheap to use again after Reset.
type Scanner struct {
	pack  *Pack
	tally tally

	location string
	buffer   []byte
	end      int   // of what is in the buffer
	pos      int   // up to here everything was searched for anchors
	done     int   // up to here lines were looked at; they are not looked at again
	base     int64 // where the buffer begins, in the fragment
	before   int64 // bytes of the fragments before
	lines    int   // line ends before counted
	counted  int
	warm     int      // lines still to be looked at behind an anchor
	marks    []uint64 // of the block, from marked on
	marked   int
	sift     func([]uint64, []byte)
	heard    func(Said) // nil: nobody asks
	arrayed  bool       // the line at hand is a row of JSON
	longWay  bool       // steadyRow is off, for its test
	block    int        // up to here anchors were searched for
	last     byte       // that stood before the buffer
	first    int64      // where the first candidate stands, -1 when there was none

	table        table
	wrap         wrap
	shape        shape
	carried      label
	person       person
	zone         zone
	grid         grid
	placed       int    // number of the last line that named an organisation and nothing else
	placeColumns uint64 // of that line, a bit each, where it is much like headings
	placeWidth   int    // cells in it then
	ranks        ranks
	titles       titles
	trail        trail
	stack        stack
	across       across
	asked        asked

	// scratch
	cluster  cluster
	found    []match
	labels   []label
	cells    []cell
	narrowed []byte
	came     []int32
	joined   []byte
	boxes    []Cell
	boxed    []byte
	rowText  []byte
	boxText  []byte
	boxCame  []int32

	unwrapped []byte
	cameFrom  []int32
	current   line
}

// shape is how a line that held a record was parted.
type shape struct {
	delimiter byte
	width     int
	number    int
}

// NewScanner answers a Scanner. The buffer is allocated at the first Write.
func NewScanner(p *Pack, l Limits) *Scanner {
	s := &Scanner{pack: p, tally: newTally(l.withDefaults()), sift: sieve.Mark}
	s.Reset()
	return s
}

// Beside answers a Scanner for text that belongs to what s looks at and stands
// elsewhere, such as decoded text. Both count together: a value or a person
// that each of them meets is one. Findings each keeps of its own. Reset of
// either forgets all that was counted: reset them together.
func (s *Scanner) Beside() *Scanner {
	beside := &Scanner{pack: s.pack, sift: s.sift, tally: tally{limits: s.tally.limits, counts: s.tally.counts, least: noSamples}}
	beside.first = -1
	beside.begun("")
	return beside
}

// Reset forgets everything found, for the next file.
func (s *Scanner) Reset() {
	s.tally.reset()
	s.before, s.base, s.end = 0, 0, 0
	s.first = -1
	s.person = person{}
	s.across.clear()
	s.begun("")
}

// Begin starts a fragment: text of one place such as a sheet, a page or a
// member of an archive. What was written before is looked at to its end.
func (s *Scanner) Begin(location string) {
	s.finish()
	s.begun(location)
}

func (s *Scanner) begun(location string) {
	s.before += s.base + int64(s.end)
	s.location = location
	s.end, s.pos, s.done, s.base, s.lines, s.counted = 0, 0, 0, 0, 0, 0
	s.warm = contextLines + 1 // headings stand in the first lines
	s.last = '\n'
	s.table.clear()
	s.shape = shape{}
	s.carried = label{}
	s.zone = zone{}
	s.grid = grid{}
	s.placed, s.placeColumns = 0, 0
	s.ranks.clear()
	s.titles, s.trail = titles{}, trail{}
	s.stack.clear()
	s.stack.makers = false
	s.asked.clear()
}

// finish looks at what has been held back.
func (s *Scanner) finish() {
	s.rest()
	s.flushPerson()
	s.giveUp()
	s.flushAcross()
}

func (s *Scanner) rest() {
	s.search(true)
	s.pos, s.done = s.end, s.end
}

// Summary answers what has been found so far. Text that has only just arrived
// may be held back until the line it stands in is complete.
func (s *Scanner) Summary() Summary { return s.tally.summary(s.before + s.base + int64(s.end)) }

// People answers Summary().People at no cost.
func (s *Scanner) People() int { return s.tally.peopleCount() }

// Clean answers how many bytes from the start hold no candidate of any class,
// over all fragments since Reset.
func (s *Scanner) Clean() int64 {
	clean := s.before + s.base + int64(max(s.done, s.pos-window-contextBytes))
	if s.wrap.n > 0 && clean <= s.before+s.wrap.end { // the number may go on
		clean = min(clean, s.before+s.wrap.offset)
	}
	if s.first >= 0 {
		clean = min(clean, s.first)
	}
	if s.ranks.holds > 0 && !s.ranks.stale(s.base+int64(s.pos)) { // it may count yet
		clean = min(clean, s.ranks.oldest)
	}
	if since, ok := s.stacking(); ok {
		clean = min(clean, since)
	}
	return max(clean, 0)
}

// Lines answers how many line ends were written since Begin.
func (s *Scanner) Lines() int {
	return s.lines + bytes.Count(s.buffer[s.counted:s.end], []byte{'\n'})
}

// Close looks at what has been held back and answers the whole Summary.
func (s *Scanner) Close() Summary {
	s.finish()
	return s.Summary()
}

// search searches what is in the buffer. Unless final, what depends on text
// still to come is left for later.
func (s *Scanner) search(final bool) {
	limit := s.limit(final)
	s.block = 0
	for s.pos < limit {
		if s.table.on || s.warm > 0 {
			if !s.eager(limit, final) {
				return
			}
			continue
		}
		if s.pos >= s.block {
			s.block = min(limit, s.pos+blockSize)
			s.mark()
		}
		a := min(s.anchor(s.pos, s.block), s.askedFor())
		if a >= s.block {
			s.pos = s.block
			continue
		}
		s.around(a)
	}
}

// eager looks at the line at pos, anchor or not, and at rows before it that are
// soon done. It answers false where how far a row goes depends on text still to
// come.
func (s *Scanner) eager(limit int, final bool) bool {
	if s.formRows(limit); s.pos >= limit {
		return true
	}
	reach := window
	if s.table.on || s.across.width > 0 {
		reach = longestRow
	}
	end, whole := s.lineEnd(s.pos, s.pos, reach)
	if whole {
		arrayEnd, known := s.arrayEnd(end, final)
		rowEnd := arrayEnd
		if arrayEnd == end && known {
			rowEnd, known = s.rowEnd(end, final)
		}
		if !known {
			return false
		}
		s.table.steady++
		if rowEnd > end {
			s.warm = max(0, s.warm-1)
			if arrayEnd > end {
				s.arrayRow(rowEnd)
			} else {
				s.joinedRow(rowEnd)
			}
			s.pos, s.done = rowEnd, rowEnd
			return true
		}
	}
	if s.warm > 0 {
		s.warm--
	}
	if !whole {
		s.warm = 0
		s.table.clear()
	}
	if whole && s.shortWay(end) {
		s.passed(end)
		return true
	}
	s.line(s.pos, end, !whole)
	s.pos, s.done = end, end
	return true
}

// passed goes on behind the row at pos, which ends at end.
func (s *Scanner) passed(end int) {
	if s.count(s.pos); s.buffer[end-1] == '\n' { // while it is at hand
		s.lines, s.counted = s.lines+1, end
	}
	s.pos, s.done = end, end
}

// formRows counts the rows from pos on by the form of their cells, as long as
// that does. No cell is in quotes then, so that each row ends with its line.
func (s *Scanner) formRows(limit int) {
	t := &s.table
	if !t.on || s.tally.room || !s.steadyTable() {
		return
	}
	for s.pos < limit {
		if t.steady%provenRows == 0 { // one in so many is proven
			return
		}
		end, whole := s.lineEnd(s.pos, s.pos, longestRow)
		if !whole {
			return
		}
		text := trimEnd(s.buffer[s.pos:end])
		if s.mayBoxes(text) || !s.formRow(text) {
			return
		}
		t.steady++
		s.warm = max(0, s.warm-1)
		s.passed(end)
	}
}

// shortWay looks at the row at pos without the long way's care, if that does.
func (s *Scanner) shortWay(end int) bool {
	if !s.steadyTable() {
		return false
	}
	text := trimEnd(s.buffer[s.pos:end])
	return !s.mayBoxes(text) && !narrowable(text) && s.provenRow(text)
}

// steadyTable tells whether rows of the table at hand may go the short way.
func (s *Scanner) steadyTable() bool {
	t := &s.table
	return !s.longWay && t.headed && !t.array && t.byOneSign() && t.misses == 0 && t.width <= maxSteady
}

// mayBoxes tells whether a row may have its numbers in boxes.
func (s *Scanner) mayBoxes(text []byte) bool {
	return s.table.width > leastBoxes && boxDelimiter(text) != 0
}

// narrowable tells whether something in text may have to be narrowed.
func narrowable(text []byte) bool {
	for _, c := range []byte{0xEF, 0xE2, 0xC2, 0xE3} {
		if bytes.IndexByte(text, c) >= 0 {
			return true
		}
	}
	return false
}

// around looks at the line an anchor stands in and at those before it.
func (s *Scanner) around(a int) {
	end, whole := s.lineEnd(a, a, window)
	if s.warm = 0; whole {
		s.warm = contextLines
	}
	start := s.lineStart(a)
	for at := s.contextStart(start); at < start; {
		next := at + bytes.IndexByte(s.buffer[at:start], '\n') + 1
		s.line(at, next, false)
		at = next
	}
	s.line(start, end, !whole || s.byteBefore(start) != '\n')
	s.pos, s.done = end, end
}

// line looks at the line that stands at start to end in the buffer.
func (s *Scanner) line(start, end int, cut bool) {
	s.lineOf(start, s.buffer[start:end], 0, cut)
}

// lineOf looks at text that stands at start in the buffer and goes over so many
// lines more than one.
func (s *Scanner) lineOf(start int, text []byte, more int, cut bool) {
	s.count(start)
	for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
		text = text[:len(text)-1]
	}
	l := &s.current
	*l = line{offset: s.base + int64(start), number: s.lines + 1, more: more, cut: cut}
	l.traits = traitsOf(text)
	l.text, l.at = narrow(text, l.traits, s.narrowed, s.came)
	if l.at != nil {
		s.narrowed, s.came = l.text, l.at
	}
	if l.at == nil || bytes.IndexByte(l.text, '\n') < 0 {
		s.lookAt(l)
		return
	}
	for whole := *l; len(whole.text) > 0; { // line ends written as escapes
		part := whole
		if i := bytes.IndexByte(whole.text, '\n'); i >= 0 {
			part.text, part.at = whole.text[:i], whole.at[:i+1]
			whole.text, whole.at = whole.text[i+1:], whole.at[i+1:]
		} else {
			whole.text = nil
		}
		part.text = bytes.TrimRight(part.text, "\r")
		*l = part
		s.lookAt(l)
	}
}

// lookAt looks at a line as narrowed.
func (s *Scanner) lookAt(l *line) {
	if s.found, s.labels = s.found[:0], s.labels[:0]; !s.table.on {
		s.unwrap(l)
	}
	if l.at != nil {
		l.traits = traitsOf(l.text)
	}
	s.unboxLine(l)
	s.take(l)
	s.wraps(l)
}

// take takes a line as a row, as headings or as running text.
func (s *Scanner) take(l *line) {
	switch {
	case len(l.text) == 0:
		s.table.pile.blanks++
		return
	case s.table.on && s.tableRow(l):
	case s.acrossLine(l):
	case s.begin(l):
	default:
		s.running(l)
		s.reshape(l)
	}
	if s.person.present != 0 && s.person.last < l.number && closesRecord(l.text) {
		s.flushPerson()
	}
}

// reshape starts a table without headings at the second of two lines that hold
// records and are parted alike.
func (s *Scanner) reshape(l *line) {
	if s.table.on || l.cut || len(s.found) < 2 || bytes.IndexByte([]byte("{[(<"), bytes.TrimLeft(l.text, " \t")[0]) >= 0 {
		return
	}
	for _, d := range delimiters {
		s.cells = split(l.text, d, s.cells[:0])
		if len(s.cells) < 2 || s.wholeCells() < 2 {
			continue
		}
		now := shape{d, len(s.cells), l.number}
		if s.shape.delimiter == d && s.shape.width == now.width && l.number-s.shape.number <= 2 {
			s.table.clear()
			s.table.on, s.table.delimiter, s.table.width = true, d, now.width
			s.places()
		}
		s.shape = now
		return
	}
}

// wholeCells counts the cells that are a value found and nothing else.
func (s *Scanner) wholeCells() int {
	n := 0
	for _, c := range s.cells {
		for i := range s.found {
			if m := &s.found[i]; m.start == c.start && m.end == c.end {
				n++
			}
		}
	}
	return n
}
