package detect

import "bytes"

// Programs print JSON with a value in each line. A row of a table, which is an
// array in an array there, or an object whose keys say nothing, is taken
// together, so that its values stand side by side, under the headings of an
// array of words before it:
//
//	{"columns": ["姓名", "电话"], "rows": [["张三", 13812345678], …]}
//
// Other objects are not: their keys are labels.

// arrayForm is what a line may begin.
type arrayForm uint8

const (
	noArray  arrayForm = iota
	rowArray           // [
	headings           // "columns": [
	namelessObject
)

const (
	arrayLines = maxColumns + 2
	arrayIdle  = 16 // lines that are no row, after which the table ends
)

// arrayEnd answers where the row of JSON ends whose first line, from pos to end,
// begins it; end where none does. It answers false where that depends on text
// still to come.
func (s *Scanner) arrayEnd(end int, final bool) (int, bool) {
	if s.buffer[s.pos] > ' ' { // the outermost is no row
		return end, true
	}
	form := s.arrayForm(s.buffer[s.pos:end])
	if form == noArray {
		return end, true
	}
	most := min(s.pos+joinedBytes, s.end)
	for at, values, lines := end, 0, 1; lines < arrayLines; lines++ {
		i := bytes.IndexByte(s.buffer[at:most], '\n')
		switch {
		case i < 0 && !final && s.end < s.pos+joinedBytes:
			return end, false
		case i < 0 && (!final || most < s.end || at == most):
			return end, true
		case i < 0:
			i = most - at
		}
		line := bytes.TrimSpace(s.buffer[at : at+i])
		at = min(at+i+1, most)
		if form.closes(line) {
			if values < 2 {
				return end, true
			}
			return at, true
		}
		if _, ok := form.value(line); !ok {
			return end, true
		}
		values++
	}
	return end, true
}

// arrayForm tells what a line begins.
func (s *Scanner) arrayForm(text []byte) arrayForm {
	line := bytes.TrimSpace(text)
	if len(line) == 0 {
		return noArray
	}
	switch last := line[len(line)-1]; {
	case last == '{' && len(line) == 1:
		return namelessObject
	case last != '[':
		return noArray
	case len(line) == 1:
		return rowArray
	}
	key, at := jsonKey(line)
	if at != len(line)-1 {
		return noArray
	}
	if _, ok := s.pack.labels.heading(key); ok { // of a column
		return noArray
	}
	return headings
}

// closes tells whether a line ends what form begins.
func (f arrayForm) closes(line []byte) bool {
	bracket := byte(']')
	if f == namelessObject {
		bracket = '}'
	}
	return len(line) > 0 && line[0] == bracket && len(line) <= 2
}

// value answers where in a line the value begins that belongs to the row; false
// for any other line.
func (f arrayForm) value(line []byte) (start int, ok bool) {
	if f == namelessObject {
		key, at := jsonKey(line)
		if at < 0 || !saysNothing(key) {
			return 0, false
		}
		start = at
	}
	value := bytes.TrimSuffix(line[start:], []byte{','})
	return start, jsonScalar(value) && (f != headings || value[0] == '"' && digitsIn(value) == 0)
}

// jsonKey answers the key that a line begins with and where its value stands,
// -1 where there is none.
func jsonKey(line []byte) (key []byte, at int) {
	if len(line) < 4 || line[0] != '"' {
		return nil, -1
	}
	end := quoted(line, 0)
	for at = end + 1; at < len(line) && line[at] == ' '; at++ {
	}
	if at >= len(line) || line[at] != ':' {
		return nil, -1
	}
	for at++; at < len(line) && line[at] == ' '; at++ {
	}
	return line[1:end], at
}

// saysNothing tells whether a key is a letter or two, a few with a number, or a
// number.
func saysNothing(key []byte) bool {
	i := 0
	for i < len(key) && (key[i]|0x20 >= 'a' && key[i]|0x20 <= 'z' || key[i] == '_') {
		i++
	}
	digits := len(key) - i
	return digitsIn(key[i:]) == digits && digits <= 3 && (digits > 0 && i <= 6 || digits == 0 && i == 1)
}

// jsonScalar tells whether text is a value that is no array and no object.
func jsonScalar(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	if text[0] == '"' {
		return len(text) > 1 && text[len(text)-1] == '"'
	}
	for _, c := range text {
		if !isDigit(c) && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return string(text) == "null" || string(text) == "true" || string(text) == "false"
		}
	}
	return true
}

// arrayRow looks at a row of JSON as at a line of its values.
func (s *Scanner) arrayRow(end int) {
	raw := s.buffer[s.pos:end]
	lines := bytes.Count(trimEnd(raw), []byte{'\n'})
	form := s.arrayForm(raw[:bytes.IndexByte(raw, '\n')])
	s.rowText = append(s.rowText[:0], raw...)
	for n, rest := 0, s.rowText; len(rest) > 0; n++ {
		line, after, _ := bytes.Cut(rest, []byte{'\n'})
		start := len(line)
		if trimmed := bytes.TrimSpace(line); n > 0 && n < lines {
			at, _ := form.value(trimmed)
			start = bytes.Index(line, trimmed) + at
		}
		blank(line[:start])
		blank(rest[len(line) : len(rest)-len(after)])
		rest = after
	}
	s.arrayed = true
	s.lineOf(s.pos, bytes.TrimRight(s.rowText, " "), lines, false)
	s.arrayed = false
	if len(s.found) > 0 { // and the next row is looked at whole
		s.warm = contextLines
	}
}

func blank(text []byte) {
	for i := range text {
		text[i] = ' '
	}
}

// outsideArray takes a line below headings of JSON that is no row: numbers of
// rows, brackets, or something else, which ends the table.
func (t *table) outsideArray(l *line) {
	if jsonScalar(bytes.TrimSuffix(bytes.TrimSpace(l.text), []byte{','})) {
		return
	}
	if t.idle++; t.idle >= arrayIdle {
		t.clear()
	}
}
