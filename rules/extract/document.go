package extract

import (
	"bytes"
	"fmt"
	"strconv"
)

// document reads running text with tables, as WordprocessingML and DrawingML
// (ECMA-376) write it, which both name paragraphs p, tables tbl, rows tr, cells
// tc, and as OpenDocument does (OASIS OpenDocument 1.3 part 3).
type document struct {
	table
	location string
	tables   int
	nesting  int // tables open
	inCell   bool
	column   int
	repeated int // columns the cell stands for
	rows     int // rows the row stands for
	value    []byte
	cell     []byte
	para     []byte
	skipped  int // fallback drawings open: they repeat what was read
}

func newDocument(w *walker, location string) *document {
	return &document{table: table{w: w}, location: location}
}

func (d *document) read(m *markup) {
	d.w.sink.Begin(d.location)
	for m.next() {
		switch m.kind {
		case startToken:
			d.start(m)
		case textToken:
			if d.skipped == 0 && len(bytes.TrimSpace(m.text)) > 0 {
				d.para = m.content(d.para)
				if len(d.para) > widest {
					d.paragraph()
				}
			}
		case endToken:
			d.end(string(m.name))
		}
	}
	d.paragraph()
	d.endCell()
	d.flush()
}

func (d *document) start(m *markup) {
	switch string(m.name) {
	case "Fallback":
		if !m.empty {
			d.skipped++
		}
	case "tab", "ptab":
		d.para = append(d.para, '\t')
	case "br", "cr":
		d.para = append(d.para, '\n')
	case "noBreakHyphen":
		d.para = append(d.para, '-')
	case "line-break":
		d.para = append(d.para, '\n')
	case "s":
		d.para = append(d.para, ' ')
	case "tbl", "table":
		d.startTable(m)
	case "tr", "table-row":
		if d.nesting == 1 {
			d.flush()
			d.number++
			d.column, d.rows = 0, number(m.attr("number-rows-repeated"))
		}
	case "tc", "table-cell", "covered-table-cell":
		if d.nesting == 1 {
			d.startCell(m)
		}
	case "a":
		if v := m.attr("href"); len(v) > 0 { // of a link in OpenDocument
			d.para = append(appendEntities(d.para, v), ' ')
		}
	case "docPr", "cNvPr":
		for _, name := range []string{"descr", "title"} {
			if v := m.attr(name); len(v) > 0 && d.skipped == 0 {
				d.para = append(appendEntities(d.para, v), ' ')
			}
		}
	}
}

func (d *document) startTable(m *markup) {
	d.paragraph()
	d.nesting++
	if d.nesting > 1 {
		return
	}
	d.tables++
	d.number = 0
	name := fmt.Sprintf("table %d", d.tables)
	if given := m.attr("name"); len(given) > 0 {
		name = string(appendEntities(nil, given))
	}
	d.w.sink.Begin(join(d.location, name))
}

func (d *document) startCell(m *markup) {
	d.inCell = true
	d.repeated = number(m.attr("number-columns-repeated"))
	if string(m.attr("value-type")) == "float" {
		d.value = append(d.value[:0], plainNumber(m.attr("value"))...)
	}
	if m.empty {
		d.endCell()
	}
}

// number reads how often a cell or row stands there: once unless it says more.
func number(attr []byte) int {
	n, err := strconv.Atoi(string(attr))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func (d *document) end(name string) {
	switch name {
	case "Fallback":
		d.skipped = max(0, d.skipped-1)
	case "p", "h", "pt", "text", "author", "txBody", "txbxContent", "threadedComment":
		d.paragraph()
	case "v", "col", "colOff", "row", "rowOff", "posOffset", "pctWidth", "pctHeight": // of charts, and where drawings stand
		d.para = append(d.para, ' ')
	case "tc", "table-cell", "covered-table-cell":
		if d.nesting == 1 && d.inCell {
			d.paragraph()
			d.endCell()
		}
	case "tr", "table-row":
		if d.nesting == 1 {
			d.flush()
			d.number += max(0, d.rows-1)
		}
	case "tbl", "table":
		d.paragraph()
		if d.nesting == 1 {
			d.endCell()
			d.flush()
			d.w.sink.Begin(d.location)
		}
		d.nesting = max(0, d.nesting-1)
	}
}

// paragraph ends one: in a cell it joins the cell, else it is a line.
func (d *document) paragraph() {
	if len(d.para) == 0 {
		return
	}
	d.para = append(d.para, '\n')
	if d.inCell && len(d.cell) < widest {
		d.cell = append(d.cell, d.para...)
	} else {
		d.w.sink.Write(d.para)
	}
	d.para = d.para[:0]
}

func (d *document) endCell() {
	if d.inCell {
		text := d.cell
		if len(d.value) > 0 { // the number itself, not how it is shown
			text = d.value
		}
		d.add(d.column, text)
		d.column += max(1, d.repeated)
	}
	d.cell, d.value, d.inCell = d.cell[:0], d.value[:0], false
}
