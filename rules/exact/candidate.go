package exact

import (
	"bytes"
	"unicode/utf8"
)

// wanted says what lists ask for.
type wanted [256]bool // by code of the kind

// Bounds on what is looked at in one line.
const (
	maxCandidates = 1 << 14
	maxPieces     = 6  // runs of digits that may make one number up
	nameRunes     = 4  // of the longest Chinese name looked for inside text
	nameWords     = 3  // of the longest other name
	longField     = 96 // bytes: longer ones hold sentences
)

// candidate is a stretch of text that may be a cell of some kind.
type candidate struct {
	code       byte
	start, end int // in candidates.normal
}

// candidates are what one line may hold; memory is used again.
type candidates struct {
	normal []byte
	list   []candidate
	runs   []span // of digits
	spans  []span // fields
}

type span struct{ start, end int }

func (c *candidates) reset() { c.normal, c.list = c.normal[:0], c.list[:0] }

func (c *candidates) text(one candidate) []byte { return c.normal[one.start:one.end] }

// add takes text as a cell of a kind.
func (c *candidates) add(code byte, text []byte) {
	if len(c.list) >= maxCandidates || len(text) == 0 {
		return
	}
	start := len(c.normal)
	if c.normal = normalise(code, text, c.normal); len(c.normal) > start {
		c.list = append(c.list, candidate{code, start, len(c.normal)})
	}
}

// numbers finds what may be numbers and e-mail addresses: what people are
// found by, in nearly every list.
func (c *candidates) numbers(line []byte, want *wanted) {
	if want[emailCode] {
		for i := 0; i < len(line); {
			at := bytes.IndexByte(line[i:], '@')
			if at < 0 {
				break
			}
			at += i
			s, e := at, at+1
			for s > 0 && at-s < 64 && isMail(line[s-1]) {
				s--
			}
			for e < len(line) && e-at < 190 && isMail(line[e]) {
				e++
			}
			c.add(emailCode, line[s:e])
			i = at + 1
		}
	}
	if want[mobileCode] || want[idCode] || want[cardCode] {
		c.digitRuns(line)
		for i := range c.runs {
			c.joined(line, i, want)
		}
	}
}

func isMail(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '.' || b == '_' || b == '-' || b == '+' || b == '%' || b == '\''
}

func (c *candidates) digitRuns(line []byte) {
	c.runs = c.runs[:0]
	for i := 0; i < len(line); i++ {
		if line[i]-'0' > 9 {
			continue
		}
		s := i
		for i < len(line) && line[i]-'0' <= 9 {
			i++
		}
		c.runs = append(c.runs, span{s, i})
	}
}

// joined takes the numbers that begin at a run: alone, and with those behind
// it that stand only a separator away.
func (c *candidates) joined(line []byte, first int, want *wanted) {
	digits := 0
	for i := first; i < len(c.runs) && i < first+maxPieces; i++ {
		r := c.runs[i]
		if i > first && !separates(line[c.runs[i-1].end:r.start]) {
			return
		}
		if digits += r.end - r.start; digits > maxDigits {
			return
		}
		text := line[c.runs[first].start:r.end]
		if want[mobileCode] && digits >= 7 && digits <= 15 {
			c.add(mobileCode, text)
		}
		if want[cardCode] && digits >= 8 {
			c.add(cardCode, text)
		}
		if want[idCode] && digits >= 6 {
			c.identity(line, c.runs[first].start, r.end)
		}
	}
}

// identity takes letters that belong to a document number along: those right
// before it, as in passports, and a check letter behind it.
func (c *candidates) identity(line []byte, s, e int) {
	c.add(idCode, line[s:e])
	if e < len(line) && isLetter(line[e]) && (e+1 == len(line) || !isLetter(line[e+1])) {
		c.add(idCode, line[s:e+1])
	}
	before := s
	for before > 0 && s-before < 3 && isLetter(line[before-1]) {
		before--
	}
	if before < s {
		c.add(idCode, line[before:e])
	}
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// separates tells whether what stands between two runs of digits may stand
// inside a number.
func separates(gap []byte) bool {
	if len(gap) > 3 {
		return false
	}
	for _, b := range gap {
		if b != ' ' && b != '-' && b != '.' && b != '(' && b != ')' && b != '+' && b != '/' {
			return false
		}
	}
	return true
}

// texts finds what may be names, addresses and other cells: fields between
// delimiters, and names inside them.
func (c *candidates) texts(line []byte, want *wanted) {
	if !want[nameCode] && !want[addressCode] && !want[otherCode] {
		return
	}
	c.fields(line)
	for _, f := range c.spans {
		field := line[f.start:f.end]
		for _, k := range [...]byte{nameCode, addressCode, otherCode} {
			if want[k] && (k != nameCode || len(field) <= longField) {
				c.add(k, field)
			}
		}
	}
	if want[nameCode] {
		c.hanNames(line)
		c.wordNames(line)
	}
	if want[otherCode] {
		c.words(line, 1, otherCode)
	}
}

// fields parts a line by tabs and bars, by any punctuation, and by quotes:
// whichever the table was written with, its cells are among them.
func (c *candidates) fields(line []byte) {
	c.spans = c.spans[:0]
	coarse, fine, quote := 0, 0, -1
	for i := 0; i <= len(line); {
		r, n := rune('\t'), 1
		if i < len(line) {
			if r, n = rune(line[i]), 1; r >= utf8.RuneSelf {
				r, n = utf8.DecodeRune(line[i:])
			}
		}
		hard := r == '\t' || r == '|' || r == cellEnd
		if hard || isDelimiter(r) {
			c.field(fine, i)
			if fine = i + n; hard {
				if coarse != fine {
					c.field(coarse, i)
				}
				coarse = fine
			}
		}
		if r == '"' {
			if quote >= 0 {
				c.field(quote, i)
				quote = -1
			} else {
				quote = i + 1
			}
		}
		i += n
	}
}

func (c *candidates) field(start, end int) {
	if end > start && len(c.spans) < maxCandidates {
		if s := (span{start, end}); len(c.spans) == 0 || c.spans[len(c.spans)-1] != s {
			c.spans = append(c.spans, s)
		}
	}
}

func isDelimiter(r rune) bool {
	switch r {
	case ',', ';', ':', '=', '"', '\'', '<', '>', '(', ')', '[', ']', '{', '}',
		'，', '；', '：', '、', '。', '（', '）', '“', '”', '【', '】', '《', '》':
		return true
	}
	return false
}

// hanNames takes every two to four Chinese characters in a row.
func (c *candidates) hanNames(line []byte) {
	var at [nameRunes + 1]int // where the last characters begin
	n := 0
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r < 0x3400 || r > 0x9FFF {
			n = 0
			i += size
			continue
		}
		if n == nameRunes {
			copy(at[:], at[1:nameRunes])
			n--
		}
		at[n] = i
		n++
		i += size
		for k := n - 2; k >= 0; k-- {
			c.add(nameCode, line[at[k]:i])
		}
	}
}

// wordNames takes two or three words in a row.
func (c *candidates) wordNames(line []byte) {
	for n := 2; n <= nameWords; n++ {
		c.words(line, n, nameCode)
	}
}

// words takes every n words that stand spaces apart.
func (c *candidates) words(line []byte, n int, code byte) {
	var starts [nameWords]int
	have := 0
	for i := 0; i < len(line); {
		for i < len(line) && line[i] == ' ' {
			i++
		}
		s := i
		for i < len(line) && line[i] > ' ' && line[i] != ',' && line[i] != ';' && line[i] != '|' && line[i] != '"' {
			i++
		}
		if i == s {
			have = 0
			i++
			continue
		}
		if have == n {
			copy(starts[:], starts[1:n])
			have--
		}
		starts[have] = s
		have++
		if have == n {
			c.add(code, line[starts[0]:i])
		}
	}
}
