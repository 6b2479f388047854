package prompt

import (
	"strings"
	"unicode"
)

// maxMarks bounds combining marks on one letter: more of them paint over the
// lines around it.
const maxMarks = 3

// harmless answers the text as one line of at most limit runes that can be
// shown anywhere: control characters (terminal escapes among them) become
// U+FFFD, invisible and direction-changing ones go, every kind of space is a
// plain one, and what is too long loses its middle, so that the end of a file
// name stays.
func harmless(s string, limit int) string {
	var b strings.Builder
	marks, space := 0, false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
			continue
		case unicode.IsSpace(r), unicode.Is(unicode.Z, r):
			space = true
			continue
		case unicode.IsMark(r):
			if marks++; marks > maxMarks {
				continue
			}
		case !unicode.IsPrint(r):
			r, marks = unicode.ReplacementChar, 0
		default:
			marks = 0
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return shorten(b.String(), limit)
}

// Harmless is for others who show people what outsiders have named: labels of
// media, file names. It answers one line of at most limit runes.
func Harmless(s string, limit int) string { return harmless(s, limit) }

func harmlessList(list []string, most, limit int) []string {
	var out []string
	for _, s := range list {
		if s = harmless(s, limit); s != "" && len(out) < most {
			out = append(out, s)
		}
	}
	return out
}

func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	tail := (limit - 1) / 3
	return string(runes[:limit-1-tail]) + "…" + string(runes[len(runes)-tail:])
}
