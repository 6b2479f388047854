package custom

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/detect"
)

const (
	pieceSize = 32 << 10 // the most of one line that is looked at together
	overlap   = 512      // of two pieces of one line, and the longest match
	reach     = 256      // around an anchor in which a pattern is tried
	nearReach = 512      // bytes before a finding in which context words count
	headLines = 3        // of a sheet, that hold headings
)

// Matcher looks for what a Set describes in text that arrives bit by bit. It is
// not safe for concurrent use; it is cheap to use again after Reset.
type Matcher struct {
	set     *Set
	tally   tally
	located func(Place) // nil: nobody asks

	location string
	buffer   []byte // raw text not looked at yet, from the start of a line or piece
	skip     int    // what ends before here, in the buffer, was found already
	base     int64  // where the buffer begins, in the fragment
	before   int64  // bytes of the fragments before
	lines    int    // line ends before the buffer
	first    int64  // where the first line with a finding begins, -1: none
	heading  []bool // by detector: a context word stands in the first line
	headed   []columns
	last     []int64
	cells    []span // of the row looked at, nil in text
	columns  []int
	row      int

	// scratch
	narrowed, folded []byte
	shrunk           []int
	hits, near       []hit
	tried            []bool // by detector: its pattern, in the line looked at
	anchors          []span
	asked            question // last, in the piece looked at
	answer           bool
	accepted         []accepted
}

type span struct{ start, end int }

// accepted is what was found in the line looked at.
type accepted struct {
	span
	class int
}

// far is where a context word stands that was never seen.
const far = -1 << 40

// NewMatcher answers a Matcher. Its buffer is allocated at the first Write.
func (s *Set) NewMatcher() *Matcher { return s.matcher(newTally(s)) }

// Beside answers a Matcher for text that belongs to what m looks at and stands
// elsewhere, such as decoded text. Both count together; findings each keeps of
// its own. Reset of either forgets all that was counted: reset them together.
func (m *Matcher) Beside() *Matcher { return m.set.matcher(m.tally.beside()) }

func (s *Set) matcher(t tally) *Matcher {
	m := &Matcher{set: s, tally: t, heading: make([]bool, len(s.detectors)), headed: make([]columns, len(s.detectors)), tried: make([]bool, len(s.detectors)), last: make([]int64, len(s.detectors)), first: -1}
	m.begun("")
	return m
}

// Reset forgets everything found, for the next file.
func (m *Matcher) Reset() {
	m.tally.reset()
	m.before, m.base, m.first = 0, 0, -1
	m.buffer = m.buffer[:0]
	m.begun("")
}

// Begin starts a fragment: text of one place such as a sheet or a page.
func (m *Matcher) Begin(location string) {
	m.flush()
	m.begun(location)
}

func (m *Matcher) begun(location string) {
	m.before += m.base + int64(len(m.buffer))
	m.location, m.buffer, m.base, m.skip, m.lines = location, m.buffer[:0], 0, 0, 0
	clear(m.heading)
	clear(m.headed)
	for i := range m.last {
		m.last[i] = far
	}
}

// Write takes text in UTF-8, cut anywhere.
func (m *Matcher) Write(p []byte) {
	if m.buffer == nil {
		m.buffer = make([]byte, 0, pieceSize)
	}
	for len(p) > 0 {
		n := min(len(p), pieceSize-len(m.buffer))
		m.buffer = append(m.buffer, p[:n]...)
		if p = p[n:]; len(m.buffer) == pieceSize {
			m.advance()
		}
	}
}

// advance looks at the lines in the buffer that are complete, or at all of it
// where one line fills it.
func (m *Matcher) advance() {
	if end := bytes.LastIndexByte(m.buffer, '\n') + 1; end > 0 {
		m.look(m.buffer[:end], false)
		m.keep(end)
		m.skip = 0
		return
	}
	m.look(m.buffer, true)
	from := len(m.buffer) - overlap
	for from > 0 && !utf8.RuneStart(m.buffer[from]) && from > len(m.buffer)-overlap-utf8.UTFMax {
		from--
	}
	m.skip = len(m.buffer) - from
	m.keep(from)
}

// keep drops the first n bytes of the buffer.
func (m *Matcher) keep(n int) {
	m.base += int64(n)
	m.buffer = m.buffer[:copy(m.buffer, m.buffer[n:])]
}

// flush looks at what is left of a fragment.
func (m *Matcher) flush() {
	if len(m.buffer) > 0 {
		m.look(m.buffer, false)
		m.base += int64(len(m.buffer))
		m.buffer, m.skip = m.buffer[:0], 0
	}
}

// Row takes a row of a spreadsheet: its 1-based number and its cells that are
// not empty, left to right.
func (m *Matcher) Row(number int, cells []detect.Cell) {
	m.flush()
	if m.buffer == nil {
		m.buffer = make([]byte, 0, pieceSize)
	}
	m.cells, m.columns = m.cells[:0], m.columns[:0]
	for _, c := range cells {
		if room := pieceSize - len(m.buffer) - 1; room > 0 {
			from := len(m.buffer)
			m.buffer = append(m.buffer, c.Text[:min(len(c.Text), room)]...)
			for i := from; i < len(m.buffer); i++ {
				if m.buffer[i] < ' ' {
					m.buffer[i] = ' '
				}
			}
			m.cells, m.columns = append(m.cells, span{from, len(m.buffer)}), append(m.columns, c.Column)
			m.buffer = append(m.buffer, '\t')
		}
	}
	m.row = number
	m.flush()
	m.cells, m.row = nil, 0
}

// Clean answers how many bytes from the start hold nothing that is looked for,
// over all fragments since Reset.
func (m *Matcher) Clean() int64 {
	if m.first >= 0 {
		return m.first
	}
	return m.before + m.base
}

// look looks at text that begins with a line or a piece of one; cut tells that
// the line goes on behind it.
func (m *Matcher) look(text []byte, cut bool) {
	plain, shrunk := narrow(text, m.narrowed, m.shrunk[:0])
	if m.shrunk = shrunk; len(shrunk) > 0 {
		m.narrowed = plain
	}
	if cap(m.folded) < len(plain)+padding {
		m.folded = make([]byte, pieceSize+padding)
	}
	folded := m.folded[:len(plain)+padding]
	fold(folded, plain)
	clear(folded[len(plain):])
	p := &piece{text: plain, folded: folded[:len(plain)], shrunk: shrunk, cut: cut}
	p.skip = p.narrowIndex(m.skip)
	m.asked = question{}
	m.hits = m.set.index.find(folded, len(plain), m.hits[:0])
	for hits := m.hits; len(hits) > 0; {
		start := bytes.LastIndexByte(plain[:hits[0].start], '\n') + 1
		end := len(plain)
		if i := bytes.IndexByte(plain[hits[0].start:], '\n'); i >= 0 {
			end = hits[0].start + i
		}
		n := 0
		for n < len(hits) && hits[n].start < end {
			n++
		}
		p.lines += bytes.Count(plain[p.counted:start], []byte{'\n'})
		p.counted = start
		m.line(p, start, end, hits[:n])
		hits = hits[n:]
	}
	m.lines += p.lines + bytes.Count(plain[p.counted:], []byte{'\n'})
}

// piece is text being looked at.
type piece struct {
	text, folded []byte // half-width; the same in small letters
	shrunk       []int  // where in them a character was narrowed
	cut          bool   // a line goes on behind
	skip         int    // what ends before was found already
	counted      int    // up to here lines were counted
	lines        int    // line ends up to there
}

// raw answers where index i of the text stood before it was narrowed.
func (p *piece) raw(i int) int64 {
	return int64(i) + 2*int64(sort.SearchInts(p.shrunk, i))
}

// line looks at what was hit in the line from start to end.
func (m *Matcher) line(p *piece, start, end int, hits []hit) {
	m.accepted, m.near = m.accepted[:0], m.near[:0]
	head := m.lines+p.lines == 0
	if m.cells != nil {
		head = m.row <= headLines
	}
	for _, h := range hits {
		if h.ref.role == near && m.meant(p, span{start, end}, h) {
			m.near = append(m.near, h)
			if head {
				m.heading[h.ref.detector] = true
				m.noteColumn(p, span{start, end}, h)
			}
		}
	}
	slices.SortStableFunc(m.near, func(a, b hit) int { return cmp.Compare(a.ref.detector, b.ref.detector) })
	clear(m.tried)
	for _, h := range hits {
		if detector := int(h.ref.detector); h.ref.role == anchor && !m.tried[detector] {
			m.tried[detector] = true
			if m.promising(p, start, detector) {
				m.tryOut(p, span{start, end}, detector, hits)
			}
		}
	}
	for _, h := range hits { // a pattern sees more than a word does
		if h.ref.role == word {
			m.candidate(p, span{start, end}, span{h.start, h.end}, int(h.ref.detector))
		}
	}
	for _, h := range m.near {
		m.last[h.ref.detector] = m.base + p.raw(h.start)
	}
}

// tryOut tries what a detector looks for in a line that holds its anchors.
func (m *Matcher) tryOut(p *piece, line span, detector int, hits []hit) {
	d := &m.set.detectors[detector]
	if d.find == nil {
		m.pattern(p, line.start, line.end, detector, hits)
		return
	}
	m.anchors = m.anchors[:0]
	for _, h := range hits {
		if int(h.ref.detector) == detector && h.ref.role == anchor && h.end <= line.end {
			m.anchors = append(m.anchors, span{h.start - line.start, h.end - line.start})
		}
	}
	for _, at := range d.find(p.text[line.start:line.end], m.anchors) {
		found := span{line.start + at.start, line.start + at.end}
		if p.whole(found, d.open) && found.end-found.start <= overlap {
			m.candidate(p, line, found, detector)
		}
	}
}

// pattern tries a detector's pattern around its anchors in a line.
func (m *Matcher) pattern(p *piece, start, end, detector int, hits []hit) {
	region := span{-1, -1}
	for _, h := range hits {
		if int(h.ref.detector) != detector || h.ref.role != anchor {
			continue
		}
		from, to := p.character(max(start, h.start-reach)), p.character(min(end, h.end+reach))
		if region.start >= 0 && from <= region.end {
			region.end = to
			continue
		}
		m.region(p, span{start, end}, region, detector)
		region = span{from, to}
	}
	m.region(p, span{start, end}, region, detector)
}

// character answers i, or where the character begins that i stands in.
func (p *piece) character(i int) int {
	for i > 0 && i < len(p.text) && p.text[i]&0xC0 == 0x80 {
		i--
	}
	return i
}

// region takes what matches within a stretch of a line. A match at an end of
// the stretch that is no end of the line may go on behind it: it is none.
func (m *Matcher) region(p *piece, line, r span, detector int) {
	if r.start < 0 {
		return
	}
	d := &m.set.detectors[detector]
	for _, at := range d.pattern.FindAllSubmatchIndex(p.text[r.start:r.end], -1) {
		if at[0] == 0 && r.start > line.start || at[1] == r.end-r.start && r.end < line.end {
			continue
		}
		found := span{r.start + at[0], r.start + at[1]}
		if !p.whole(found, d.open) {
			continue
		}
		for i := 2; i < len(at); i += 2 {
			if at[i] >= 0 { // of several ways one
				found = span{r.start + at[i], r.start + at[i+1]}
				break
			}
		}
		if found.start < found.end && found.end-found.start <= overlap {
			m.candidate(p, line, found, detector)
		}
	}
}

// whole tells whether a stretch is no part of a longer word or number; it may
// be the beginning of one where open.
func (p *piece) whole(s span, open bool) bool {
	return !(s.start > 0 && alnum(p.text[s.start-1]) && alnum(p.text[s.start])) &&
		(open || !(s.end < len(p.text) && alnum(p.text[s.end]) && alnum(p.text[s.end-1])))
}

// around answers a stretch of a line, and what stands before and behind it in
// the line, at most so far as a pattern is tried.
func (p *piece) around(line, at span) (before, value, after []byte) {
	from, to := p.character(max(line.start, at.start-reach)), p.character(min(line.end, at.end+reach))
	return p.text[from:at.start], p.text[at.start:at.end], p.text[at.end:to]
}

// candidate weighs what was found and takes it.
func (m *Matcher) candidate(p *piece, line, at span, detector int) {
	d := &m.set.detectors[detector]
	if at.end < p.skip || p.cut && at.end >= len(p.text) {
		return // found in the piece before, or to be found in the next
	}
	class := m.set.classOf[detector]
	for i := len(m.accepted) - 1; i >= 0 && i >= len(m.accepted)-64; i-- {
		if a := m.accepted[i]; a.class == class && at.start < a.end && a.start < at.end {
			return
		}
	}
	if d.validate != nil && !d.validate(p.text[at.start:at.end]) || d.accept != nil && !d.accept(p.around(line, at)) {
		return
	}
	f := finding{detector: detector, confidence: d.alone}
	if !d.context {
		f.confidence = withoutContext
	} else if f.label, f.distance = m.context(p, line, at, detector); f.distance >= 0 {
		f.confidence = inContext
	}
	if d.validate != nil && f.confidence > 0 {
		f.confidence = min(f.confidence+proven, 0.99)
	}
	if f.confidence < leastConfidence {
		return
	}
	if d.byRow {
		f.row = m.rowOf(p, line)
	}
	m.accepted = append(m.accepted, accepted{at, class})
	if m.first < 0 {
		m.first = m.before + m.base + p.raw(line.start)
	}
	m.take(p, at, class, f)
}

const (
	withoutContext  = 0.90 // nothing around it is asked for
	inContext       = 0.95
	proven          = 0.04 // more, for what passed a check
	leastConfidence = 0.5
)

// finding is what speaks for a candidate.
type finding struct {
	detector   int
	confidence float64
	row        uint64 // of a table, where rows are told apart; 0: none
	label      span   // of the nearest context word in the line
	distance   int    // in bytes from it; 0 where it stands further off; -1: there is none
}

// Close looks at what has been held back and answers what was found, by class.
func (m *Matcher) Close() Found {
	m.flush()
	return m.tally.found()
}
