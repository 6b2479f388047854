package detect

import (
	"bytes"
	"iter"
	"unicode/utf8"
)

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
		s.grid = grid{}
		return cells
	}
	row := boxRow{cells: cells, grid: s.grid}
	if s.table.headed {
		row.table = &s.table
	}
	s.boxes, s.boxed = s.boxes[:0], s.boxed[:0]
	done := 0
	for first, n := range s.numbersInBoxes(&row) {
		s.boxes = append(s.boxes, cells[done:first]...)
		start := len(s.boxed)
		for _, c := range cells[first : first+n] {
			s.boxed = append(s.boxed, inBox(c.Text))
		}
		s.boxes = append(s.boxes, Cell{cells[first].Column, s.boxed[start:len(s.boxed):len(s.boxed)]})
		done = first + n
	}
	s.grid.follow(cells, done > 0)
	if done == 0 {
		return cells
	}
	s.boxes = append(s.boxes, cells[done:]...)
	return s.boxes
}

// boxRow is a row in which numbers in boxes are looked for.
type boxRow struct {
	cells []Cell
	table *table // whose headings stand above, nil for none
	close bool   // a number has one heading there, and not a column for each box
	shift int    // columns that numbers before take and such headings do not
	grid  grid   // the row belongs to
}

// numbersInBoxes answers where in a row the boxes of a number begin, and how
// many they are.
func (s *Scanner) numbersInBoxes(row *boxRow) iter.Seq2[int, int] {
	return func(yield func(first, n int) bool) {
		for i := 0; i < len(row.cells); {
			run := max(1, boxesFrom(row.cells[i:]))
			first, n := s.numberInBoxes(row, i, run)
			if n == 0 {
				i += run
				continue
			}
			if !yield(first, n) {
				return
			}
			i = first + n
		}
	}
}

const (
	leastBoxes = 11 // a mobile number
	mostBoxes  = 19 // a bank card
	widestBox  = 4  // columns: boxes of merged cells
	widestRun  = 24 // in which an identity number is looked for
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

// numberInBoxes answers where in a run of boxes, which begins at i, those of
// a number begin, and how many they are: 0 for none. Beside them may stand what
// is one character as well, a grade or a mark.
func (s *Scanner) numberInBoxes(row *boxRow, i, run int) (first, n int) {
	if run < leastBoxes {
		return 0, 0
	}
	cells := row.cells
	for k := i; k <= i+run-leastBoxes; k++ {
		if r := s.calledFor(row, i, k, run-(k-i)); r != 0 {
			if n := s.boxesCalledFor(cells[k:i+run], r); n > 0 {
				return k, n
			}
		}
	}
	if run > widestRun {
		return 0, 0
	}
	for k := i; k+18 <= i+run; k++ {
		if s.identityInBoxes(cells[k : k+18]) {
			return k, 18
		}
	}
	return 0, 0
}

// boxesCalledFor answers how many of the boxes a run begins with are a number
// that is called for: all, where they are as many as such a number has, or else
// as many as make one.
func (s *Scanner) boxesCalledFor(run []Cell, r roles) int {
	var text [mostBoxes]byte
	digits := 0
	for k, c := range run[:min(len(run), mostBoxes)] {
		if text[k] = inBox(c.Text); isDigit(text[k]) {
			digits++
		}
	}
	switch n := len(run); {
	case n == 11 && r&elevenBoxes != 0 || n >= 15 && n <= mostBoxes && r&moreBoxes != 0 && r&elevenBoxes == 0:
		if 2*digits > n {
			return n
		}
	case r&elevenBoxes != 0 && looksMobile(run):
		return 11
	case r.has(residentID) && n > 18 && s.identityInBoxes(run[:18]):
		return 18
	case r.has(bankCard):
		for n := min(n, mostBoxes); n >= 16; n-- {
			if allDigits(text[:n]) && issuer(text[:n]) >= 55 && s.pack.cardHolds(text[:n]) {
				return n
			}
		}
	}
	return 0
}

// looksMobile tells whether the first boxes have the form of a mobile number.
func looksMobile(boxes []Cell) bool {
	var text [11]byte
	for k, c := range boxes[:11] {
		text[k] = inBox(c.Text)
	}
	return text[0] == '1' && text[1] >= '3' && allDigits(text[:])
}

// identityInBoxes tells whether eighteen boxes prove to be an identity number.
func (s *Scanner) identityInBoxes(boxes []Cell) bool {
	var text [18]byte
	for k, c := range boxes {
		text[k] = inBox(c.Text)
	}
	return allDigits(text[:17]) && s.pack.residentHolds(&text) && s.pack.regions.has(uint32(number6(text[:])))
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

// calledFor answers what the heading of the column at k, or a label before the
// run of boxes that begins at i, calls for of what may stand in the boxes from k
// on, of which there are so many.
func (s *Scanner) calledFor(row *boxRow, i, k, boxes int) roles {
	r, each := row.heading(k)
	switch {
	case each || row.grid.over(row.cells[k:k+leastBoxes]):
		return 0
	case r != 0:
	case i == 0 || marks(row.cells[k:]):
		return 0
	case k == i:
		r = s.labelBefore(row.cells[:i])
	case k == i+1 && boxes == leastBoxes && looksMobile(row.cells[k:]):
		r = s.labelBefore(row.cells[:i]) & elevenBoxes // the first of the run is something else
	}
	if r&(against|maker) != 0 {
		return 0
	}
	return r & (elevenBoxes | moreBoxes)
}

// heading answers what the heading over the cell at k calls for, and whether
// the columns behind have headings as well, so that each cell is a value of its
// own.
func (r *boxRow) heading(k int) (called roles, each bool) {
	if r.table == nil {
		return 0, false
	}
	for i, c := range r.cells[k : k+leastBoxes] {
		col := r.table.column(c.Column - r.shift)
		if col == nil {
			return called, false
		}
		if i == 0 {
			called = col.roles
		}
		if r.close || !col.titled {
			return called, false
		}
	}
	return called, true
}

// labelBefore answers what the label at the end of some cells calls for. One
// character may stand behind it.
func (s *Scanner) labelBefore(cells []Cell) roles {
	label := cells[len(cells)-1].Text
	if len(cells) > 1 && utf8.RuneCount(bytes.TrimSpace(label)) == 1 {
		label = cells[len(cells)-2].Text
	}
	r, _ := s.pack.labels.heading(bytes.TrimRight(label, "：: "))
	return r
}

// What has eleven characters, and what fifteen to nineteen.
const (
	elevenBoxes = roles(1 << mobile)
	moreBoxes   = roles(1<<residentID | 1<<bankCard | 1<<creditCode | 1<<permanentResidence | 1<<residencePermit)
)

// marks tells the answers of a survey, one to five: one mobile number in a
// thousand looks so.
func marks(boxes []Cell) bool {
	for _, c := range boxes[:leastBoxes] {
		if b := inBox(c.Text); b < '1' || b > '5' {
			return false
		}
	}
	return true
}
