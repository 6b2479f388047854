package redact

import (
	"bytes"
	"io"
	"unicode/utf8"
)

type tokenKind uint8

const (
	textToken  tokenKind = iota
	plainToken           // text in which nothing is escaped: CDATA
	startToken
	endToken
	otherToken // declarations; comments and instructions, which go
)

// longestToken bounds one tag or text of a part, in bytes.
const longestToken = 16 << 20

// tokens reads XML token by token, each with its bytes as they stand. It is
// strict: what is not well formed, has a document type, or is not UTF-8 is
// damaged, because programs may read it in different ways.
type tokens struct {
	r        io.Reader
	buf      []byte
	pos, end int
	err      error
	first    bool

	kind  tokenKind
	raw   []byte // valid until the next token
	name  []byte // of a tag, without its prefix
	empty bool   // the start tag closes itself
	attrs int    // where in raw the attributes begin
	list  []attribute
}

func newTokens(r io.Reader) *tokens { return &tokens{r: r, buf: make([]byte, 64<<10), first: true} }

// next reads one token; io.EOF at the end.
func (x *tokens) next() error {
	if x.pos == x.end {
		if err := x.fill(); err != nil {
			return err
		}
	}
	if x.first {
		x.first = false
		if err := x.begin(); err != nil {
			return err
		}
	}
	var err error
	if x.buf[x.pos] == '<' {
		err = x.tag()
	} else {
		err = x.text()
	}
	if err == io.EOF {
		err = refuse(Damaged, "")
	}
	if err == nil && !utf8.Valid(x.raw) {
		err = refuse(Charset, "")
	}
	return err
}

// begin steps over a byte order mark and refuses other encodings than UTF-8.
func (x *tokens) begin() error {
	for x.end-x.pos < 256 {
		if err := x.fill(); err != nil {
			break
		}
	}
	head := x.buf[x.pos:x.end]
	if bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")) || bytes.IndexByte(head, 0) >= 0 {
		return refuse(Charset, "")
	}
	if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		x.pos += 3
	}
	head = bytes.ToLower(x.buf[x.pos:x.end])
	if declaration, _, ok := bytes.Cut(head, []byte("?>")); ok && bytes.HasPrefix(declaration, []byte("<?xml ")) {
		if _, encoding, ok := bytes.Cut(declaration, []byte("encoding")); ok && !bytes.Contains(encoding, []byte("utf-8")) && !bytes.Contains(encoding, []byte("ascii")) {
			return refuse(Charset, "")
		}
	}
	if x.pos == x.end {
		return io.EOF
	}
	return nil
}

func (x *tokens) fill() error {
	if x.err != nil {
		return x.err
	}
	if x.end-x.pos >= longestToken {
		return refuse(TooLarge, "")
	}
	if x.pos > 0 {
		copy(x.buf, x.buf[x.pos:x.end])
		x.end -= x.pos
		x.pos = 0
	}
	if x.end == len(x.buf) {
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	n, err := io.ReadAtLeast(x.r, x.buf[x.end:], 1)
	x.end += n
	if err != nil {
		x.err = err
		if n == 0 {
			return err
		}
	}
	return nil
}

func (x *tokens) take(kind tokenKind, n int) error {
	x.kind, x.raw = kind, x.buf[x.pos:x.pos+n]
	x.pos += n
	return nil
}

func (x *tokens) text() error {
	for seen := 0; ; {
		part := x.buf[x.pos:x.end]
		if i := bytes.IndexByte(part[seen:], '<'); i >= 0 {
			return x.take(textToken, seen+i)
		}
		seen = len(part)
		if err := x.fill(); err == io.EOF {
			if len(bytes.TrimSpace(part)) > 0 {
				return refuse(Damaged, "")
			}
			return x.take(textToken, len(part))
		} else if err != nil {
			return err
		}
	}
}

func (x *tokens) tag() error {
	for x.end-x.pos < len("<![CDATA[") {
		if err := x.fill(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	part := x.buf[x.pos:x.end]
	switch {
	case bytes.HasPrefix(part, []byte("<!--")):
		return x.until("-->", otherToken)
	case bytes.HasPrefix(part, []byte("<![CDATA[")):
		return x.until("]]>", plainToken)
	case bytes.HasPrefix(part, []byte("<?")):
		return x.until("?>", otherToken)
	case len(part) > 2 && part[1] == '/' && isNameStart(part[2]):
		return x.element(2)
	case len(part) > 1 && isNameStart(part[1]):
		return x.element(1)
	}
	return refuse(Damaged, "")
}

func (x *tokens) until(close string, kind tokenKind) error {
	for {
		if i := bytes.Index(x.buf[x.pos:x.end], []byte(close)); i >= 0 {
			return x.take(kind, i+len(close))
		}
		if err := x.fill(); err != nil {
			return err
		}
	}
}

// element reads a tag whose name begins at skip.
func (x *tokens) element(skip int) error {
	for {
		part := x.buf[x.pos:x.end]
		i := tagEnd(part)
		if i < 0 {
			if err := x.fill(); err != nil {
				return err
			}
			continue
		}
		x.empty = skip == 1 && part[i-1] == '/'
		n := skip
		for n < i && !isSpace(part[n]) && part[n] != '/' {
			n++
		}
		name := part[skip:n]
		x.name, x.attrs = name[bytes.LastIndexByte(name, ':')+1:], n
		if bytes.IndexByte(name, '<') >= 0 || bytes.IndexByte(part[n:i], '<') >= 0 {
			return refuse(Damaged, "")
		}
		if skip == 2 {
			return x.take(endToken, i+1)
		}
		return x.take(startToken, i+1)
	}
}

// tagEnd finds the '>' that ends a tag, outside quotes.
func tagEnd(part []byte) int {
	quote := byte(0)
	for i, c := range part {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '>':
			return i
		case c == '"' || c == '\'':
			quote = c
		}
	}
	return -1
}

// attribute is one of a start tag: its value stands at from to to in raw.
type attribute struct {
	name, local []byte // valid until the next token
	from, to    int
}

// attributes answers those of the current tag.
func (x *tokens) attributes(into []attribute) []attribute {
	raw, i := x.raw, x.attrs
	for {
		for i < len(raw) && (isSpace(raw[i]) || raw[i] == '/') {
			i++
		}
		start := i
		for i < len(raw) && raw[i] != '=' && raw[i] != '>' && !isSpace(raw[i]) {
			i++
		}
		name := raw[start:i]
		for i < len(raw) && raw[i] != '"' && raw[i] != '\'' && raw[i] != '>' {
			i++
		}
		if i >= len(raw) || raw[i] == '>' {
			return into
		}
		end := bytes.IndexByte(raw[i+1:], raw[i])
		if end < 0 {
			return into
		}
		local := name[bytes.LastIndexByte(name, ':')+1:]
		into = append(into, attribute{name, local, i + 1, i + 1 + end})
		i += end + 2
	}
}

// attr answers the value of one attribute, "" if it is absent.
func (x *tokens) attr(local string) string {
	x.list = x.attributes(x.list[:0])
	for _, a := range x.list {
		if string(a.local) == local {
			return unescape(x.raw[a.from:a.to])
		}
	}
	return ""
}

// prefix answers the prefix of the current tag with its colon.
func (x *tokens) prefix() string {
	name := x.raw[1:x.attrs]
	return string(name[:bytes.LastIndexByte(name, ':')+1])
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

func isNameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf
}
