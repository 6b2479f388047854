package detect

import (
	"bytes"
)

// cell is a stretch of a line.
type cell struct {
	start, end int
	column     int
}

// column is what is known of a column of the table at hand.
type column struct {
	roles   roles
	form    form
	heading string
	titled  bool // something stands there as heading, known or not
	kind    kind // what stood here in the last row
	typed   bool // kind is set
	part    part // of a name whose parts stand in two columns
	clerk   bool // it names who handles a record
	place   bool // it names organisations, by its heading
	names   int  // rows in which a name may have stood here
	rows    int
}

// table is the table at hand: rows of the same shape one after the other.
type table struct {
	on                 bool
	delimiter          byte // ' ' stands for two spaces or more
	width              int  // cells in a row
	columns            []column
	headed             bool
	unsure             bool // one heading of several speaks for them all, until its column belies it
	sureRows, sureHits int
	array              bool // its rows are arrays of JSON
	places             bool // a column names organisations, and none people
	named              bool // a column names people
	misses             int
	steady             int // rows read the short way
	strays             int // quotes without an end
	pile               pile
	idle               int // rows in a row that held nothing at all
}

const (
	maxColumns  = 64
	tableMisses = 3  // rows of another shape that end a table
	tableIdle   = 16 // rows without any candidate that do
)

func (t *table) clear() {
	t.on, t.headed, t.array, t.misses, t.width = false, false, false, 0, 0
	t.places, t.named, t.unsure = false, false, false
	t.sureRows, t.sureHits = 0, 0
	t.steady, t.idle, t.strays = 0, 0, 0
	t.columns = t.columns[:0]
	t.pile = pile{}
}

// column answers column i, nil beyond the bound.
func (t *table) column(i int) *column {
	if i >= maxColumns {
		return nil
	}
	for len(t.columns) <= i {
		t.columns = append(t.columns, column{})
	}
	return &t.columns[i]
}

// byOneSign tells whether the delimiter itself stands between the cells.
func (t *table) byOneSign() bool {
	return t.delimiter != ' ' && t.delimiter != '\n' && t.delimiter != tupleDelimiter
}

var delimiters = []byte{'\t', ',', ';', '|', ' '}

// split cuts a line into cells. Quotes around a cell go.
func split(text []byte, delimiter byte, cells []cell) []cell {
	return splitAt(text, delimiter, cells, maxColumns)
}

// splitAt cuts a line into so many cells at most.
func splitAt(text []byte, delimiter byte, cells []cell, most int) []cell {
	for i, n := 0, 0; n < most; n++ {
		start := i
		if delimiter != ' ' {
			for start < len(text) && text[start] == ' ' {
				start++
			}
		}
		var end int
		if start < len(text) && text[start] == '"' {
			end = quoted(text, start)
			i = end + 1
			for i < len(text) && text[i] == ' ' && delimiter != ' ' {
				i++
			}
			if i < len(text) && text[i] != delimiter { // "key": "value"
				end = next(text, start, delimiter)
				i = end
			} else {
				start++
			}
		} else {
			end = next(text, i, delimiter)
			i = end
		}
		start, end = trim(text, start, end)
		cells = append(cells, cell{start, end, n})
		if i >= len(text) {
			return cells
		}
		for i++; delimiter == ' ' && i < len(text) && text[i] == ' '; i++ {
		}
	}
	return cells
}

// quoted answers where the cell ends whose quote opens at i.
func quoted(text []byte, i int) int {
	for i++; i < len(text); i++ {
		if text[i] == '"' {
			if i+1 < len(text) && text[i+1] == '"' {
				i++
				continue
			}
			return i
		}
	}
	return len(text)
}

func next(text []byte, i int, delimiter byte) int {
	if delimiter != ' ' {
		if k := bytes.IndexByte(text[i:], delimiter); k >= 0 {
			return i + k
		}
		return len(text)
	}
	if k := bytes.Index(text[i:], []byte("  ")); k >= 0 {
		return i + k
	}
	return len(text)
}

func trim(text []byte, start, end int) (int, int) {
	for start < end && text[start] <= ' ' {
		start++
	}
	for end > start && text[end-1] <= ' ' {
		end--
	}
	return start, end
}

// begin looks for headings in a line and starts a table if it finds them.
func (s *Scanner) begin(l *line) bool {
	if s.copied(l) || s.inserted(l) {
		return true
	}
	if len(l.text) > 1024 || len(l.text) < 3 || !l.traits.mayHead() {
		return false
	}
	for _, d := range delimiters {
		if d != ' ' && (!l.traits.has(partTrait) || bytes.IndexByte(l.text, d) < 0) || d == ' ' && !bytes.Contains(l.text, []byte("  ")) {
			continue
		}
		s.cells = split(l.text, d, s.cells[:0])
		if s.headings(l.text, s.cells, d) {
			s.table.delimiter, s.table.width, s.table.array = d, len(s.cells), s.arrayed
			return true
		}
	}
	if s.severalHeadings(l.text) { // of columns that one space parts, as in text of a PDF
		return false
	}
	s.cells = append(s.cells[:0], cell{0, len(l.text), 0})
	if s.headings(l.text, s.cells, '\n') {
		s.table.delimiter, s.table.width = '\n', 1
		return true
	}
	return false
}

// severalHeadings tells whether each word of a line is a heading by itself.
func (s *Scanner) severalHeadings(text []byte) bool {
	n := 0
	for word := range bytes.SplitSeq(text, []byte{' '}) {
		if _, ok := s.pack.labels.heading(word); !ok || word[0] < 0x80 {
			return false
		}
		n++
	}
	return n > 1
}

// headings takes a row, parted by delimiter, as headings if enough of its cells
// are.
func (s *Scanner) headings(text []byte, cells []cell, delimiter byte) bool {
	if !s.anyHeading(text, cells) {
		return false
	}
	known, called, filled, places := 0, 0, 0, uint64(0)
	sure, unsure, families, givens := false, false, 0, 0
	for _, c := range cells {
		value := text[c.start:c.end]
		if len(value) == 0 {
			continue
		}
		filled++
		if len(value) > longestHeading || digitsIn(value) > 4 || bytes.IndexByte(value, '@') >= 0 {
			return false
		}
		if r, ok := s.pack.labels.heading(value); ok {
			known++
			if r&(against|maker) == 0 {
				called++
				sure = sure || r.has(personName) && surelyPeople(value)
			}
			if givenPart(value) {
				givens++
			}
		} else if familyPart(value) || givenPart(value) {
			if familyPart(value) {
				families++
			} else {
				givens++
			}
		} else if placeHeading(value) {
			places |= 1 << (c.column & (maxColumns - 1))
		} else if s.pack.names.plausible(value) == 2 || filled == 2 && len(cells) == 2 && latin(value) == len(value) {
			return false // a form: label and value
		}
	}
	if families == 1 && givens == 1 {
		known, called = known+2, called+1
	}
	if places != 0 && known > 0 { // though it be no row of headings
		s.placed, s.placeColumns, s.placeWidth = s.current.number, places, len(cells)
	}
	switch {
	case known == 0:
		return false
	case 4*known < filled, called == 0 && (known < 2 || 2*known < filled): // a table of something else
		s.entitle(text, cells, delimiter)
		return false
	case filled > 1 && called == 1 && 2*known < filled:
		if unsure = sure; !sure {
			s.entitle(text, cells, delimiter)
			return false
		}
	}
	if delimiter != '\n' { // a label over its value is part of what is said of somebody
		s.flushPerson()
	}
	s.headed(text, cells)
	s.table.unsure = unsure
	return true
}

// anyHeading tells whether a row may be one of headings, by the first of its
// cells that is one: in most rows none is.
func (s *Scanner) anyHeading(text []byte, cells []cell) bool {
	for _, c := range cells {
		value := text[c.start:c.end]
		if len(value) > longestHeading {
			return false
		}
		if _, ok := s.pack.labels.heading(value); ok || familyPart(value) || givenPart(value) {
			return true
		}
	}
	return false
}

const longestHeading = 60 // in bytes

// headed begins a table under headings.
func (s *Scanner) headed(text []byte, cells []cell) {
	t := &s.table
	t.clear()
	t.on, t.headed = true, true
	home := false
	parts := s.nameParts(text, cells)
	for _, c := range cells {
		col := t.column(c.column)
		if col == nil {
			break
		}
		value := text[c.start:c.end]
		*col = column{titled: len(value) > 0}
		r, ok := s.pack.labels.heading(value)
		if ok {
			col.roles, col.form = r, formOf(r)
			col.heading, col.clerk = string(value), isClerk(value)
		}
		if parts {
			if col.part = partOf(value); col.part != noPart {
				r = role(personName)
				col.roles, col.form, col.heading = r, otherForm, string(value)
			}
		}
		t.named = t.named || r.has(personName)
		t.places = t.places || !ok && placeHeading(value)
		home = home || r.has(address) && isHome(value)
	}
	t.places = t.places && !t.named && !home
}

func digitsIn(p []byte) int {
	n := 0
	for _, c := range p {
		if isDigit(c) {
			n++
		}
	}
	return n
}

// row looks at a row of the table at hand. It answers false for a line that
// has another shape.
func (s *Scanner) tableRow(l *line) bool {
	t := &s.table
	if t.array && !s.arrayed {
		t.outsideArray(l)
		return false
	}
	if t.delimiter == '\n' {
		if s.headsLine(l) {
			return s.pileUp(l)
		}
		if t.lapsed() {
			return false
		}
	}
	if t.delimiter == tupleDelimiter {
		return s.tupleLine(l)
	}
	s.cells = split(l.text, t.delimiter, s.cells[:0])
	fits := len(s.cells) == t.width || t.delimiter == ' ' && len(s.cells) > 1 && len(s.cells) <= t.width
	if fits && t.width == 1 {
		fits = len(l.text) <= 200
	}
	if !fits {
		if t.misses++; t.misses >= tableMisses {
			t.clear()
		}
		return false
	}
	t.misses = 0
	l.cells, l.record = s.cells, true
	if t.delimiter == '\n' {
		s.pileRow(l)
	} else {
		s.row(l)
	}
	if t.unsure && s.belied() {
		t.clear()
		return true
	}
	if t.idle++; len(s.found) > 0 {
		t.idle = 0
	}
	if t.idle >= tableIdle || t.pile.width > 1 && t.idle >= 2*t.pile.width {
		t.clear()
	}
	return true
}

// row looks at the cells of a row.
func (s *Scanner) row(l *line) {
	s.found = s.found[:0]
	for _, c := range l.cells {
		if c.end > c.start {
			s.cell(l.text, c)
		}
	}
	s.partedNames(l)
	s.rowNames(l)
	s.settle(l)
}
