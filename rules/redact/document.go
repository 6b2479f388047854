package redact

import (
	"bytes"
	"slices"
)

// document rewrites running text with tables, as WordprocessingML, DrawingML
// and VML (ECMA-376) write it, in the passages in which the extractor reads it.
type document struct {
	*part
	around   []int // the column of the cell around each table that is open
	inCell   bool
	column   int
	row      []pendingCell
	para     passage
	cell     passage
	fallback int // drawings for older programs open: they repeat what was read
	aside    passage
	inText   bool      // right within an element of text
	offered  []passage // what fields may be filled in with: lines behind the paragraph or table
	numbers  int       // elements open that hold numbers
	formulas int       // elements open that hold formulas
}

// pendingCell is a cell of a row not complete yet.
type pendingCell struct {
	column, special int
	passage         passage
}

func (p *part) document() error {
	d := &document{part: p}
	p.frame.begin()
	for {
		ok, err := p.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		switch p.kind {
		case startToken:
			d.start()
			d.inText = isTextElement[string(p.name)]
		case endToken:
			err = d.end(string(p.name))
			d.inText = false
		case textToken, plainToken:
			d.text()
		}
		if err == nil {
			err = p.tooLong()
		}
		if err != nil {
			return err
		}
	}
	d.paragraph()
	d.endCell()
	d.endRow()
	return p.flush()
}

// isTextElement are the elements in which space is text.
var isTextElement = map[string]bool{"t": true, "delText": true, "instrText": true}

func (d *document) text() {
	if !d.isText() && (len(d.para.text) == 0 || !d.inText && bytes.IndexByte(d.raw, '\n') >= 0) {
		return
	}
	as := elementText
	switch {
	case d.formulas > 0:
		as = fixedText
	case d.numbers > 0:
		as = numberText
	}
	if d.fallback > 0 {
		d.take(&d.aside, as)
		return
	}
	d.take(&d.para, as)
}

func (d *document) start() {
	to := &d.para
	if d.fallback > 0 {
		to = &d.aside
	}
	switch string(d.name) {
	case "Fallback":
		if !d.empty {
			d.fallback++
		}
	case "tab", "ptab":
		to.add("\t")
	case "br", "cr":
		to.add("\n")
	case "noBreakHyphen":
		to.add("-")
	case "s":
		to.add(" ")
	case "numCache", "numLit":
		if !d.empty {
			d.numbers++
		}
	case "f":
		if d.numbers == 0 && !d.empty {
			d.formulas++
		}
	case "tbl", "table":
		if !d.empty {
			d.startTable()
		}
	case "tr":
		if len(d.around) > 0 {
			d.endRow()
			d.column = 0
		}
	case "tc":
		if len(d.around) > 0 {
			d.inCell = true
			if d.empty {
				d.endCell()
			}
		}
	case "docPr", "cNvPr":
		d.descriptions(to)
		return
	case "default", "listEntry", "helpText", "statusText", "alias", "tag":
		d.offer("val")
		return
	case "listItem":
		d.offer("displayText", "value")
		return
	}
	d.quietAttributes(func(string) bool { return false })
}

// offer takes what a field of a form or a content control may be filled in
// with, or says of itself.
func (d *document) offer(names ...string) {
	d.list = d.attributes(d.list[:0])
	for _, want := range names {
		for _, a := range d.list {
			if string(a.local) == want && a.to > a.from {
				var line passage
				d.takeAttribute(&line, a)
				d.offered = append(d.offered, line)
			}
		}
	}
	d.quietAttributes(func(local string) bool { return slices.Contains(names, local) })
}

// descriptions takes what a drawing is said to show.
func (d *document) descriptions(to *passage) {
	d.list = d.attributes(d.list[:0])
	for _, want := range []string{"descr", "title"} {
		for _, a := range d.list {
			if string(a.local) == want && a.to > a.from {
				d.takeAttribute(to, a)
				to.add(" ")
			}
		}
	}
	d.quietAttributes(func(local string) bool { return local == "descr" || local == "title" })
}

// startTable starts a table. One within a cell of another parts the row around
// it, whose cells go on behind it.
func (d *document) startTable() {
	d.paragraph()
	d.endCell()
	d.endRow()
	d.around = append(d.around, d.column)
	d.frame.begin()
}

func (d *document) end(name string) error {
	switch name {
	case "Fallback":
		d.fallback = max(0, d.fallback-1)
		d.asideLine()
	case "p", "h", "pt", "text", "author", "txBody", "txbxContent", "threadedComment":
		if d.fallback > 0 {
			d.asideLine()
			return nil
		}
		d.paragraph()
		if len(d.around) == 0 {
			return d.breathe()
		}
	case "v": // a value of a diagram
		d.para.add(" ")
	case "numCache", "numLit":
		d.numbers = max(0, d.numbers-1)
	case "f":
		d.formulas = max(0, d.formulas-1)
	case "tc":
		d.paragraph()
		d.endCell()
	case "tr":
		d.endRow()
		return d.breathe()
	case "tbl", "table":
		return d.endTable()
	}
	return nil
}

func (d *document) endTable() error {
	d.paragraph()
	d.endCell()
	d.endRow()
	if n := len(d.around); n > 0 {
		d.column = d.around[n-1]
		d.around = d.around[:n-1]
		d.frame.begin()
	}
	return nil
}

// breathe writes a batch where nothing is open.
func (d *document) breathe() error {
	if len(d.para.text)+len(d.cell.text)+len(d.aside.text)+len(d.row)+len(d.offered) > 0 {
		return nil
	}
	return d.part.breathe()
}

func (d *document) asideLine() {
	if len(d.aside.text) > 0 {
		d.frame.extra(&d.aside)
	}
}

// paragraph ends one: in a cell it joins the cell, else it is a line.
func (d *document) paragraph() {
	switch {
	case len(d.para.text) == 0:
	case d.inCell:
		d.para.add("\n")
		d.cell.join(&d.para)
	default:
		d.frame.line(&d.para)
	}
	if len(d.around) == 0 {
		for i := range d.offered {
			d.frame.line(&d.offered[i])
		}
		d.offered = d.offered[:0]
	}
}

func (d *document) endCell() {
	if d.inCell {
		var moved passage
		moved.join(&d.cell)
		d.row = append(d.row, pendingCell{d.column, -1, moved})
		d.column++
	}
	d.cell.text, d.cell.links = d.cell.text[:0], d.cell.links[:0]
	d.inCell = false
}

func (d *document) endRow() {
	d.frame.pendingRow(d.row)
	d.row = d.row[:0]
}

// pendingRow takes the cells of a row.
func (f *frame) pendingRow(cells []pendingCell) {
	first := len(f.cells)
	for i := range cells {
		f.addCell(cells[i].column, &cells[i].passage, cells[i].special)
	}
	f.row(first)
}
