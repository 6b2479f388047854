package detect

import (
	"bytes"
	"unicode/utf8"
)

// grid is what is known of a table of single characters: marks of a survey, a
// matrix. Eleven marks beside 电话 may look like a number; that each has a heading
// of its own, or that rows of other marks stand right above, tells that they
// are none.
type grid struct {
	from, to int // columns with a heading each, or with marks
	headed   bool
	rows     int // of marks
}

const leastMarked = 2 // rows of marks right above: one may be a number of another kind

// over tells whether boxes belong to the grid.
func (g *grid) over(boxes []Cell) bool {
	return (g.headed || g.rows >= leastMarked) && boxes[0].Column >= g.from && boxes[len(boxes)-1].Column < g.to
}

// follow takes the cells of the next row, in which a number was found or not.
func (g *grid) follow(cells []Cell, number bool) {
	from, to := headingsOf(cells)
	switch {
	case to > from:
		*g = grid{from: from, to: to, headed: true}
	case number || g.headed:
	default:
		from, to = marksOf(cells)
		if from != g.from || to != g.to {
			*g = grid{from: from, to: to}
		}
		if to > from {
			g.rows++
		}
	}
}

// headingsOf answers the columns of cells side by side, as many as boxes have
// at least, that may be headings.
func headingsOf(cells []Cell) (from, to int) {
	n := 0
	for i, c := range cells {
		if n > 0 && c.Column != cells[i-1].Column+1 {
			n = 0
		}
		if n++; !heads(c.Text) && !counted(cells, i) {
			n = 0
		}
		if n >= leastBoxes {
			from, to = c.Column+1-n, c.Column+1
		}
	}
	return from, to
}

// heads tells whether a cell may be a heading and is no box.
func heads(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) <= 60 && utf8.RuneCount(text) > 1 && digitsIn(text) <= 4
}

// counted tells whether a cell is one of several with the numbers 1, 2, 3, …
func counted(cells []Cell, i int) bool {
	n := small(cells[i].Text)
	return n > 1 && i > 0 && small(cells[i-1].Text) == n-1 || n > 0 && i+1 < len(cells) && small(cells[i+1].Text) == n+1
}

// small answers the number of one or two digits a cell holds, 0 for any other.
func small(text []byte) int {
	text = bytes.TrimSpace(text)
	if n := len(text); n == 0 || n > 2 || digitsIn(text) < n {
		return 0
	}
	return int(number(text))
}

// marksOf answers the columns of the first run of boxes that is long enough.
func marksOf(cells []Cell) (from, to int) {
	for i := 0; i < len(cells); {
		n := max(1, boxesFrom(cells[i:]))
		if n >= leastBoxes {
			return cells[i].Column, cells[i+n-1].Column + 1
		}
		i += n
	}
	return 0, 0
}
