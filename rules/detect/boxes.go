package detect

import "bytes"

// Unboxed answers the cells of the row to come with the numbers in boxes put
// together again, each in the cell of its first box, as Row sees them: for
// whoever looks at the same row beside. They hold until the next row.
//
// Forms print a box for each character of a number, and whoever makes one in a
// spreadsheet gives each box a cell of its own. Surveys, marks and matrices
// are rows of single digits as well: a number counts where a label or heading
// calls for one, or where its own check proves it.
func (s *Scanner) Unboxed(cells []Cell) []Cell {
	if len(cells) < leastBoxes {
		return cells
	}
	s.boxes, s.boxed = s.boxes[:0], s.boxed[:0]
	joined := false
	for i := 0; i < len(cells); {
		n := boxesFrom(cells[i:])
		if !s.numberInBoxes(cells, i, n) {
			n = max(1, n)
			s.boxes = append(s.boxes, cells[i:i+n]...)
			i += n
			continue
		}
		joined = true
		start := len(s.boxed)
		for _, c := range cells[i : i+n] {
			s.boxed = append(s.boxed, inBox(c.Text))
		}
		s.boxes = append(s.boxes, Cell{cells[i].Column, s.boxed[start:len(s.boxed):len(s.boxed)]})
		i += n
	}
	if !joined {
		return cells
	}
	return s.boxes
}

const (
	leastBoxes = 11 // a mobile number
	mostBoxes  = 19 // a bank card
	widestBox  = 4  // columns: boxes of merged cells
)

// boxesFrom answers how many cells from the first on are boxes side by side,
// all as wide.
func boxesFrom(cells []Cell) (n int) {
	for n < len(cells) && inBox(cells[n].Text) != 0 {
		if n > 0 {
			step := cells[n].Column - cells[n-1].Column
			if step > widestBox || step != cells[1].Column-cells[0].Column {
				break
			}
		}
		n++
	}
	return n
}

// numberInBoxes tells whether n cells from i on are the boxes of one number.
func (s *Scanner) numberInBoxes(cells []Cell, i, n int) bool {
	if n < leastBoxes || n > mostBoxes {
		return false
	}
	var text [mostBoxes]byte
	digits := 0
	for k, c := range cells[i : i+n] {
		if text[k] = inBox(c.Text); isDigit(text[k]) {
			digits++
		}
	}
	if n == 18 && digits >= 17 && isDigit(text[16]) && s.pack.residentHolds((*[18]byte)(text[:18])) {
		return true
	}
	return (n == 11 || n >= 15) && 2*digits > n && s.callsForNumber(cells, i)
}

// inBox answers the one digit or capital letter a cell holds, 0 for any other.
func inBox(text []byte) byte {
	text = bytes.TrimSpace(text)
	if len(text) == 3 && text[0] == 0xEF && text[1] == 0xBC { // full width: U+FF10 to U+FF3A
		if c := text[2] - 0x60; isBoxed(c) {
			return c
		}
	}
	if len(text) != 1 {
		return 0
	}
	c := text[0]
	if c == 'x' {
		c = 'X'
	}
	if !isBoxed(c) {
		return 0
	}
	return c
}

func isBoxed(c byte) bool { return isDigit(c) || c >= 'A' && c <= 'Z' }

// callsForNumber tells whether the heading of the column or the cell before
// asks for what may stand in boxes.
func (s *Scanner) callsForNumber(cells []Cell, i int) bool {
	var r roles
	if s.table.headed {
		if col := s.table.column(cells[i].Column); col != nil {
			r = col.roles
		}
	}
	if r == 0 && i > 0 {
		r, _ = s.pack.labels.heading(bytes.TrimRight(cells[i-1].Text, "：: "))
	}
	return r != 0 && r&(against|maker) == 0
}
