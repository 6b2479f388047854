package detect

import "bytes"

// unboxLine puts the boxes of a number in a line of delimited text together, as
// Unboxed does those of a sheet. The delimiters between them go behind it, so
// that the row keeps its columns; where the headings are not spread over the
// boxes, they go away.
func (s *Scanner) unboxLine(l *line) {
	delimiter := byte(0)
	if l.traits.digits >= leastBoxes-1 && l.traits.has(partTrait) && !l.cut {
		delimiter = boxDelimiter(l.text)
	}
	if delimiter == 0 {
		s.gridLine(l)
		return
	}
	row := boxRow{cells: s.boxCells(l, delimiter), grid: s.grid}
	if t := &s.table; t.on && t.headed && t.delimiter == delimiter {
		row.table, row.close = t, len(s.cells) >= t.width+leastBoxes-1
	}
	s.rewriteBoxes(l, &row, delimiter)
	s.grid.follow(row.cells, l.boxed)
}

// boxCells answers the cells of a line that are not empty; s.cells are all.
func (s *Scanner) boxCells(l *line, delimiter byte) []Cell {
	s.cells = split(l.text, delimiter, s.cells[:0])
	s.boxes = s.boxes[:0]
	for _, c := range s.cells {
		if c.end > c.start {
			s.boxes = append(s.boxes, Cell{c.column, l.text[c.start:c.end]})
		}
	}
	return s.boxes
}

// rewriteBoxes gives the line with the numbers of a row put together.
func (s *Scanner) rewriteBoxes(l *line, row *boxRow, delimiter byte) {
	text, came := s.boxText[:0], s.boxCame[:0]
	add := func(c byte, from int) { text, came = append(text, c), append(came, int32(l.raw(from)-l.offset)) }
	done := 0
	for first, n := range s.numbersInBoxes(row) {
		from, to := row.cells[first].Column, row.cells[first+n-1].Column
		start, end := inQuotes(l.text, s.cells[from].start, s.cells[to].end)
		for i := done; i < start; i++ {
			add(l.text[i], i)
		}
		for _, c := range row.cells[first : first+n] {
			add(inBox(c.Text), s.cells[c.Column].start)
		}
		if done = end; row.close {
			row.shift += to - from
			continue
		}
		for range to - from {
			add(delimiter, done)
		}
	}
	if l.boxed = done > 0; !l.boxed {
		return
	}
	for i := done; i < len(l.text); i++ {
		add(l.text[i], i)
	}
	came = append(came, int32(l.raw(len(l.text))-l.offset))
	s.boxText, s.boxCame = text, came
	l.text, l.at, l.traits = text, came, traitsOf(text)
	s.warm = max(s.warm, contextLines)
}

// inQuotes answers a stretch with the quotes around the boxes it begins and ends
// with.
func inQuotes(text []byte, start, end int) (int, int) {
	if start > 0 && text[start-1] == '"' {
		start--
	}
	if end < len(text) && text[end] == '"' {
		end++
	}
	return start, end
}

// gridLine notes headings that boxes below may have each; those of a table
// that is known are known.
func (s *Scanner) gridLine(l *line) {
	s.grid = grid{}
	if s.table.on || l.cut || l.traits.has(atTrait) || !l.traits.has(partTrait) {
		return
	}
	for _, d := range delimiters[:4] {
		if bytes.Count(l.text, []byte{d}) >= leastBoxes-1 {
			s.grid.follow(s.boxCells(l, d), false)
			return
		}
	}
}

// boxDelimiter answers what parts single characters somewhere in a text, 0
// where nothing does. As many boxes as a number has reach over two of the places
// looked at.
func boxDelimiter(text []byte) byte {
	for at := boxStep; at < len(text); at += boxStep {
		if d := boxesAt(text[at:min(len(text), at+boxPeek)]); d != 0 {
			return d
		}
	}
	return 0
}

const (
	boxStep = 16 // eleven boxes take 21 bytes
	boxPeek = 5  // a box of merged cells, or one in quotes, with its delimiter
)

// boxesAt answers the delimiter of the boxes that a piece of text is of.
func boxesAt(piece []byte) (delimiter byte) {
	inside, boxes := false, false
	for _, c := range piece {
		switch {
		case c == '"' || c == ' ':
		case c == '\t' || c == ',' || c == ';' || c == '|':
			if delimiter != 0 && delimiter != c {
				return 0
			}
			delimiter, inside = c, false
		case !isBoxed(c) && c != 'x' || inside:
			return 0
		default:
			inside, boxes = true, true
		}
	}
	if !boxes {
		return 0
	}
	return delimiter
}
