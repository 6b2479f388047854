package detect

import "bytes"

// A cell of delimited text may hold line ends between its quotes; the row goes
// on behind them. It is taken together within bounds, and only where it has as
// many cells as the table: one quote astray must not swallow the rows behind it.
const (
	joinedLines = 16      // in a row
	joinedBytes = 4 << 10 // of a row
	mostStrays  = 8       // quotes without an end in a table, after which none is looked for
)

// rowEnd answers where the row of the table at hand ends that begins at pos,
// whose first line ends at end. It answers false where that depends on text
// still to come.
func (s *Scanner) rowEnd(end int, final bool) (int, bool) {
	t := &s.table
	if !t.on || !t.byOneSign() || t.strays >= mostStrays || bytes.IndexByte(s.buffer[s.pos:end], '"') < 0 {
		return end, true
	}
	most := min(s.pos+joinedBytes, s.end)
	length, cells := quotedRow(s.buffer[s.pos:most], t.delimiter)
	switch {
	case s.pos+length == end || length == 0:
		return end, true
	case (length < 0 || s.pos+length == s.end && s.buffer[s.end-1] != '\n') && !final && s.end < s.pos+joinedBytes:
		return end, false
	case length < 0 || cells != t.width || bytes.Count(s.buffer[s.pos:s.pos+length], []byte{'\n'}) > joinedLines:
		t.strays++
		return end, true
	}
	return s.pos + length, true
}

// quotedRow answers the length of the row that text starts with, its line end
// included, and its cells. It answers 0 where a quote is none around a cell,
// and -1 where one has no end.
func quotedRow(text []byte, delimiter byte) (length, cells int) {
	for i := 0; ; i++ {
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if i < len(text) && text[i] == '"' {
			if i = quoted(text, i); i == len(text) {
				return -1, cells
			}
			for i++; i < len(text) && (text[i] == ' ' || text[i] == '\r'); i++ {
			}
			if i < len(text) && text[i] != delimiter && text[i] != '\n' {
				return 0, cells
			}
		} else {
			for i < len(text) && text[i] != delimiter && text[i] != '\n' {
				i++
			}
		}
		cells++
		if i >= len(text) {
			return len(text), cells
		}
		if text[i] == '\n' {
			return i + 1, cells
		}
	}
}

// joinedRow looks at a row of several lines, as if spaces were the line ends.
func (s *Scanner) joinedRow(end int) {
	s.rowText = append(s.rowText[:0], s.buffer[s.pos:end]...)
	for i, c := range s.rowText {
		if c == '\n' || c == '\r' {
			s.rowText[i] = ' '
		}
	}
	s.lineOf(s.pos, bytes.TrimRight(s.rowText, " "), bytes.Count(trimEnd(s.buffer[s.pos:end]), []byte{'\n'}), false)
}
