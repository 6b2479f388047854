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
		run := max(1, boxesFrom(cells[i:]))
		first, n := s.numberInBoxes(cells, i, run)
		if n == 0 {
			s.boxes = append(s.boxes, cells[i:i+run]...)
			i += run
			continue
		}
		s.boxes = append(s.boxes, cells[i:first]...)
		i, joined = first, true
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
func (s *Scanner) numberInBoxes(cells []Cell, i, run int) (first, n int) {
	if run < leastBoxes {
		return 0, 0
	}
	for k := i; k <= i+run-leastBoxes; k++ {
		if r := s.calledFor(cells, k, k == i); r != 0 {
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
	case r&elevenBoxes != 0 && text[0] == '1' && text[1] >= '3' && allDigits(text[:11]):
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

// calledFor answers what the heading of a column, or a label in the cell before
// a run, calls for of what may stand in boxes.
func (s *Scanner) calledFor(cells []Cell, i int, begins bool) roles {
	var r roles
	if s.table.headed {
		if col := s.table.column(cells[i].Column); col != nil {
			r = col.roles
		}
	}
	if r == 0 && begins && i > 0 && !marks(cells[i:]) {
		r, _ = s.pack.labels.heading(bytes.TrimRight(cells[i-1].Text, "：: "))
	}
	if r&(against|maker) != 0 {
		return 0
	}
	return r & (elevenBoxes | moreBoxes)
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
