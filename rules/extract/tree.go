package extract

import (
	"bufio"
	"bytes"
	"unicode"
	"unicode/utf8"
)

// markup reads a file of XML or HTML.
func (w *walker) markup(location string, r *bufio.Reader) {
	head, _ := r.Peek(sniffed)
	_, mt := look(head)
	text := bufio.NewReaderSize(utf8Reader(r), sniffed)
	head, _ = text.Peek(sniffed)
	m := newMarkup(text)
	if d := w.documentOf(head, location); d != nil && mt != "text/html" {
		d.read(m)
	} else {
		t := newTree(w, location, mt == "text/html")
		if !t.html {
			t.records = &records{}
		}
		t.read(m)
	}
	w.note(m.failure())
}

// tree reads markup of any vocabulary: tables as rows, every leaf of XML with
// the name of its element before it, attributes as name=value.
type tree struct {
	table
	location string
	html     bool
	inCell   bool
	column   int
	value    []byte // the number of the cell as it is, beside how it is shown
	cell     []byte
	line     []byte
	leaf     []byte   // name of the element just begun, nil after its text
	words    bool     // the line holds text
	records  *records // nil where each is given by itself
}

func newTree(w *walker, location string, html bool) *tree {
	return &tree{table: table{w: w}, location: location, html: html}
}

func (t *tree) read(m *markup) {
	t.w.sink.Begin(t.location)
	for {
		switch m.kind {
		case startToken:
			t.start(m)
		case textToken:
			t.text(m)
		case endToken:
			t.end(string(bytes.ToLower(m.name)))
		}
		m.text = nil
		if !m.next() {
			break
		}
	}
	t.endLine()
	t.endCell()
	t.release()
	t.flush()
}

func (t *tree) start(m *markup) {
	name := string(bytes.ToLower(m.name))
	switch name {
	case "tr", "row":
		t.endRow()
		t.number = t.index(m, t.number) + 1
	case "worksheet": // of SpreadsheetML 2003
		t.endRow()
		t.release()
		t.w.sink.Begin(join(t.location, string(appendEntities(nil, m.attr("Name")))))
		t.number = 0
	case "comment":
		t.endLine()
	case "td", "th", "cell":
		t.endLine()
		t.endCell()
		t.inCell = !m.empty
		t.column = t.index(m, t.column)
	case "table":
		t.endRow()
		t.number = 0
	case "script", "style":
		if t.html && !m.empty {
			m.raw = []byte(name)
		}
	}
	if name == "encryption-data" { // in the manifest of OpenDocument
		t.w.note(problem{Encrypted})
	}
	switch {
	case t.html && name == "dd" && t.words: // beside the term that it describes
		t.line = append(t.line, '\t')
	case t.html && block[name]:
		t.endLine()
	}
	t.leaf = append(t.leaf[:0], m.name...)
	t.attributes(m)
	if m.empty && !t.html && t.words {
		t.endLine()
	}
}

// index answers where SpreadsheetML 2003 says that a row or cell stands, 0-based,
// or next where it says nothing.
func (t *tree) index(m *markup, next int) int {
	if t.html || m.attr("Index") == nil {
		return next
	}
	return min(number(m.attr("Index"))-1, mostColumns*100)
}

// attributes gives what is in a start tag but for what only shapes a page.
func (t *tree) attributes(m *markup) {
	isRow := string(bytes.ToLower(m.name)) == "row"
	isInput := t.html && bytes.EqualFold(m.name, []byte("input")) && t.input(m)
	for rest := m.attrs; ; {
		key, value, after := cutAttr(rest)
		if key == nil {
			return
		}
		rest = after
		if t.html && exact[string(key)] && t.inCell {
			t.value = append(t.value[:0], plainNumber(value)...)
			continue
		}
		if t.html && shaping[string(bytes.ToLower(key))] || bytes.HasPrefix(key, []byte("xmlns")) {
			continue
		}
		if (t.inCell || isRow) && !t.html && layout[string(local(key))] || isInput && inputs[string(key)] {
			continue
		}
		at := len(t.line)
		if !t.html || string(key) != "value" { // which stands beside what is shown, or is
			t.line = append(append(t.line, local(key)...), '=')
		}
		t.records.field(at, max(at, len(t.line)-1), len(t.line))
		t.line = append(appendEntities(t.line, value), '\t')
		t.records.ends(len(t.line) - 1)
		t.words = true
		t.bound()
	}
}

// input gives what the field of a form is called and holds; false where it
// holds nothing.
func (t *tree) input(m *markup) bool {
	value := m.attr("value")
	if len(value) == 0 {
		return false
	}
	t.line = append(appendEntities(t.line, m.attr("name")), ": "...)
	t.line = append(appendEntities(t.line, value), '\t')
	t.words = true
	return true
}

// longestNumber is how many digits the longest number has that is looked for.
const longestNumber = 19

// part puts a space between numbers, or a number and a name, that elements
// within a line set apart: pages show them in columns. One number in several
// elements stays one.
func (t *tree) part(next []byte) {
	const most, least = 2 * longestNumber, 7
	before := digitsAt(t.line, len(t.line)-1, -1, most)
	after := digitsAt(next, 0, 1, most)
	r, _ := utf8.DecodeLastRune(t.line)
	n, _ := utf8.DecodeRune(next)
	switch {
	case before >= least && after >= least && before+after > longestNumber,
		before >= least && unicode.Is(unicode.Han, n),
		after >= least && unicode.Is(unicode.Han, r):
		t.line = append(t.line, ' ')
	}
}

// digitsAt counts the digits from a place on in a direction.
func digitsAt(p []byte, at, step, most int) int {
	n := 0
	for ; n < most && at >= 0 && at < len(p) && p[at] >= '0' && p[at] <= '9'; at += step {
		n++
	}
	return n
}

func (t *tree) text(m *markup) {
	if len(bytes.TrimSpace(m.text)) == 0 {
		if t.html && len(m.text) > 0 {
			t.line = append(t.line, ' ')
		}
		return
	}
	at := len(t.line)
	if !t.html && len(t.leaf) > 0 && !t.inCell {
		t.line = append(append(t.line, t.leaf...), ": "...)
		t.records.field(at, len(t.line)-2, len(t.line))
	} else if at == 0 {
		t.records.field(0, 0, 0)
	}
	t.leaf = t.leaf[:0]
	if t.html {
		t.part(m.text)
	}
	t.line = m.content(t.line)
	t.records.ends(len(t.line))
	t.words = true
	t.bound()
}

func (t *tree) end(name string) {
	switch {
	case name == "td" || name == "th" || name == "cell":
		t.endLine()
		t.endCell()
	case name == "tr" || name == "row" || name == "table":
		t.endRow()
	case t.html && block[name] && name != "dt":
		t.endLine()
	case !t.html && len(t.leaf) > 0: // an empty leaf
	case !t.html && t.words && len(t.line) > 0 && t.line[len(t.line)-1] != '\t':
		t.line = append(t.line, '\t') // a leaf ends
		return
	case !t.html:
		t.endLine()
	}
	t.leaf = t.leaf[:0]
}

func (t *tree) bound() {
	if len(t.line) > widest {
		t.endLine()
	}
}

// endLine ends a line: in a cell it joins the cell, else it is given.
func (t *tree) endLine() {
	if t.words {
		if t.inCell && len(t.cell) < widest {
			t.cell = append(append(t.cell, t.line...), ' ')
		} else if out := t.records.take(t.line); len(out) > 0 {
			t.w.sink.Write(out)
		}
	}
	t.records.begin()
	t.line, t.words = t.line[:0], false
}

// release gives the record that was held back.
func (t *tree) release() {
	if out := t.records.release(); len(out) > 0 {
		t.w.sink.Write(out)
	}
}

func (t *tree) endCell() {
	if t.inCell {
		text := t.cell
		if len(t.value) > 0 {
			text = t.value
		}
		t.add(t.column, text)
		t.column++
	}
	t.cell, t.value, t.inCell = t.cell[:0], t.value[:0], false
}

func (t *tree) endRow() {
	t.endLine()
	t.endCell()
	if len(t.cells) > 0 {
		t.release()
	}
	t.flush()
	t.column = 0
}

// block are HTML elements that begin a new line.
var block = set("p", "div", "br", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre",
	"table", "tbody", "thead", "caption", "section", "article", "header", "footer", "nav", "aside", "main", "form",
	"option", "select", "title", "body", "head", "script", "style", "address", "blockquote", "figure", "figcaption", "textarea")

// shaping are HTML attributes that only shape a page.
var shaping = set("class", "style", "id", "width", "height", "colspan", "rowspan", "align", "valign", "border", "cellpadding",
	"cellspacing", "bgcolor", "color", "face", "size", "lang", "dir", "rel", "type", "charset", "sdnum", "viewbox", "d", "points", "transform",
	"fill", "stroke", "x", "y", "cx", "cy", "r", "integrity", "nonce", "srcset", "data-t")

// inputs are attributes of the field of a form that are given together.
var inputs = set("name", "value")

// exact are attributes by which Excel, LibreOffice and SheetJS write a value
// beside how it is shown.
var exact = set("x:num", "sdval", "data-v")

// layout are attributes of a cell that say nothing of its content.
var layout = set("Type", "StyleID", "Index", "MergeAcross", "MergeDown", "style-name", "number-columns-spanned")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}
