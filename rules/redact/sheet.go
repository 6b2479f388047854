package redact

import (
	"slices"
	"strconv"
	"strings"
)

// sheet rewrites one worksheet (ECMA-376 part 1, 18.3), row by row.
type sheet struct {
	*part
	strings  *sharedStrings
	headings map[string]bool // of tables, which must stay what the cells under them say
	row      []pendingCell
	cells    []sheetCell // what special of a cell points to
	formulas []formula
	frozen   map[string]bool // shared formulas that went with their first cell

	column   int
	inCell   bool
	current  sheetCell
	value    passage
	element  string // open, whose text counts
	rule     bool   // a formula outside of a cell is open
	phonetic int
}

// sheetCell is a cell whose bytes are written anew when something in it is
// masked.
type sheetCell struct {
	from, to   int
	prefix     string
	ref, style string
	kind       string
	shared     int    // number of its string, -1 for none
	formula    int    // index into formulas, -1 for none
	raw        string // the text of v as it stands
}

// formula is that of a cell.
type formula struct {
	from, to int
	group    string // of a shared formula
	master   bool   // others of the group depend on it
	text     passage
}

func (p *part) sheet(s *sharedStrings, headings map[string]bool) error {
	sh := &sheet{part: p, strings: s, headings: headings, frozen: map[string]bool{}}
	p.special = sh.maskCells
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
			sh.start()
		case endToken:
			err = sh.end()
		case textToken, plainToken:
			sh.text()
		}
		if err == nil {
			err = p.tooLong()
		}
		if err != nil {
			return err
		}
	}
	sh.endRow()
	return p.flush()
}

func (s *sheet) start() {
	s.element, s.rule = "", false
	switch name := string(s.name); name {
	case "row":
		s.endRow()
		s.column = 0
	case "c":
		s.startCell()
	case "f":
		if s.inCell {
			s.formulas = append(s.formulas, formula{from: s.at, to: s.at + len(s.raw), group: s.attr("si")})
			s.current.formula = len(s.formulas) - 1
			s.formulas[s.current.formula].master = s.attr("ref") != ""
			s.element = name
		}
	case "v", "t":
		s.element = name
	case "rPh":
		if !s.empty {
			s.phonetic++
		}
	case "formula", "formula1", "formula2":
		s.rule = true
	default:
		s.attributesShown()
	}
}

func (s *sheet) startCell() {
	s.current = sheetCell{from: s.at, prefix: s.prefix(), shared: -1, formula: -1}
	s.list = s.attributes(s.list[:0])
	for _, a := range s.list {
		switch value := s.raw[a.from:a.to]; string(a.local) {
		case "r":
			s.current.ref = unescape(value)
		case "s":
			s.current.style = unescape(value)
		case "t":
			s.current.kind = unescape(value)
		}
	}
	ref := s.current.ref
	if letters := strings.TrimRight(ref, "0123456789"); letters != "" && len(letters) <= 3 {
		s.column = columnIndex(strings.ToUpper(letters))
	}
	s.inCell = !s.empty
	s.value.text, s.value.links = s.value.text[:0], s.value.links[:0]
	if s.empty {
		s.column++
	}
}

// attributesShown takes what people read in attributes: tips and addresses of
// links, titles and texts of input checks.
func (s *sheet) attributesShown() {
	var shown map[string]bool
	if n := string(s.name); n == "hyperlink" || n == "dataValidation" {
		shown = map[string]bool{}
		s.list = s.attributes(s.list[:0])
		for _, a := range s.list {
			if slices.Contains([]string{"display", "tooltip", "location", "prompt", "promptTitle", "error", "errorTitle"}, string(a.local)) && a.to > a.from {
				shown[string(a.local)] = true
				var extra passage
				s.takeAttribute(&extra, a)
				s.frame.extra(&extra)
			}
		}
	}
	s.quietAttributes(func(local string) bool { return shown[local] })
}

func (s *sheet) text() {
	switch {
	case s.phonetic > 0:
	case s.inCell && (s.element == "v" || s.element == "t"):
		s.take(&s.value, elementText)
	case s.inCell && s.element == "f":
		s.take(&s.formulas[s.current.formula].text, elementText)
	case !s.inCell && s.isText():
		as := elementText
		if s.rule && strings.IndexByte(s.content(), '"') < 0 {
			as = fixedText
		}
		var extra passage
		s.take(&extra, as)
		s.frame.extra(&extra)
	}
}

func (s *sheet) end() error {
	switch string(s.name) {
	case "c":
		s.endCell()
	case "f":
		if s.inCell && s.current.formula >= 0 {
			s.formulas[s.current.formula].to = s.at + len(s.raw)
		}
	case "rPh":
		s.phonetic = max(0, s.phonetic-1)
	case "row":
		s.endRow()
		s.element = ""
		return s.flushIfLarge()
	}
	s.element, s.rule = "", false
	return nil
}

func (s *sheet) flushIfLarge() error {
	before := len(s.frame.raw)
	if err := s.breathe(); err != nil {
		return err
	}
	if len(s.frame.raw) < before {
		s.cells, s.formulas = s.cells[:0], s.formulas[:0]
	}
	return nil
}

func (s *sheet) endCell() {
	if !s.inCell {
		return
	}
	c := &s.current
	c.to = s.at + len(s.raw)
	c.raw = string(s.value.text)
	var value passage
	special := -1
	switch {
	case c.kind == "s":
		text, i := s.strings.get(c.raw)
		c.shared = i
		value.text = append(value.text, text...)
	case c.kind == "" || c.kind == "n":
		value.text = append(value.text, plainNumber(c.raw)...)
	default:
		value.join(&s.value)
	}
	if c.kind != "inlineStr" || c.formula >= 0 {
		value.links = nil
		s.cells = append(s.cells, *c)
		special = len(s.cells) - 1
	}
	s.row = append(s.row, pendingCell{s.column, special, value})
	if c.formula >= 0 {
		s.takeFormula(&s.formulas[c.formula])
	}
	s.inCell = false
	s.column++
}

// takeFormula lets what stands in a formula be looked at.
func (s *sheet) takeFormula(f *formula) {
	if strings.IndexByte(string(f.text.text), '"') < 0 {
		f.text = passage{}
		return
	}
	for i := range f.text.links {
		f.text.links[i].form = fixedText
	}
	// The cell is found again by where its formula stands.
	s.frame.extra(&f.text)
}

func (s *sheet) endRow() {
	s.frame.pendingRow(s.row)
	s.row = s.row[:0]
}

// maskCells masks the cells that have to be written anew, and gives the other
// spans back.
func (s *sheet) maskCells(spans []span) ([]span, error) {
	rest := spans[:0:0]
	cells := map[int][]span{} // by index into s.cells
	var order []int
	add := func(k int, sp span) {
		if len(cells[k]) == 0 {
			order = append(order, k)
		}
		cells[k] = append(cells[k], sp)
	}
	for _, sp := range spans {
		if sp.cell >= 0 {
			if c := s.frame.cells[sp.cell]; s.headings[string(s.frame.text[c.start:c.end])] {
				return nil, refuse(SheetName, "")
			}
		}
		if sp.cell >= 0 && s.frame.cells[sp.cell].special >= 0 {
			add(s.frame.cells[sp.cell].special, sp)
		} else if k := s.cellOfFormula(sp); k >= 0 {
			add(k, span{cell: -1})
		} else {
			rest = append(rest, sp)
		}
	}
	for _, k := range order {
		if err := s.maskCell(&s.cells[k], cells[k]); err != nil {
			return nil, err
		}
	}
	s.dropFormulas()
	return rest, nil
}

// cellOfFormula answers the cell in whose formula a span stands, -1 if none.
func (s *sheet) cellOfFormula(sp span) int {
	i, _ := slices.BinarySearchFunc(s.frame.links, sp.start+1, func(l link, at int) int { return l.end - at })
	if i >= len(s.frame.links) || s.frame.links[i].form != fixedText || s.frame.links[i].start >= sp.end {
		return -1
	}
	from := s.frame.links[i].from
	k, found := slices.BinarySearchFunc(s.cells, from, func(c sheetCell, at int) int {
		if c.to <= at {
			return -1
		}
		if c.from > at {
			return 1
		}
		return 0
	})
	if !found || s.cells[k].formula < 0 {
		return -1
	}
	return k
}

// maskCell masks one cell. A formula goes: it would compute again what was
// masked.
func (s *sheet) maskCell(c *sheetCell, spans []span) error {
	if c.formula >= 0 {
		if f := s.formulas[c.formula]; f.group != "" && f.master {
			s.frozen[f.group] = true
		}
	}
	spans = slices.DeleteFunc(spans, func(sp span) bool { return sp.cell < 0 })
	if len(spans) == 0 { // only the formula
		f := s.formulas[c.formula]
		s.frame.cuts = append(s.frame.cuts, cut{from: f.from, to: f.to})
		return nil
	}
	whole := s.frame.cells[spans[0].cell]
	if c.shared >= 0 && c.formula < 0 {
		for _, sp := range spans {
			s.strings.marks = append(s.strings.marks, stringMark{uint32(c.shared), uint32(sp.start - whole.start), uint32(sp.end - whole.start), s.job.classNumber(sp.class)})
		}
		return nil
	}
	var b strings.Builder
	done := whole.start
	for _, sp := range spans {
		b.Write(s.frame.text[done:sp.start])
		b.WriteString(s.frame.masked(sp, s.job.hard))
		done = sp.end
	}
	b.Write(s.frame.text[done:whole.end])
	s.frame.cuts = append(s.frame.cuts, cut{c.from, c.to, c.asText(b.String())})
	return nil
}

// asText writes the cell as one that holds text.
func (c *sheetCell) asText(text string) string {
	var b strings.Builder
	b.WriteString("<" + c.prefix + "c")
	if c.ref != "" {
		b.WriteString(` r="` + escape(c.ref, attributeText) + `"`)
	}
	if c.style != "" {
		b.WriteString(` s="` + escape(c.style, attributeText) + `"`)
	}
	b.WriteString(` t="inlineStr"><` + c.prefix + `is><` + c.prefix + `t xml:space="preserve">` + escape(text, elementText) +
		"</" + c.prefix + "t></" + c.prefix + "is></" + c.prefix + "c>")
	return b.String()
}

// dropFormulas takes the formulas out that depend on one that went.
func (s *sheet) dropFormulas() {
	for _, f := range s.formulas {
		if f.group != "" && !f.master && s.frozen[f.group] {
			s.frame.cuts = append(s.frame.cuts, cut{from: f.from, to: f.to})
		}
	}
}

// plainNumber writes a number as a person typed it, as the extractor does:
// 1.3812345678E10 is 13812345678.
func plainNumber(value string) string {
	value = strings.TrimSpace(value)
	mantissa, exponent := value, 0
	e := strings.IndexAny(value, "eE")
	if e >= 0 {
		x, err := strconv.Atoi(value[e+1:])
		if err != nil || x < -40 || x > 40 {
			return value
		}
		mantissa, exponent = value[:e], x
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if e < 0 {
		if strings.Trim(fraction, "0") == "" {
			return whole
		}
		return value
	}
	if exponent < 0 || len(strings.TrimRight(fraction, "0")) > exponent {
		return value
	}
	fraction = fraction[:min(len(fraction), exponent)]
	return whole + fraction + strings.Repeat("0", exponent-len(fraction))
}
