package redact

import (
	"bytes"
	"encoding/binary"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/trustline/trustline/rules/extract"
)

// charset reads and writes text character by character.
type charset struct {
	// next answers the first character of p and its length; 0 when p ends
	// within it. A byte that is no character is U+FFFD.
	next func(p []byte) (rune, int)
	// add appends a character; false where the charset has none such.
	add  func(dst []byte, r rune) ([]byte, bool)
	mark string // the byte order mark the file began with
}

// sampled is how much of a file tells its charset.
const sampled = 64 << 10

// charsetOf answers the charset in which the extractor reads a file that
// begins with head; ok is false when it takes it for no text at all.
func charsetOf(head []byte, whole bool) (charset, bool) {
	if !whole {
		if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
			head = head[:i+1]
		}
	}
	var want []byte
	d := extract.NewDecoder(func(p []byte) { want = append(want, p...) })
	d.Write(head)
	d.Close()
	var best charset
	agreed := -1
	for _, c := range []charset{unicode8, gb18030, big5, wide(0, 1), wide(1, 0), wider(binary.LittleEndian), wider(binary.BigEndian), western} {
		c.mark = c.markIn(head)
		got := c.decode(head[len(c.mark):], true).text
		if n := common(got, want); n > agreed {
			best, agreed = c, n
		}
	}
	return best, 2*agreed >= len(want)
}

// markIn answers the byte order mark that p begins with, if it is this one's.
func (c charset) markIn(p []byte) string {
	for _, mark := range []string{"\xEF\xBB\xBF", "\xFF\xFE\x00\x00", "\x00\x00\xFE\xFF", "\xFF\xFE", "\xFE\xFF"} {
		if r, n := c.next([]byte(mark)); r == 0xFEFF && n == len(mark) && bytes.HasPrefix(p, []byte(mark)) {
			return mark
		}
	}
	return ""
}

// common answers how many bytes two readings agree in: in whole lines, and in
// the first that is different up to there. Files mix charsets line by line.
func common(a, b []byte) int {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		one, two := lineOf(a), lineOf(b)
		a, b = a[len(one):], b[len(two):]
		if bytes.Equal(one, two) {
			n += len(one)
			continue
		}
		for i := range min(len(one), len(two)) {
			if one[i] != two[i] {
				break
			}
			n++
		}
	}
	return n
}

func lineOf(p []byte) []byte {
	if i := bytes.IndexByte(p, '\n'); i >= 0 {
		return p[:i+1]
	}
	return p
}

// decoded is text with, for each byte and for the end, where it came from;
// came is nil where that is the same place.
type decoded struct {
	text []byte
	came []int32
}

func (d *decoded) from(i int) int {
	if d.came == nil {
		return i
	}
	return int(d.came[i])
}

// decode decodes p. Unless last, what may be a part of a character is left.
func (c charset) decode(p []byte, last bool) decoded {
	var d decoded
	for i := 0; i < len(p); {
		line := p[i:]
		if n := bytes.IndexByte(line, '\n'); n >= 0 {
			line = line[:n+1]
		}
		next := c.next
		if c.narrow() && plainlyUTF8(line) {
			next = unicode8.next
		}
		for end := i + len(line); i < end; {
			r, n := next(p[i:])
			if n == 0 && !last {
				d.came = append(d.came, int32(i))
				return d
			}
			if n == 0 {
				r, n = utf8.RuneError, 1
			}
			was := len(d.text)
			d.text = utf8.AppendRune(d.text, r)
			for range len(d.text) - was {
				d.came = append(d.came, int32(i))
			}
			i += n
		}
	}
	d.came = append(d.came, int32(len(p)))
	return d
}

// narrow tells charsets whose files may have lines in UTF-8 among others.
func (c charset) narrow() bool {
	r, n := c.next([]byte("中"))
	return r != '中' && n > 0 && !c.wide()
}

func (c charset) wide() bool {
	_, n := c.next([]byte("aaaa"))
	return n > 1
}

// plainlyUTF8 tells whether a line holds Chinese characters in UTF-8 and
// nothing that is not UTF-8.
func plainlyUTF8(line []byte) bool {
	return bytes.IndexFunc(line, func(r rune) bool { return r >= 0x800 && r != utf8.RuneError }) >= 0 && utf8.Valid(line)
}

// encode writes text the way it stands in like, which it replaces.
func (c charset) encode(text string, was, like []byte) ([]byte, bool) {
	if c.narrow() && plainlyUTF8(like) && !bytes.Equal(c.decode(like, true).text, was) {
		c = unicode8
	}
	escapes := bytes.Contains(like, []byte(`\u`)) && !c.wide()
	var out []byte
	for _, r := range text {
		if escapes && r >= utf8.RuneSelf {
			out = appendEscape(out, r)
			continue
		}
		var ok bool
		if out, ok = c.add(out, r); !ok {
			return nil, false
		}
	}
	return out, true
}

func appendEscape(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	for _, u := range utf16.AppendRune(nil, r) {
		dst = append(dst, '\\', 'u', digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
	}
	return dst
}

// unicode8 also reads \uXXXX as JSON, JavaScript and logs write characters, as
// the extractor does.
var unicode8 = charset{
	next: func(p []byte) (rune, int) {
		if p[0] == '\\' {
			if r, n := extract.EscapedRune(p); n > 0 {
				return r, n
			}
		}
		if !utf8.FullRune(p) {
			return 0, 0
		}
		return utf8.DecodeRune(p)
	},
	add: func(dst []byte, r rune) ([]byte, bool) { return utf8.AppendRune(dst, r), true },
}

// wide is UTF-16 with the low byte at lo and the high one at hi.
func wide(lo, hi int) charset {
	return charset{
		next: func(p []byte) (rune, int) {
			if len(p) < 2 {
				return 0, 0
			}
			r := rune(p[lo]) | rune(p[hi])<<8
			if r < 0xD800 || r > 0xDBFF {
				return r, 2
			}
			if len(p) < 4 {
				return 0, 0
			}
			if pair := utf16.DecodeRune(r, rune(p[2+lo])|rune(p[2+hi])<<8); pair != utf8.RuneError {
				return pair, 4
			}
			return r, 2
		},
		add: func(dst []byte, r rune) ([]byte, bool) {
			for _, u := range utf16.AppendRune(nil, r) {
				two := [2]byte{}
				two[lo], two[hi] = byte(u), byte(u>>8)
				dst = append(dst, two[0], two[1])
			}
			return dst, true
		},
	}
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// wider is UTF-32.
func wider(order byteOrder) charset {
	return charset{
		next: func(p []byte) (rune, int) {
			if len(p) < 4 {
				return 0, 0
			}
			if r := rune(order.Uint32(p)); utf8.ValidRune(r) {
				return r, 4
			}
			return utf8.RuneError, 4
		},
		add: func(dst []byte, r rune) ([]byte, bool) { return order.AppendUint32(dst, uint32(r)), true },
	}
}

// western is what the extractor takes for the last resort: each byte stands
// for the character of its number.
var western = charset{
	next: func(p []byte) (rune, int) { return rune(p[0]), 1 },
	add:  func(dst []byte, r rune) ([]byte, bool) { return append(dst, byte(r)), r < 256 },
}

var (
	gb18030 = legacy(simplifiedchinese.GB18030)
	big5    = legacy(traditionalchinese.Big5)
)

// legacy is a charset of one, two or four bytes per character.
func legacy(e encoding.Encoding) charset {
	pairs := sync.OnceValue(func() *[1 << 16]rune { return readPairs(e) })
	four := e == simplifiedchinese.GB18030
	return charset{
		next: func(p []byte) (rune, int) {
			switch {
			case p[0] < utf8.RuneSelf:
				return rune(p[0]), 1
			case p[0] == 0x80 && four:
				return '€', 1 // as Windows has it
			case len(p) < 2:
				return 0, 0
			case four && p[1] >= '0' && p[1] <= '9':
				if len(p) < 4 {
					return 0, 0
				}
				if text, err := e.NewDecoder().Bytes(p[:4]); err == nil {
					if r, n := utf8.DecodeRune(text); n == len(text) && r != utf8.RuneError {
						return r, 4
					}
				}
				return utf8.RuneError, 1
			}
			if r := pairs()[uint16(p[0])<<8|uint16(p[1])]; r != 0 {
				return r, 2
			}
			return utf8.RuneError, 1
		},
		add: func(dst []byte, r rune) ([]byte, bool) {
			if r < utf8.RuneSelf {
				return append(dst, byte(r)), true
			}
			text, err := e.NewEncoder().String(string(r))
			return append(dst, text...), err == nil
		},
	}
}

// readPairs answers what each pair of bytes stands for, 0 for nothing.
func readPairs(e encoding.Encoding) *[1 << 16]rune {
	var pairs [1 << 16]rune
	d := e.NewDecoder()
	for lead := 0x81; lead < 0xFF; lead++ {
		for trail := 0x40; trail < 0xFF; trail++ {
			text, err := d.Bytes([]byte{byte(lead), byte(trail)})
			if r, n := utf8.DecodeRune(text); err == nil && n == len(text) && r != utf8.RuneError {
				pairs[uint16(lead)<<8|uint16(trail)] = r
			}
		}
	}
	return &pairs
}
