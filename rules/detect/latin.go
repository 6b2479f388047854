package detect

import (
	"unicode"
	"unicode/utf8"
)

// latin answers the length of a name in Latin letters that p starts with: two
// to four words that begin with a capital, or "FAMILY, Given".
func latin(p []byte) int {
	end, words, i := 0, 0, 0
	for words < 4 {
		for n := particle(p[i:]); n > 0; n = particle(p[i:]) {
			i += n
		}
		n := latinWord(p[i:])
		if n == 0 {
			break
		}
		if words > 0 && companyForm(p[i:i+n]) {
			return 0
		}
		i += n
		words++
		end = i
		if i < len(p) && p[i] == ',' && words == 1 && i+1 < len(p) && p[i+1] == ' ' {
			i++
		}
		if i >= len(p) || p[i] != ' ' {
			break
		}
		i++
	}
	if words < 2 || end < len(p) && (isLetter(p[end]) || isDigit(p[end]) || p[end] == '@' || p[end] == '_') {
		return 0
	}
	return end
}

// particles stand within names in small letters: Ludwig van der Berg.
var particles = wordSet("van von der den dem de del della di da dos das du la le ten ter zu zum bin binti ibn al el y e")

// particle answers the length of one that p starts with, its space included.
func particle(p []byte) int {
	for n := 0; n < len(p) && n <= 5; n++ {
		if p[n] == ' ' {
			if n > 0 && particles[string(p[:n])] {
				return n + 1
			}
			return 0
		}
	}
	return 0
}

// titled tells whether a word goes before names with a point: Dr., Mrs.
func titled(word []byte) bool {
	switch string(word) {
	case "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Sr", "Jr":
		return true
	}
	return false
}

// companyForm tells whether a word says that a company goes by the words before.
func companyForm(word []byte) bool {
	switch string(word) {
	case "GmbH", "Ltd", "Limited", "Inc", "LLC", "LLP", "Corp", "Corporation", "Company", "AG", "KG", "SA", "SE", "BV", "NV", "PLC", "SARL", "SpA", "SRL", "Pty":
		return true
	}
	return false
}

// latinWord answers the length of one word of a name: "Zhang", "O'Neil",
// "Jean-Luc", "J.", "Müller", "Łukasz". Accents may stand as characters of
// their own.
func latinWord(p []byte) int {
	if n := latinLetter(p); n == 0 || n == 1 && p[0] > 'Z' || n > 1 && !capitalRune(p) {
		return 0
	}
	n, letters := 0, 0
	for n < len(p) {
		k := latinLetter(p[n:])
		switch {
		case k > 0:
			letters++
		case n > 0 && (p[n] == '\'' || p[n] == '-'):
			k = 1
		case n > 0 && p[n] == 0xE2 && n+2 < len(p) && p[n+1] == 0x80 && p[n+2] == 0x99: // ’
			k = 3
		case n > 0 && (p[n] == 0xCC || p[n] == 0xCD) && n+1 < len(p): // U+0300 to U+036F
			k = 2
		}
		if k == 0 {
			break
		}
		n += k
	}
	if n < len(p) && p[n] == '.' && (letters == 1 || titled(p[:n])) {
		return n + 1
	}
	if n < 2 || letters < 2 || n > 24 {
		return 0
	}
	return n
}

// latinLetter answers the bytes of the Latin letter p starts with, 0 when none.
func latinLetter(p []byte) int {
	switch {
	case len(p) == 0:
		return 0
	case isLetter(p[0]):
		return 1
	case p[0] < 0xC3 || p[0] > 0xC9 && p[0] != 0xE1: // U+00C0 to U+024F, U+1E00 to U+1EFF
		return 0
	}
	r, n := utf8.DecodeRune(p)
	if r > 0x24F && (r < 0x1E00 || r > 0x1EFF) || !unicode.IsLetter(r) {
		return 0
	}
	return n
}

func capitalRune(p []byte) bool {
	r, _ := utf8.DecodeRune(p)
	return unicode.IsUpper(r)
}
