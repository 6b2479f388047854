package extract

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
)

// sharedStrings are the texts that cells of a workbook point to.
type sharedStrings struct {
	text []byte
	ends []uint32
	used []uint64 // bit set
}

// read reads the part; text beyond the memory allowed is given at once and
// cells that point to it stay empty.
func (s *sharedStrings) read(w *walker, m *markup) {
	skipped, full := 0, false
	var item []byte
	for m.next() {
		switch m.kind {
		case startToken:
			if string(m.name) == "rPh" && !m.empty {
				skipped++
			}
			if string(m.name) == "si" && m.empty {
				s.add(nil)
			}
		case textToken:
			if skipped == 0 && len(item) < longestTag {
				item = m.content(item)
			}
		case endToken:
			switch string(m.name) {
			case "rPh":
				skipped = max(0, skipped-1)
			case "si":
				if int64(len(s.text)+len(item)) > min(w.limits.Memory/2, 1<<31) {
					if !full {
						full = true
						w.note(problem{TooLarge})
						w.sink.Begin("")
					}
					w.sink.Write(append(item, '\n'))
				} else {
					s.add(bytes.TrimSpace(item))
				}
				item = item[:0]
			case "sst":
				return
			}
		}
	}
}

func (s *sharedStrings) add(item []byte) {
	s.text = append(s.text, item...)
	s.ends = append(s.ends, uint32(len(s.text)))
	if len(s.ends) > 64*len(s.used) {
		s.used = append(s.used, 0)
	}
}

// get answers the text a cell points to.
func (s *sharedStrings) get(index []byte) []byte {
	i, err := strconv.Atoi(string(bytes.TrimSpace(index)))
	if err != nil || i < 0 || i >= len(s.ends) {
		return nil
	}
	s.used[i/64] |= 1 << (i % 64)
	return s.at(i)
}

func (s *sharedStrings) at(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]]
}

// unused gives the texts no cell points to: left behind, or hidden.
func (s *sharedStrings) unused(w *walker, location string) {
	begun := false
	for i := range s.ends {
		if s.used[i/64]&(1<<(i%64)) != 0 || len(s.at(i)) == 0 {
			continue
		}
		if !begun {
			begun = true
			w.sink.Begin(join(location, "sharedStrings"))
		}
		w.sink.Write(s.at(i))
		w.sink.Write([]byte{'\n'})
	}
}

// table gathers the cells of a row.
type table struct {
	w      *walker
	number int // of the row, 1-based
	text   []byte
	cells  []Cell
	ends   []int
}

// widest bounds the text of a row held at once, in bytes.
const widest = 1 << 20

// add takes one cell; an empty one is nothing.
func (t *table) add(column int, text []byte) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return
	}
	if len(t.text)+len(text) > widest {
		t.flush()
	}
	t.text = append(t.text, text...)
	t.cells = append(t.cells, Cell{Column: column})
	t.ends = append(t.ends, len(t.text))
}

// flush gives the row.
func (t *table) flush() {
	if len(t.cells) == 0 {
		return
	}
	start := 0
	for i := range t.cells {
		t.cells[i].Text = t.text[start:t.ends[i]]
		start = t.ends[i]
	}
	if !slices.IsSortedFunc(t.cells, byColumn) {
		slices.SortStableFunc(t.cells, byColumn)
	}
	t.w.sink.Row(max(1, t.number), t.cells)
	t.text, t.cells, t.ends = t.text[:0], t.cells[:0], t.ends[:0]
}

func byColumn(a, b Cell) int { return cmp.Compare(a.Column, b.Column) }

// sheet reads one worksheet: ECMA-376 part 1, 18.3.
type sheet struct {
	table
	location string
	strings  *sharedStrings
	column   int
	kind     byte // of the cell: 's' shared, 'n' number, 'x' any other
	value    []byte
	formula  []byte
	extra    []byte // formulas, headers, footers and other text of the sheet
}

func newSheet(w *walker, location string, s *sharedStrings) *sheet {
	return &sheet{table: table{w: w}, location: location, strings: s}
}

func (s *sheet) read(m *markup) {
	s.w.sink.Begin(s.location)
	inCell, element := false, byte(0)
	for m.next() {
		switch m.kind {
		case startToken:
			element = 0
			switch string(m.name) {
			case "row":
				s.startRow(m)
			case "c":
				inCell = !m.empty
				s.startCell(m)
			case "f", "v", "t":
				element = m.name[0]
			case "rPh":
				element = 'p'
			default:
				s.attributes(m)
			}
		case textToken:
			s.take(m, inCell, element)
		case endToken:
			switch string(m.name) {
			case "c":
				s.endCell()
				inCell = false
			case "row":
				s.flush()
			case "worksheet":
				s.flush()
				s.leftover()
				return
			}
			element = 0
		}
	}
	s.endCell()
	s.flush()
	s.leftover()
}

// take puts a text where it belongs.
func (s *sheet) take(m *markup, inCell bool, element byte) {
	switch {
	case inCell && (element == 'v' || element == 't'):
		if len(s.value) < widest {
			s.value = m.content(s.value)
		}
	case inCell && element == 'f':
		if len(s.formula) < widest {
			s.formula = m.content(s.formula)
		}
	case !inCell && len(bytes.TrimSpace(m.text)) > 0 && element != 'p' && len(s.extra) < widest:
		s.extra = append(m.content(s.extra), '\n')
	}
}

func (s *sheet) startRow(m *markup) {
	s.flush()
	s.number++
	s.column = 0
	if r, err := strconv.Atoi(string(m.attr("r"))); err == nil && r > 0 {
		s.number = r
	}
}

func (s *sheet) startCell(m *markup) {
	if column, ok := columnOf(m.attr("r")); ok {
		s.column = column
	}
	s.value, s.formula = s.value[:0], s.formula[:0]
	switch t := m.attr("t"); string(t) {
	case "s":
		s.kind = 's'
	case "", "n":
		s.kind = 'n'
	default:
		s.kind = 'x'
	}
}

func (s *sheet) endCell() {
	value := s.value
	switch s.kind {
	case 's':
		value = s.strings.get(value)
	case 'n':
		value = plainNumber(value)
	}
	s.add(s.column, value)
	if bytes.IndexByte(s.formula, '"') >= 0 && len(s.extra) < widest {
		s.extra = append(append(s.extra, s.formula...), '\n')
	}
	s.value, s.formula = s.value[:0], s.formula[:0]
	s.column++
}

// attributes keeps what people read in attributes: tips and addresses of
// links, titles and texts of input checks.
func (s *sheet) attributes(m *markup) {
	switch string(m.name) {
	case "hyperlink", "dataValidation":
		for _, name := range []string{"display", "tooltip", "location", "prompt", "promptTitle", "error", "errorTitle"} {
			if v := m.attr(name); len(v) > 0 && len(s.extra) < widest {
				s.extra = append(appendEntities(s.extra, v), '\n')
			}
		}
	}
}

func (s *sheet) leftover() {
	if len(s.extra) > 0 {
		s.w.sink.Write(s.extra)
		s.extra = nil
	}
}

// columnOf reads the column of a reference such as "B7", 0-based.
func columnOf(ref []byte) (int, bool) {
	column := 0
	for i, c := range ref {
		c |= 0x20
		if c < 'a' || c > 'z' || i >= 3 {
			return column - 1, i > 0
		}
		column = column*26 + int(c-'a') + 1
	}
	return column - 1, len(ref) > 0
}

// plainNumber writes a number as a person typed it: 1.3812345678E10 is
// 13812345678, digits are never rounded.
func plainNumber(value []byte) []byte {
	value = bytes.TrimSpace(value)
	e := bytes.IndexAny(value, "eE")
	mantissa, exponent := value, 0
	if e >= 0 {
		x, err := strconv.Atoi(string(value[e+1:]))
		if err != nil || x < -40 || x > 40 {
			return value
		}
		mantissa, exponent = value[:e], x
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte{'.'})
	if e < 0 {
		if len(bytes.Trim(fraction, "0")) == 0 {
			return whole
		}
		return value
	}
	if exponent < 0 || len(bytes.TrimRight(fraction, "0")) > exponent {
		return value
	}
	out := append(bytes.Clone(whole), fraction[:min(len(fraction), exponent)]...)
	for range exponent - len(fraction) {
		out = append(out, '0')
	}
	return out
}
