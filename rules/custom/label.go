package custom

import (
	"bytes"
	"unicode/utf8"
)

// labelReach is how many bytes may stand between a label and its value.
const labelReach = 32

// noteMost is how long a note in brackets behind a label may be, in bytes.
const noteMost = 16

// columns says in which columns of a table a detector's labels stand as
// headings, and what parts the columns; zero is none.
type columns struct {
	bits  uint64
	delim byte // 0 in a spreadsheet
}

// delimiters part the columns of a line.
const delimiters = ",\t;|"

// noteColumn takes a label in the first lines for the heading of its column.
func (m *Matcher) noteColumn(p *piece, line span, h hit) {
	d := int(h.ref.detector)
	if !m.set.detectors[d].labelled {
		return
	}
	c := &m.headed[d]
	if m.cells == nil && c.delim == 0 {
		if bytes.Contains(p.text[line.start:line.end], []byte("。")) {
			return // sentences
		}
		most := 0
		for _, delim := range []byte(delimiters) {
			if n := bytes.Count(p.text[line.start:line.end], []byte{delim}); n > most {
				c.delim, most = delim, n
			}
		}
		if most == 0 {
			return
		}
	}
	if n := m.column(p, line, h.start, c.delim); n >= 0 && n < 64 {
		c.bits |= 1 << n
	}
}

// column answers the 0-based column in which index i of a line stands; -1 for
// none.
func (m *Matcher) column(p *piece, line span, i int, delim byte) int {
	for n, c := range m.cells {
		if i >= p.narrowIndex(c.start) && i < p.narrowIndex(c.end) {
			return m.columns[n]
		}
	}
	if m.cells != nil {
		return -1
	}
	if bytes.IndexByte(p.text[line.start:line.end], delim) < 0 {
		return -1
	}
	n, quoted := 0, false
	for _, c := range p.text[line.start:i] {
		if c == '"' {
			quoted = !quoted
		} else if c == delim && !quoted {
			n++
		}
	}
	return n
}

// labelOf answers the label that stands right before a finding, or that heads
// its column.
func (m *Matcher) labelOf(p *piece, line, at span, detector int) (label span, distance int) {
	for _, h := range m.near {
		gap := at.start - h.end
		if int(h.ref.detector) == detector && gap >= 0 && gap <= labelReach && onlyLeads(p.text[h.end:at.start]) {
			return span{h.start, h.end}, gap
		}
	}
	if c := m.headed[detector]; c.bits != 0 {
		if n := m.column(p, line, at.start, c.delim); n >= 0 && n < 64 && c.bits&(1<<n) != 0 {
			return span{}, 0
		}
	}
	return span{}, -1
}

// onlyLeads tells whether nothing stands in a gap but what leads from a label
// to its value: signs, and words like "number is".
func onlyLeads(gap []byte) bool {
	for len(gap) > 0 {
		r, n := utf8.DecodeRune(gap)
		switch {
		case r < 0x80 && !alnum(byte(r)) && r != ';' && r != '|' && r != '(', r == '号', r == '码', r == '是', r == '为', r == '：', r == '）', r == '「', r == '【', r == '】', r == '“', r == '—', r == '→', r == '號', r == '碼', r == '為':
			gap = gap[n:]
			continue
		}
		if r == '(' || r == '（' { // (required)
			if end := bytes.IndexAny(gap, ")）"); end > 0 && end <= noteMost {
				_, last := utf8.DecodeRune(gap[end:])
				gap = gap[end+last:]
				continue
			}
		}
		word := false
		for _, lead := range leads {
			if bytes.HasPrefix(bytes.ToLower(gap[:min(len(gap), len(lead))]), []byte(lead)) && (len(gap) == len(lead) || !alnum(gap[len(lead)])) {
				gap, word = gap[len(lead):], true
				break
			}
		}
		if !word {
			return false
		}
	}
	return true
}

var leads = []string{"number", "no", "is", "id", "code", "value", "the", "td", "span", "th", "string", "text"}
