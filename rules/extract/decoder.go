package extract

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/traditionalchinese"
)

const (
	judged    = 4096     // bytes gathered before a charset is told
	blockSize = 64 << 10 // bytes decoded at once
)

// Decoder makes UTF-8 of bytes in any charset, as they arrive and cut
// anywhere: UTF-8, UTF-16, UTF-32, GB 18030, Big5, with or without byte order mark,
// also changing on the way. Bytes that are no text are searched for runs of
// text. It keeps at most one block.
type Decoder struct {
	out      func(text []byte)
	charset  charset
	started  bool
	declared bool // the text says that it is UTF-8
	pending  []byte
	enough   int // bytes pending that are worth decoding
	buf      []byte

	taken, given int64     // bytes consumed, bytes of text produced
	segments     []segment // where which text came from
}

// segment pairs a place in the source with one in the text; it reaches up to
// the next segment. In an exact one source and text are the same bytes.
type segment struct {
	source, text int64
	exact        bool
}

// NewDecoder answers a Decoder that gives its text to out.
func NewDecoder(out func(text []byte)) *Decoder {
	return &Decoder{out: out, charset: undecided, enough: judged}
}

// Write takes the next bytes.
func (d *Decoder) Write(p []byte) {
	for len(p) > 0 {
		if d.started && len(d.pending) == 0 && (d.charset == unicode8 || d.charset == undecided) {
			if n := d.pass(p); n > 0 {
				p = p[n:]
				continue
			}
		}
		n := min(len(p), blockSize-len(d.pending))
		d.pending = append(d.pending, p[:n]...)
		p = p[n:]
		if len(d.pending) >= d.enough {
			d.decode(false)
		}
	}
}

// Close decodes what is left.
func (d *Decoder) Close() {
	for len(d.pending) > 0 {
		d.decode(true)
	}
}

// Source answers how many leading bytes of the source stand for no more than
// the first text bytes of the text. It must not be asked for less than before.
func (d *Decoder) Source(text int64) int64 {
	if text >= d.given {
		return d.taken
	}
	i := len(d.segments) - 1
	for i > 0 && d.segments[i].text > text {
		i--
	}
	d.segments = append(d.segments[:0], d.segments[i:]...)
	s := d.segments[0]
	if s.exact && text > s.text {
		return s.source + text - s.text
	}
	return s.source
}

// pass gives UTF-8 through as it is and answers how much of p that was.
func (d *Decoder) pass(p []byte) int {
	p = p[:min(len(p), blockSize)]
	valid := completeUTF8(p)
	tail := valid[max(0, len(valid)-len(`\uXXXX\uXXX`)):]
	if len(valid) == 0 || !validUTF8(valid) || bytes.IndexByte(valid, 0) >= 0 ||
		bytes.Contains(valid, escape) || bytes.IndexByte(tail, '\\') >= 0 || !d.declared && isShortGB(valid) {
		return 0
	}
	d.give(valid, len(valid), true)
	return len(valid)
}

// decode takes one block from pending. With last set nothing more will come.
func (d *Decoder) decode(last bool) {
	block := d.pending
	if !d.started {
		d.started = true
		if n := d.byteOrderMark(block); n > 0 {
			d.taken += int64(n)
			d.drop(n)
			if len(d.pending) == 0 {
				return
			}
			block = d.pending
		}
		d.declared = declaresUTF8(block)
	}
	block, c := uniform(block, d.charset, d.declared)
	all := len(block) == len(d.pending)
	n := cut(block, c, last && all)
	if n == 0 {
		if all && !last && len(block) < blockSize {
			d.enough = min(2*len(block), blockSize)
			return
		}
		n = len(block)
	}
	d.enough = judged
	d.charset = c
	block = block[:n]
	switch c {
	case unicode8:
		if last && !utf8.Valid(block) { // it ends within a character
			block = bytes.ToValidUTF8(block, replacement)
			d.give(block, n, false)
		} else if bytes.Contains(block, escape) {
			d.buf = appendUnescaped(d.buf[:0], block)
			d.give(d.buf, n, false)
		} else {
			d.give(block, n, true)
		}
	case utf16le, utf16be:
		d.buf = appendUTF16(d.buf[:0], block, c)
		d.give(d.buf, n, false)
	case utf32le, utf32be:
		d.buf = appendUTF32(d.buf[:0], block, c)
		d.give(d.buf, n, false)
	case notText:
		d.buf = appendRuns(d.buf[:0], block)
		d.give(d.buf, n, false)
	default:
		d.buf = appendLegacy(d.buf[:0], block, c)
		d.give(d.buf, n, false)
	}
	d.drop(n)
}

func (d *Decoder) drop(n int) { d.pending = append(d.pending[:0], d.pending[n:]...) }

// byteOrderMark answers the length of the mark that the block begins with.
// UTF-16 and UTF-32 are believed from their marks on; a wrong one is found out
// by judge.
func (d *Decoder) byteOrderMark(block []byte) int {
	switch {
	case bytes.HasPrefix(block, []byte("\xEF\xBB\xBF")):
		return 3
	case bytes.HasPrefix(block, []byte("\xFF\xFE\x00\x00")):
		d.charset = utf32le
		return 4
	case bytes.HasPrefix(block, []byte("\x00\x00\xFE\xFF")):
		d.charset = utf32be
		return 4
	case bytes.HasPrefix(block, []byte("\xFF\xFE")):
		d.charset = utf16le
		return 2
	case bytes.HasPrefix(block, []byte("\xFE\xFF")):
		d.charset = utf16be
		return 2
	}
	return 0
}

func (d *Decoder) give(text []byte, source int, exact bool) {
	if n := len(d.segments); n == 0 || !exact || !d.segments[n-1].exact {
		if n >= 4096 {
			d.thin()
		}
		d.segments = append(d.segments, segment{d.taken, d.given, exact})
	}
	d.taken += int64(source)
	d.given += int64(len(text))
	if len(text) > 0 {
		d.out(text)
	}
}

// thin bounds the segments; fewer only make Source more careful.
func (d *Decoder) thin() {
	kept := d.segments[:0]
	for i := 0; i < len(d.segments); i += 2 {
		s := d.segments[i]
		s.exact = false
		kept = append(kept, s)
	}
	d.segments = kept
}

// cut answers how much of the block can be decoded without what follows it.
func cut(block []byte, c charset, last bool) int {
	if last {
		return len(block)
	}
	switch c {
	case utf16le, utf16be:
		n := len(block) &^ 1
		if n >= 2 && highSurrogate(block[n-2:], c) {
			n -= 2
		}
		return n
	case utf32le, utf32be:
		return len(block) &^ 3
	case notText:
		return cutRuns(block)
	case unicode8:
		n := len(completeUTF8(block))
		if i := bytes.LastIndexByte(block[max(0, n-12):n], '\\'); i >= 0 {
			n = max(0, n-12) + i
			for n > 0 && block[n-1] == '\\' {
				n--
			}
			// A pair of surrogates is two escapes.
			if n >= 6 && block[n-6] == '\\' && block[n-5] == 'u' {
				n -= 6
			}
		}
		return n
	}
	// No byte below '0' is part of a longer character in GB 18030 or Big5.
	for i := len(block) - 1; i >= 0; i-- {
		if block[i] < '0' {
			return i + 1
		}
	}
	return 0
}

// appendLegacy decodes line by line: a line that is UTF-8 stays what it is.
func appendLegacy(dst, block []byte, c charset) []byte {
	var decoder *encoding.Decoder
	if c == big5 {
		decoder = traditionalchinese.Big5.NewDecoder()
	}
	for len(block) > 0 {
		line := cutLine(block)
		block = block[len(line):]
		if mostlyUTF8(line) && (c != gb18030 || !isShortGB(line)) {
			if !utf8.Valid(line) {
				line = bytes.ToValidUTF8(line, replacement)
			}
			dst = append(dst, line...)
			continue
		}
		if c == gb18030 {
			dst = appendGB18030(dst, line)
			continue
		}
		if decoder != nil {
			if text, err := decoder.Bytes(line); err == nil {
				dst = append(dst, text...)
				continue
			}
		}
		for _, b := range line {
			dst = utf8.AppendRune(dst, rune(b))
		}
	}
	return dst
}

var (
	escape      = []byte(`\u`)
	replacement = []byte("\uFFFD")
)

// appendUnescaped replaces \uXXXX as JSON, JavaScript and logs write
// characters.
func appendUnescaped(dst, text []byte) []byte {
	for {
		at := bytes.Index(text, escape)
		if at < 0 {
			return append(dst, text...)
		}
		r, n := EscapedRune(text[at:])
		if n == 0 {
			n = len(escape)
			dst = append(dst, text[:at+n]...)
		} else {
			dst = utf8.AppendRune(append(dst, text[:at]...), r)
		}
		text = text[at+n:]
	}
}

// EscapedRune reads the \uXXXX, or the pair of them, that p begins with and
// answers its length in bytes, 0 when it is none (RFC 8259, section 7).
func EscapedRune(p []byte) (rune, int) {
	r, ok := unit(p)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if low, ok := unit(p[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 12
			}
		}
	}
	return r, 6
}

func unit(p []byte) (rune, bool) {
	if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, c := range p[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
