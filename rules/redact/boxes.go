package redact

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// leastBoxes is how many characters a number that stands in boxes has at least.
const leastBoxes = 11

// appendBoxes appends a span of a line or, where it is a number with a cell of
// delimited text for each of its characters, one for each of them: what stands
// between stays, and the row keeps its columns.
func appendBoxes(spans []span, text []byte, s span) []span {
	had := len(spans)
	delimiter, inside := byte(0), false
	for i := s.start; i < s.end; {
		r, n := utf8.DecodeRune(text[i:s.end])
		switch {
		case n == 1 && bytes.IndexByte([]byte("\t,;|"), text[i]) >= 0:
			if delimiter != 0 && delimiter != text[i] {
				return append(spans[:had], s)
			}
			delimiter, inside = text[i], false
		case !unicode.IsLetter(r) && !unicode.IsDigit(r): // quotes, spaces, invisible characters
		case inside:
			return append(spans[:had], s)
		default:
			spans = append(spans, span{start: i, end: i + n, class: s.class, cell: s.cell, more: len(spans) > had})
			inside = true
		}
		i += n
	}
	if len(spans)-had < leastBoxes {
		return append(spans[:had], s)
	}
	return spans
}
