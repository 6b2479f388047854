package detect

// unboxLine puts the boxes of a number in a line of delimited text together, as
// Unboxed does those of a sheet. The delimiters between them go behind it, so
// that the row keeps its columns.
func (s *Scanner) unboxLine(l *line) {
	if l.traits.digits < leastBoxes-1 || !l.traits.has(partTrait) || l.cut {
		return
	}
	delimiter := boxDelimiter(l.text)
	if delimiter == 0 {
		return
	}
	s.cells = split(l.text, delimiter, s.cells[:0])
	s.boxRow, s.boxAt = s.boxRow[:0], s.boxAt[:0]
	for i, c := range s.cells {
		if c.end > c.start {
			s.boxRow, s.boxAt = append(s.boxRow, Cell{c.column, l.text[c.start:c.end]}), append(s.boxAt, i)
		}
	}
	done := 0
	text, came := s.unwrapped[:0], s.cameFrom[:0]
	add := func(from, to int) { // each byte comes from behind where it goes
		for i := from; i < to; i++ {
			text, came = append(text, l.text[i]), append(came, int32(l.raw(i)-l.offset))
		}
	}
	for i := 0; i < len(s.boxRow); {
		n := boxesFrom(s.boxRow[i:])
		if !s.numberInBoxes(s.boxRow, i, n) {
			i += max(1, n)
			continue
		}
		first, last := s.cells[s.boxAt[i]], s.cells[s.boxAt[i+n-1]]
		add(done, first.start)
		for k := i; k < i+n; k++ {
			from := s.cells[s.boxAt[k]].start
			text, came = append(text, inBox(s.boxRow[k].Text)), append(came, int32(l.raw(from)-l.offset))
		}
		for range last.column - first.column {
			text, came = append(text, delimiter), append(came, int32(l.raw(last.end)-l.offset))
		}
		done = last.end
		i += n
	}
	if done == 0 {
		return
	}
	add(done, len(l.text))
	came = append(came, int32(l.raw(len(l.text))-l.offset))
	s.unwrapped, s.cameFrom = text, came
	l.text, l.at = text, came
	s.warm = max(s.warm, contextLines)
}

// boxDelimiter answers what parts at least as many single characters as a
// number has, 0 where nothing does. So many take boxStep bytes and some more:
// it is enough to look there first.
func boxDelimiter(text []byte) byte {
	for at := boxStep; at < len(text); at += boxStep {
		delimiter := boxesAt(text, at)
		if delimiter == 0 {
			continue
		}
		start := at
		for start > at-boxStep && (text[start-1] == delimiter || isBox(text[start-1])) {
			start--
		}
		if n := boxesIn(text[start:min(len(text), at+boxReach)], delimiter); n >= leastBoxes {
			return delimiter
		}
	}
	return 0
}

const (
	boxStep  = 16                           // eleven boxes take 21 bytes
	boxReach = leastBoxes * (1 + widestBox) // or as many
)

// boxesAt answers the delimiter of the boxes that stand at i, 0 if none do.
func boxesAt(text []byte, i int) (delimiter byte) {
	for k := i; k < min(len(text), i+4); k++ {
		switch c := text[k]; {
		case c == '\t' || c == ',' || c == ';' || c == '|':
			if delimiter != 0 && delimiter != c {
				return 0
			}
			delimiter = c
		case !isBox(c) || k > i && isBox(text[k-1]):
			return 0
		}
	}
	return delimiter
}

func isBox(c byte) bool { return isBoxed(c) || c == 'x' }

// boxesIn counts the boxes that text begins with.
func boxesIn(text []byte, delimiter byte) (n int) {
	gap := widestBox
	for i, c := range text {
		switch {
		case c == delimiter:
			if gap++; gap > widestBox {
				gap = widestBox
				if n >= leastBoxes {
					return n
				}
				n = 0
			}
		case !isBox(c):
			return n
		case gap == 0: // two characters in a cell
			if n >= leastBoxes {
				return n
			}
			n = 0
		default:
			if gap, n = 0, n+1; i+1 < len(text) && isBox(text[i+1]) {
				n-- // a longer cell
			}
		}
	}
	return n
}
