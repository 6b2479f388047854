package detect

import (
	"bytes"
	"unicode/utf8"
)

// narrow rewrites text so that the rest of the package need not know other
// ways to write the same: full-width letters, digits and punctuation become
// ASCII, dashes and spaces of all kinds become '-' and ' ', characters without
// width go, escapes become what they stand for, and so do other digits where
// there are enough of them. It answers text itself and nil where there is
// nothing to rewrite, and otherwise for each byte of the result where it came
// from.
func narrow(text []byte, t traits, into []byte, at []int32) ([]byte, []int32) {
	wide := t.has(wideTrait) || t.has(blankTrait) && bytes.Contains(text, []byte("　"))
	escapes := t.has(escapeTrait) && mayEscape(text)
	counts := t.has(beyondTrait) && mayCount(text)
	if !wide && !escapes && !counts {
		return text, nil
	}
	w := narrower{text: text, into: into[:0], at: at[:0]}
	percents := escapes && percents(text) >= leastPercents
	for i := 0; i < len(text); {
		c := text[i]
		if counts && (c >= utf8.RuneSelf || isDigit(c)) {
			n, ok := numeralRun(text[i:])
			if ok {
				w.digits(i, i+n)
				i += n
				continue
			}
			if n > 0 { // too few: all of them stay
				w.characters(i, i+n)
				i += n
				continue
			}
		}
		if escapes && (c == '\\' || c == '&' || c == '=' || c == '%' && percents) {
			if r, n := escape(text[i:]); n > 0 {
				w.character(r, i)
				i += n
				continue
			}
		}
		if !counts { // else each digit is looked at, and what is plain would be found anew for each
			if n := plain(text[i:]); n > 0 {
				w.copy(i, i+n)
				i += n
				continue
			}
		}
		i += w.one(i)
	}
	return w.into, append(w.at, int32(len(text)))
}

// narrower writes narrow text, and where each byte of it came from.
type narrower struct {
	text, into []byte
	at         []int32
}

// plain answers how many bytes text begins with that stay as they are, digits
// apart: ASCII that begins no escape, and whole Han characters.
func plain(text []byte) int {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c < utf8.RuneSelf && traitOf[c]&escapeTrait == 0:
			i++
		case threeBytes(text[i:]):
			i += 3
		default:
			return i
		}
	}
	return len(text)
}

// threeBytes tells whether text begins with a character from U+4000 to U+CFFF,
// as most in Chinese text are. None of them is narrowed.
func threeBytes(text []byte) bool {
	return len(text) >= 3 && text[0]-0xE4 <= 0xEC-0xE4 && text[1]&0xC0 == 0x80 && text[2]&0xC0 == 0x80
}

// decode is utf8.DecodeRune, faster where threeBytes.
func decode(text []byte) (r rune, size int) {
	if threeBytes(text) {
		return rune(text[0]&0x0F)<<12 | rune(text[1]&0x3F)<<6 | rune(text[2]&0x3F), 3
	}
	return utf8.DecodeRune(text)
}

// copy takes the bytes from start to end as they are.
func (w *narrower) copy(start, end int) {
	w.into = append(w.into, w.text[start:end]...)
	for i := start; i < end; i++ {
		w.at = append(w.at, int32(i))
	}
}

// one takes the character at index i of the text and answers its length.
func (w *narrower) one(i int) int {
	c := w.text[i]
	if c < utf8.RuneSelf {
		w.into, w.at = append(w.into, c), append(w.at, int32(i))
		return 1
	}
	r, n := utf8.DecodeRune(w.text[i:])
	if r == utf8.RuneError && n == 1 {
		w.into, w.at = append(w.into, c), append(w.at, int32(i))
		return 1
	}
	w.character(r, i)
	return n
}

func (w *narrower) characters(i, end int) {
	for i < end {
		i += w.one(i)
	}
}

// character writes r, which stands at i in whatever form.
func (w *narrower) character(r rune, i int) {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		r -= 0xFEE0
	case widthless(r):
		return
	case r >= 0x0300 && r <= 0x036F || r >= 0x20D0 && r <= 0x20F0: // combining
		if n := len(w.into); n > 0 && isDigit(w.into[n-1]) {
			return
		}
	case r == 0x3000 || r == 0xA0 || r >= 0x2000 && r <= 0x200A || r == 0x202F || r == 0x205F || r == '\t' && w.text[i] != '\t':
		r = ' '
	case r >= 0x2010 && r <= 0x2015 || r == 0x2043 || r == 0x2212 || r == 0xFE58 || r == 0xFE63:
		r = '-'
	case r == 0x201C || r == 0x201D:
		r = '"'
	}
	had := len(w.into)
	w.into = utf8.AppendRune(w.into, r)
	for k := range len(w.into) - had {
		if w.text[i] < utf8.RuneSelf {
			k = 0 // of an escape
		}
		w.at = append(w.at, int32(i+k))
	}
}

// digits writes a run of numerals as digits.
func (w *narrower) digits(i, end int) {
	for i < end {
		r, n := utf8.DecodeRune(w.text[i:])
		if d, ok := numeral(r); ok {
			r = rune(d)
		}
		w.character(r, i)
		i += n
	}
}

// widthless tells whether a character takes no room: it may stand inside of a
// number unseen.
func widthless(r rune) bool {
	if r >= 0x3000 && r < 0xFE00 {
		return false
	}
	return r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F ||
		r == 0xFEFF || r == 0xAD || r == 0x034F || r == 0x061C || r == 0x180E || r >= 0xFE00 && r <= 0xFE0F
}
