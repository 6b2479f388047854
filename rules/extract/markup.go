package extract

import (
	"bytes"
	"html"
	"io"
	"unicode/utf8"
)

// longestTag is the largest tag or comment taken as one; a larger one is read
// as text.
const longestTag = 1 << 20

type tokenKind uint8

const (
	textToken tokenKind = iota
	startToken
	endToken
)

// markup reads XML and HTML token by token. It forgives everything: what is no
// proper tag is text, nothing is dropped, and entities are never expanded
// beyond the characters they stand for.
type markup struct {
	r        io.Reader
	buf      []byte
	pos, end int
	err      error

	kind    tokenKind
	name    []byte // of a tag, without its prefix
	attrs   []byte // of a start tag, as they stand
	empty   bool   // the start tag closes itself
	text    []byte // of a text token, as it stands
	literal bool   // the text holds no entities (CDATA, comments)
	raw     []byte // the HTML element whose content is no markup
}

func newMarkup(r io.Reader) *markup { return &markup{r: r, buf: make([]byte, 32<<10)} }

// next reads one token; false at the end or after an error, which err tells.
func (m *markup) next() bool {
	if m.pos == m.end && !m.fill() {
		return false
	}
	if m.buf[m.pos] != '<' || m.raw != nil {
		return m.readText()
	}
	return m.readTag()
}

// fill gets more bytes behind those not taken yet.
func (m *markup) fill() bool {
	if m.err != nil || m.end-m.pos >= longestTag {
		return false
	}
	if m.pos > 0 {
		copy(m.buf, m.buf[m.pos:m.end])
		m.end -= m.pos
		m.pos = 0
	}
	if m.end == len(m.buf) {
		m.buf = append(m.buf, make([]byte, len(m.buf))...)
	}
	for range 100 {
		n, err := m.r.Read(m.buf[m.end:])
		m.end += n
		if err != nil {
			m.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	m.err = io.ErrNoProgress
	return false
}

// failure answers why reading ended early.
func (m *markup) failure() error {
	if m.err == io.EOF {
		return nil
	}
	return m.err
}

func (m *markup) readText() bool {
	for {
		part := m.buf[m.pos:m.end]
		if i := m.textEnd(part); i == 0 {
			return m.readTag()
		} else if i > 0 {
			return m.take(textToken, part[:i], i)
		}
		if len(part) < len(m.buf)/2 && m.fill() {
			continue
		}
		n := len(part)
		if m.err == nil { // more will come: cut neither characters nor entities
			n = len(completeUTF8(part))
			if i := bytes.LastIndexAny(part[max(0, n-32):n], "&<"); i >= 0 && max(0, n-32)+i > 0 {
				n = max(0, n-32) + i
			}
		}
		return m.take(textToken, part[:n], n)
	}
}

// textEnd finds the tag that ends the text, -1 when it is not in sight.
func (m *markup) textEnd(part []byte) int {
	if m.raw == nil {
		return bytes.IndexByte(part, '<')
	}
	for i := 0; ; {
		j := bytes.Index(part[i:], []byte("</"))
		if j < 0 || i+j+2+len(m.raw) > len(part) {
			return -1
		}
		i += j
		if bytes.EqualFold(part[i+2:i+2+len(m.raw)], m.raw) {
			m.raw = nil
			return i
		}
		i += 2
	}
}

func (m *markup) take(kind tokenKind, text []byte, n int) bool {
	m.kind, m.text, m.literal = kind, text, false
	m.pos += n
	return n > 0 || m.next()
}

func (m *markup) readTag() bool {
	for m.end-m.pos < len("<![CDATA[") && m.fill() {
	}
	part := m.buf[m.pos:m.end]
	switch {
	case bytes.HasPrefix(part, []byte("<!--")):
		return m.readUntil(len("<!--"), "-->")
	case bytes.HasPrefix(part, []byte("<![CDATA[")):
		return m.readUntil(len("<![CDATA["), "]]>")
	case bytes.HasPrefix(part, []byte("<!")):
		return m.readUntil(len("<!"), ">")
	case bytes.HasPrefix(part, []byte("<?")):
		return m.readUntil(len("<?"), ">")
	case len(part) > 2 && part[1] == '/' && isNameStart(part[2]):
		return m.readElement(2)
	case len(part) > 1 && isNameStart(part[1]):
		return m.readElement(1)
	}
	return m.take(textToken, part[:1], 1)
}

func (m *markup) readUntil(skip int, close string) bool {
	for {
		part := m.buf[m.pos:m.end]
		if i := bytes.Index(part[skip:], []byte(close)); i >= 0 {
			m.take(textToken, part[skip:skip+i], skip+i+len(close))
			m.literal = true
			return true
		}
		if !m.fill() {
			return m.giveUp()
		}
	}
}

// giveUp takes all there is as text where a tag has no end in reach.
func (m *markup) giveUp() bool {
	n := m.end - m.pos
	return m.take(textToken, m.buf[m.pos:m.end], n)
}

// readElement reads a start or end tag whose name begins at skip.
func (m *markup) readElement(skip int) bool {
	for {
		part := m.buf[m.pos:m.end]
		i := tagEnd(part)
		if i < 0 {
			if !m.fill() {
				return m.giveUp()
			}
			continue
		}
		inner := part[skip:i]
		m.pos += i + 1
		m.kind = startToken
		if skip == 2 {
			m.kind = endToken
		}
		if m.empty = len(inner) > 0 && inner[len(inner)-1] == '/'; m.empty {
			inner = inner[:len(inner)-1]
		}
		n := 0
		for n < len(inner) && !isSpace(inner[n]) {
			n++
		}
		m.name, m.attrs = local(inner[:n]), inner[n:]
		return true
	}
}

// tagEnd finds the '>' that ends the tag part begins with, outside quotes.
func tagEnd(part []byte) int {
	end := bytes.IndexByte(part, '>')
	if end < 0 || bytes.IndexByte(part[:end], '=') < 0 {
		return end
	}
	quote := byte(0)
	for i, c := range part {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '>':
			return i
		case (c == '"' || c == '\'') && i > 0 && (part[i-1] == '=' || isSpace(part[i-1])):
			quote = c
		}
	}
	return -1
}

// attr answers the value of the attribute with that local name, nil if absent.
func (m *markup) attr(name string) []byte {
	for rest := m.attrs; ; {
		key, value, after := cutAttr(rest)
		if key == nil {
			return nil
		}
		if string(local(key)) == name {
			return value
		}
		rest = after
	}
}

// cutAttr cuts the first attribute off; key is nil at the end.
func cutAttr(p []byte) (key, value, rest []byte) {
	i := 0
	for i < len(p) && (isSpace(p[i]) || p[i] == '/') {
		i++
	}
	start := i
	for i < len(p) && p[i] != '=' && !isSpace(p[i]) {
		i++
	}
	if i == start {
		if i < len(p) { // a stray '=': step over it
			return p[i : i+1], nil, p[i+1:]
		}
		return nil, nil, nil
	}
	key = p[start:i]
	for i < len(p) && isSpace(p[i]) {
		i++
	}
	if i == len(p) || p[i] != '=' {
		return key, nil, p[i:]
	}
	for i++; i < len(p) && isSpace(p[i]); i++ {
	}
	if i < len(p) && (p[i] == '"' || p[i] == '\'') {
		if j := bytes.IndexByte(p[i+1:], p[i]); j >= 0 {
			return key, p[i+1 : i+1+j], p[i+2+j:]
		}
		return key, p[i+1:], nil
	}
	start = i
	for i < len(p) && !isSpace(p[i]) {
		i++
	}
	return key, p[start:i], p[i:]
}

func local(name []byte) []byte { return name[bytes.LastIndexByte(name, ':')+1:] }

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

func isNameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf
}

// appendEntities appends text with its entities replaced.
func appendEntities(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i:]
		end := bytes.IndexByte(text[:min(len(text), 34)], ';')
		if end < 0 {
			dst = append(dst, '&')
			text = text[1:]
			continue
		}
		dst = append(dst, html.UnescapeString(string(text[:end+1]))...)
		text = text[end+1:]
	}
}

// content appends the text of a text token as the reader would see it.
func (m *markup) content(dst []byte) []byte {
	if m.literal {
		return append(dst, m.text...)
	}
	return appendEntities(dst, m.text)
}
