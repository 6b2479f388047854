package extract

import "bytes"

const (
	cellMark        = 0x07
	mostWordColumns = 63 // cells of a row
)

// wordText makes lines and rows of the text of a Word document, in which marks
// end paragraphs and cells, and one more mark ends a row.
type wordText struct {
	table
	cell   []byte
	column int
	marked bool // the last character was a cell mark
	rows   bool // where rows end is told, see endRow
	buf    []byte
}

func (t *wordText) write(text []byte) {
	for len(text) > 0 {
		n := 0
		for n < len(text) && text[n] >= ' ' {
			n++
		}
		t.cell = append(t.cell, text[:n]...)
		if n == len(text) {
			return
		}
		t.mark(text[n])
		text = text[n+1:]
	}
}

// mark takes a character that is none of the text.
func (t *wordText) mark(c byte) {
	switch c {
	case cellMark:
		if t.marked && len(bytes.TrimSpace(t.cell)) == 0 && (!t.rows || t.column >= mostWordColumns) {
			t.endRow()
			return
		}
		t.beforeTable()
		t.add(t.column, t.cell)
		t.column++
		t.cell, t.marked = t.cell[:0], true
	case '\r', 0x0B, 0x0C:
		if t.column > 0 {
			t.cell = append(t.cell, ' ')
			return
		}
		t.cell = append(t.cell, '\n')
		if len(t.cell) > judged {
			t.line()
		}
	case 0x1E: // a hyphen that keeps words together
		t.cell = append(t.cell, '-')
	case 0x13, 0x14, 0x15, 0x01, 0x08, 0x02, 0x05, 0x1F: // fields, drawings, references, hyphens not shown
	default:
		t.cell = append(t.cell, c)
	}
}

func (t *wordText) endRow() {
	t.add(t.column, t.cell)
	t.number++
	t.flush()
	t.column, t.marked = 0, false
	t.cell = t.cell[:0]
}

// beforeTable gives the paragraphs that stand before the first cell of a row.
func (t *wordText) beforeTable() {
	if i := bytes.LastIndexByte(t.cell, '\n'); i >= 0 && t.column == 0 {
		t.w.sink.Write(t.cell[:i+1])
		t.cell = append(t.cell[:0], t.cell[i+1:]...)
	}
}

// line gives text outside of tables.
func (t *wordText) line() {
	if len(t.cell) > 0 {
		t.w.sink.Write(t.cell)
		t.cell = t.cell[:0]
	}
}

func (t *wordText) end() {
	t.number++
	t.flush()
	t.line()
}
