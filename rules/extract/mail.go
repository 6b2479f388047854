package extract

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
)

// headers are fields that mail begins with, and text seldom.
var headers = []string{"received:", "return-path:", "delivered-to:", "mime-version:", "message-id:", "from:", "to:", "subject:", "date:", "x-mailer:", "content-type:"}

// looksLikeMail tells mail by three of its header fields at the start of lines.
func looksLikeMail(head []byte) bool {
	found := 0
	for first := true; len(head) > 0; first = false {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		line, head = bytes.TrimSuffix(line, []byte("\r")), rest
		if len(line) == 0 && !first {
			break // the header ends
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		if first && !hasPrefixFold(line, "from ") && (!ok || bytes.ContainsAny(name, " \t")) {
			return false
		}
		for _, h := range headers {
			if hasPrefixFold(line, h) {
				found++
			}
		}
	}
	return found >= 3
}

// hasPrefixFold is bytes.HasPrefix in either case; the prefix is in lower case.
func hasPrefixFold(p []byte, prefix string) bool {
	if len(p) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := p[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}

// mail reads a message (RFC 5322) or a mailbox of many (RFC 4155).
func (w *walker) mail(location string, r *bufio.Reader, depth int) {
	if depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		w.runs(location, r)
		return
	}
	if start, _ := r.Peek(5); string(start) != "From " {
		w.message(location, r, depth)
		return
	}
	box := &mailbox{r: r}
	for n := 1; box.next() && w.admit(); n++ {
		w.message(join(location, fmt.Sprintf("message %d", n)), bufio.NewReader(box), depth)
		_, err := io.Copy(io.Discard, box)
		w.note(err)
	}
}

// mailbox gives one message after the other.
type mailbox struct {
	r     *bufio.Reader
	line  []byte
	inner bool // behind the first line of a message
	end   bool // the next message begins
}

// next goes to the next message.
func (b *mailbox) next() bool {
	start, err := b.r.Peek(5)
	b.end, b.inner = false, false
	return err == nil && string(start) == "From "
}

func (b *mailbox) Read(p []byte) (int, error) {
	for len(b.line) == 0 {
		if b.end {
			return 0, io.EOF
		}
		if start, _ := b.r.Peek(5); b.inner && string(start) == "From " {
			b.end = true
			return 0, io.EOF
		}
		line, err := b.r.ReadSlice('\n')
		if !b.inner { // the line that only parts messages
			b.inner = true
			line = nil
		}
		b.line = line
		if len(line) == 0 && err != nil && err != bufio.ErrBufferFull {
			return 0, err
		}
	}
	n := copy(p, b.line)
	b.line = b.line[n:]
	return n, nil
}

func (w *walker) message(location string, r *bufio.Reader, depth int) {
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil && err != io.EOF && len(header) == 0 {
		w.note(problem{Corrupt})
		w.runs(location, r)
		return
	}
	w.sink.Begin(location)
	words := mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return utf8Reader(in), nil }}
	for _, name := range []string{"From", "To", "Cc", "Bcc", "Reply-To", "Subject", "X-Original-To", "Comments", "Keywords"} {
		for _, value := range header[name] {
			if text, err := words.DecodeHeader(value); err == nil {
				value = text
			}
			w.sink.Write([]byte(name + ": " + strings.ToValidUTF8(value, "\uFFFD") + "\n"))
		}
	}
	w.entity(location, header, r, depth)
}

// entity reads the body of a message or of one of its parts: RFC 2045, 2046.
func (w *walker) entity(location string, header textproto.MIMEHeader, r io.Reader, depth int) {
	mt, params, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if strings.HasPrefix(mt, "multipart/") && params["boundary"] != "" && depth < w.limits.Depth {
		w.parts(location, multipart.NewReader(r, params["boundary"]), depth)
		return
	}
	body := io.Reader(&expanding{w: w, r: decodeTransfer(header.Get("Content-Transfer-Encoding"), r), packed: func() int64 { return 1 << 62 }})
	if mt == "message/rfc822" && depth < w.limits.Depth {
		w.message(location, bufio.NewReader(body), depth+1)
		return
	}
	b := bufio.NewReaderSize(body, sniffed)
	head, _ := b.Peek(sniffed)
	if k, _ := look(head); k == mailKind { // quoted headers, not a message of its own
		w.runs(location, b)
		return
	}
	w.stream(location, b, -1, depth+1)
}

func (w *walker) parts(location string, parts *multipart.Reader, depth int) {
	for w.admit() {
		p, err := parts.NextRawPart()
		if err != nil {
			if err != io.EOF {
				w.note(err)
			}
			return
		}
		name := ""
		if file := p.FileName(); file != "" {
			words := mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return utf8Reader(in), nil }}
			if text, err := words.DecodeHeader(file); err == nil {
				file = text
			}
			name = decodeString([]byte(file))
			w.sink.Begin(location)
			w.sink.Write([]byte(name + "\n"))
		}
		w.entity(join(location, name), p.Header, p, depth+1)
	}
}

func decodeTransfer(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, &onlyBase64{r})
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}

// onlyBase64 leaves out what is no base64 digit, as RFC 2045 6.8 asks for.
type onlyBase64 struct{ r io.Reader }

func (o *onlyBase64) Read(p []byte) (int, error) {
	for {
		n, err := o.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' {
				p[kept] = c
				kept++
			}
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}
