package extract

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
)

// document reads running text with tables, as WordprocessingML and DrawingML
// (ECMA-376) write it, which both name paragraphs p, tables tbl, rows tr, cells
// tc, and as OpenDocument does (OASIS OpenDocument 1.3 part 3).
type document struct {
	table
	names    map[string]string // of elements in another vocabulary
	apart    bool              // text outside of elements of text is none of a paragraph
	location string
	tables   int
	open     []openTable // tables, outermost first
	inCell   bool
	column   int
	repeated int // columns the cell stands for
	rows     int // rows the row stands for
	value    []byte
	cell     []byte
	para     []byte
	inText   bool   // right within an element of text
	offered  []byte // what fields may be filled in with, and notes: lines behind the paragraph or table
	outer    []byte // the paragraph around a note
	noted    bool   // within a note, of OpenDocument

	alternatives alternatives
}

// openTable is a table being read, and where the row around it goes on.
type openTable struct {
	location     string
	number       int // of the row around
	column, rows int
	repeated     int
}

// deepestTable bounds tables within tables; rows of deeper ones are lines.
const deepestTable = 1000

func newDocument(w *walker, location string) *document {
	return &document{table: table{w: w}, location: location}
}

func (d *document) read(m *markup) {
	d.w.sink.Begin(d.location)
	for m.next() {
		if m.kind != textToken && d.names != nil {
			d.rename(m)
		}
		switch m.kind {
		case startToken:
			d.start(m)
			d.inText = isTextElement[string(m.name)]
		case textToken:
			d.text(m)
		case endToken:
			d.end(string(m.name))
			d.inText = false
		}
	}
	if d.alternatives.within > 0 { // it ends in the midst of one
		d.offerFallback()
	}
	d.paragraph()
	d.endCell()
	d.flush()
	d.give()
}

// isTextElement are the elements in which space is text.
var isTextElement = set("t", "delText", "instrText")

// text takes text to the paragraph, or beside it.
func (d *document) text(m *markup) {
	switch {
	case d.alternatives.within > 0:
		d.textFallback(m)
	case d.apart && !d.inText:
		if len(bytes.TrimSpace(m.text)) > 0 {
			d.offered = append(m.content(d.offered), '\n')
		}
		if len(d.offered) > widest {
			d.give()
		}
	case d.counts(m.text):
		had := len(d.para)
		d.para = m.content(d.para)
		if said := d.alternatives.choice(); said != nil {
			*said = append(*said, d.para[had:]...)
		}
		if len(d.para) > widest {
			d.paragraph()
		}
	}
}

// counts tells whether text is more than space between elements. Between those
// of a line OpenDocument has space that is text, without a line end.
func (d *document) counts(text []byte) bool {
	return len(bytes.TrimSpace(text)) > 0 || len(d.para) > 0 && (d.inText || bytes.IndexByte(text, '\n') < 0)
}

func (d *document) start(m *markup) {
	if d.alternatives.within > 0 {
		d.startFallback(m)
		return
	}
	if said := d.alternatives.choice(); said != nil {
		said.sign(string(m.name))
	}
	switch string(m.name) {
	case "AlternateContent":
		if !m.empty {
			d.alternatives.open()
		}
	case "Fallback":
		if !m.empty {
			d.alternatives.within++
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
		if !m.empty {
			d.startTable(m)
		}
	case "tr", "table-row":
		if len(d.open) > 0 {
			d.flush()
			d.number = d.place(m, "行号", d.number+1)
			d.column, d.rows = 0, number(m.attr("number-rows-repeated"))
		}
	case "tc", "table-cell", "covered-table-cell":
		if len(d.open) > 0 {
			d.startCell(m)
		}
	case "a":
		if v := m.attr("href"); len(v) > 0 { // of a link in OpenDocument
			d.para = append(appendEntities(d.para, v), ' ')
		}
	case "annotation":
		if !m.empty && !d.noted && (!d.apart || string(m.attr("type")) == "Word.Comment") { // Word 2003 has changes so as well
			d.para, d.outer, d.noted = d.outer[:0], d.para, true
		}
	case "default", "listEntry", "helpText", "statusText", "alias", "tag":
		d.offer(m, "val")
	case "listItem":
		d.offer(m, "displayText", "value")
	case "content-validation": // of sheets of OpenDocument, as are names
		d.offer(m, "condition")
	case "named-expression":
		d.offer(m, "expression")
	case "数据":
		if string(m.attr("数据类型")) == "number" {
			d.value = append(d.value[:0], plainNumber(m.attr("数据数值"))...)
		}
	case "docPr", "cNvPr":
		for _, name := range []string{"descr", "title"} {
			if v := m.attr(name); len(v) > 0 {
				d.para = append(appendEntities(d.para, v), ' ')
			}
		}
	}
}

// offer takes what a field of a form or a content control may be filled in
// with, or says of itself.
func (d *document) offer(m *markup, attributes ...string) {
	for _, name := range attributes {
		v := m.attr(name)
		if len(v) == 0 {
			continue
		}
		if d.alternatives.within > 0 {
			d.alternatives.fallback = append(appendEntities(d.alternatives.fallback, v), '\n')
			continue
		}
		if said := d.alternatives.choice(); said != nil {
			*said = append(appendEntities(*said, v), '\n')
		}
		d.offered = append(appendEntities(d.offered, v), '\n')
	}
	if len(d.offered) > widest {
		d.give()
	}
}

// give gives what was offered.
func (d *document) give() {
	if len(d.offered) > 0 {
		d.w.sink.Write(d.offered)
		d.offered = d.offered[:0]
	}
}

// startTable starts a table. One within a cell of another parts the row around
// it, whose cells go on behind it.
func (d *document) startTable(m *markup) {
	d.paragraph()
	d.endCell()
	d.flush()
	if len(d.open) == deepestTable {
		return
	}
	d.tables++
	name := fmt.Sprintf("table %d", d.tables)
	if given := cmp.Or(string(m.attr("name")), string(m.attr("名称"))); given != "" {
		name = string(appendEntities(nil, []byte(given)))
	}
	d.open = append(d.open, openTable{join(d.location, name), d.number, d.column, d.rows, d.repeated})
	d.number = 0
	d.w.sink.Begin(d.open[len(d.open)-1].location)
}

func (d *document) endTable() {
	d.paragraph()
	d.endCell()
	d.flush()
	if len(d.open) == 0 {
		return
	}
	around := d.open[len(d.open)-1]
	d.open = d.open[:len(d.open)-1]
	d.number, d.column, d.rows, d.repeated = around.number, around.column, around.rows, around.repeated
	location := d.location
	if len(d.open) > 0 {
		location = d.open[len(d.open)-1].location
	}
	d.w.sink.Begin(location)
}

func (d *document) startCell(m *markup) {
	d.inCell = true
	d.column = d.place(m, "列号", d.column+1) - 1
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
	if d.alternatives.within > 0 {
		d.endFallback(name)
		return
	}
	if said := d.alternatives.choice(); said != nil {
		said.end(name)
	}
	switch name {
	case "AlternateContent":
		d.alternatives.close()
	case "annotation":
		if d.noted {
			d.paragraph()
			d.para, d.outer, d.noted = d.outer, d.para[:0], false
		}
	case "creator", "date":
		if d.noted {
			d.paragraph()
		}
	case "p", "h", "pt", "text", "author", "txBody", "txbxContent", "threadedComment":
		d.paragraph()
	case "v", "col", "colOff", "row", "rowOff", "posOffset", "pctWidth", "pctHeight": // of charts, and where drawings stand
		d.para = append(d.para, ' ')
	case "tc", "table-cell", "covered-table-cell":
		d.paragraph()
		d.endCell()
	case "tr", "table-row":
		d.flush()
		d.number += max(0, d.rows-1)
	case "tbl", "table":
		d.endTable()
	}
}

// paragraph ends one: in a cell it joins the cell, else it is a line.
func (d *document) paragraph() {
	if len(d.para) > 0 {
		d.para = append(d.para, '\n')
		switch {
		case d.noted && len(d.offered) < widest:
			d.offered = append(d.offered, d.para...)
		case d.inCell && len(d.cell) < widest:
			d.cell = append(d.cell, d.para...)
		default:
			d.w.sink.Write(d.para)
		}
		d.para = d.para[:0]
	}
	if d.noted {
		return
	}
	if len(d.open) == 0 {
		d.give()
	}
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
