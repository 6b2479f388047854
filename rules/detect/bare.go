package detect

// Counters, article numbers and sums have eleven digits too, and one in a
// hundred or so looks like a telephone. What follows keeps them apart.

// phoneKinds are the kinds of numbers that carry no check.
const phoneKinds = roles(1<<mobile | 1<<landline)

// barePhones tells whether all telephones of a line are digits and nothing else,
// and nothing says what they are: one does not speak for the other then.
func (s *Scanner) barePhones() bool {
	for i := range s.found {
		m := &s.found[i]
		if phoneKinds.has(m.kind) && m.score >= 45 && m.why.flags&(labelled|underHeading|withPlus|withCountry|withSeparators) != 0 {
			return false
		}
	}
	return true
}

const leastNumbers = 3 // that stand beside those found, where words do as well

// amongNumbers tells whether a line of text is mostly numbers that are nothing,
// as rows of counters are.
func (s *Scanner) amongNumbers(text []byte) bool {
	if len(text) > window {
		return false
	}
	others, found, words := 0, 0, 0
	for i := 0; i < len(text); {
		if parting(text[i]) {
			i++
			continue
		}
		start := i
		for i < len(text) && !parting(text[i]) {
			i++
		}
		switch {
		case s.taken(start, i):
			found++
		case amount(text[start:i]):
			others++
		default:
			words++
		}
	}
	return others >= leastNumbers && others+found >= 3*words || words == 0 && others > 0 && others+found > 2
}

// amount tells whether a word is digits with nothing but points and commas.
func amount(word []byte) bool {
	for _, c := range word {
		if !isDigit(c) && c != '.' && c != ',' && c != '%' {
			return false
		}
	}
	return isDigit(word[0])
}

// parting tells whether a byte parts the values of a row.
func parting(c byte) bool {
	return c <= ' ' || c == ',' || c == ';' || c == '|' || c == '(' || c == ')'
}
