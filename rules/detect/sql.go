package detect

import "bytes"

// Databases are dumped as statements: COPY t (name, phone) FROM stdin, with rows
// parted by tabs below, and INSERT INTO t (name, phone) VALUES (…), (…), with
// rows in the same line or below. The names of the columns are headings.

const longestStatement = 2 << 10 // up to the end of the names

// columnsOf answers where the names of the columns stand in a statement.
func columnsOf(text []byte, verb string) (start, end int) {
	if len(text) < len(verb) || text[0]|0x20 != verb[0]|0x20 || !bytes.EqualFold(text[:len(verb)], []byte(verb)) {
		return 0, 0
	}
	text = text[:min(len(text), longestStatement)]
	open := bytes.IndexByte(text, '(')
	if open < 0 {
		return 0, 0
	}
	shut := bytes.IndexByte(text[open:], ')')
	if shut < 0 {
		return 0, 0
	}
	return open + 1, open + shut
}

// copied begins a table at a COPY statement.
func (s *Scanner) copied(l *line) bool {
	start, end := columnsOf(l.text, "COPY ")
	if end == 0 || !bytes.Contains(bytes.ToLower(l.text[end:min(len(l.text), end+16)]), []byte(" from ")) || !s.columnHeadings(l.text, start, end) {
		return false
	}
	s.table.delimiter, s.table.width = '\t', len(s.cells)
	return true
}

// columnHeadings takes names of columns as headings.
func (s *Scanner) columnHeadings(text []byte, start, end int) bool {
	s.cells = split(text[start:end], ',', s.cells[:0])
	for i := range s.cells {
		c := &s.cells[i]
		c.start, c.end = c.start+start, c.end+start
		for c.start < c.end && bytes.IndexByte([]byte("`[\""), text[c.start]) >= 0 {
			c.start++
		}
		for c.start < c.end && bytes.IndexByte([]byte("`]\""), text[c.end-1]) >= 0 {
			c.end--
		}
	}
	return s.headings(text, s.cells, ',')
}

// inserted begins a table at an INSERT statement, and looks at the rows behind
// it in the same line.
func (s *Scanner) inserted(l *line) bool {
	start, end := columnsOf(l.text, "INSERT ")
	if end == 0 {
		return false
	}
	rest := l.text[end+1:]
	values := bytes.Index(bytes.ToUpper(rest[:min(len(rest), 16)]), []byte("VALUES"))
	if values < 0 || !s.columnHeadings(l.text, start, end) {
		return false
	}
	s.table.delimiter, s.table.width = tupleDelimiter, len(s.cells)
	s.tuples(l, end+1+values+len("VALUES"))
	return true
}

// tupleDelimiter stands for the commas between the values of a row in brackets.
const tupleDelimiter = '('

// tupleLine looks at a line below an INSERT statement.
func (s *Scanner) tupleLine(l *line) bool {
	t := &s.table
	text := bytes.TrimLeft(l.text, " \t")
	if len(text) > 0 && text[0] == '(' && s.tuples(l, 0) > 0 {
		t.misses = 0
		return true
	}
	if t.misses++; t.misses >= tableMisses {
		t.clear()
	}
	return false
}

// tuples looks at the rows in brackets from i on. It answers how many had the
// width of the table.
func (s *Scanner) tuples(l *line, i int) (n int) {
	for i < len(l.text) {
		open := bytes.IndexByte(l.text[i:], '(')
		if open < 0 {
			break
		}
		cells, end := tuple(l.text, i+open, s.cells[:0])
		if s.cells = cells; len(cells) == s.table.width {
			n++
			part := *l
			part.cells, part.record = cells, true
			s.row(&part)
		}
		i = max(end, i+open+1)
	}
	return n
}

// tuple cuts a row in brackets into its values, without the quotes around them,
// and answers where it ends.
func tuple(text []byte, open int, cells []cell) ([]cell, int) {
	i := open + 1
	for len(cells) < maxColumns {
		for i < len(text) && text[i] == ' ' {
			i++
		}
		start, end := i, i
		if i < len(text) && (text[i] == '\'' || (text[i] == 'N' || text[i] == 'E') && i+1 < len(text) && text[i+1] == '\'') {
			start = i + 1 + bytes.IndexByte(text[i:], '\'')
			end = closing(text, start)
			i = min(len(text), end+1)
		} else {
			for i < len(text) && text[i] != ',' && text[i] != ')' {
				i++
			}
			end = i
		}
		start, end = trim(text, start, end)
		cells = append(cells, cell{start, end, len(cells)})
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if i >= len(text) || text[i] != ',' {
			return cells, min(len(text), i+1)
		}
		i++
	}
	return cells, i
}

// closing answers where the quoted text ends that begins at i.
func closing(text []byte, i int) int {
	for ; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case text[i] == '\'':
			return i
		}
	}
	return len(text)
}
