package extract

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// vCard reads contacts (RFC 6350, RFC 2426 and versit's vCard 2.1) and dates
// (RFC 5545), which are written alike: lines come unfolded, in plain text, and
// what is packed into them is opened.
func (w *walker) vCard(location string, r *bufio.Reader, depth int) {
	c := &card{w: w, location: location, depth: depth}
	w.sink.Begin(location)
	lines := bufio.NewReaderSize(utf8Reader(r), sniffed)
	for {
		part, err := lines.ReadSlice('\n')
		c.take(part)
		if err != nil && err != bufio.ErrBufferFull {
			c.end()
			if err != io.EOF {
				w.note(err)
			}
			return
		}
	}
}

// card gathers one line of many.
type card struct {
	w        *walker
	location string
	depth    int
	line     []byte
	open     bool   // the physical line has not ended yet
	name     string // of the contact in parts, where no line has it whole
	whole    bool
	full     bool
}

// isVCard tells contacts and dates by how they begin.
func isVCard(text []byte) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\uFEFF")), " \t\r\n")
	for _, begin := range []string{"BEGIN:VCARD", "BEGIN:VCALENDAR"} {
		if len(text) >= len(begin) && strings.EqualFold(string(text[:len(begin)]), begin) {
			return true
		}
	}
	return false
}

// take adds a part of a physical line, which may go on with the line before.
func (c *card) take(part []byte) {
	ended := bytes.HasSuffix(part, []byte("\n"))
	text := bytes.TrimRight(part, "\r\n")
	switch {
	case c.open: // the rest of a line longer than the buffer
	case len(text) > 0 && (text[0] == ' ' || text[0] == '\t') && len(c.line) > 0:
		text = text[1:]
	case bytes.HasSuffix(c.line, []byte("=")) && isQuoted(c.line):
		c.line = append(c.line, '\n') // quoted-printable goes on
	default:
		c.end()
	}
	c.open = !ended
	if int64(len(c.line)+len(text)) > min(c.w.limits.Memory, 16<<20) {
		if !c.full {
			c.w.note(problem{TooLarge})
		}
		c.full = true
		return
	}
	c.line = append(c.line, text...)
}

func isQuoted(line []byte) bool {
	head, _, ok := bytes.Cut(line, []byte(":"))
	return ok && bytes.Contains(bytes.ToUpper(head), []byte("QUOTED-PRINTABLE"))
}

// end gives the line gathered.
func (c *card) end() {
	line := c.line
	c.line, c.full = c.line[:0], false
	if len(line) == 0 {
		return
	}
	head, value, ok := bytes.Cut(line, []byte(":"))
	parameters := strings.Split(strings.ToUpper(string(head)), ";")
	switch {
	case !ok:
		c.w.sink.Write(append(line, '\n'))
	case isQuoted(line):
		plain, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(value)))
		if err != nil {
			c.w.note(problem{Corrupt})
		}
		c.give(parameters[0], inCharset(plain, parameters))
	case isBase64(parameters) || bytes.HasPrefix(value, []byte("data:")):
		c.file(parameters[0], value)
	default:
		c.give(string(head), unescape(value))
	}
}

func (c *card) give(name string, value []byte) {
	c.named(name, value)
	line := append([]byte(name), ':')
	c.w.sink.Write(append(append(line, value...), '\n'))
}

// named gives a name in parts as one where no line has it whole: vCard 2.1 asks
// for the parts (N) alone.
func (c *card) named(property string, value []byte) {
	property, _, _ = strings.Cut(property, ";")
	property = strings.ToUpper(property[strings.LastIndexByte(property, '.')+1:])
	switch property {
	case "BEGIN":
		c.name, c.whole = "", false
	case "FN":
		c.whole = true
	case "N":
		c.name = wholeName(strings.Split(string(value), ";"))
	case "END":
		if c.name != "" && !c.whole {
			c.w.sink.Write([]byte("FN:" + c.name + "\n"))
		}
		c.name, c.whole = "", false
	}
}

// wholeName joins family name, given name and those behind them as they are
// read: in Chinese, Japanese and Korean the family name goes first.
func wholeName(parts []string) string {
	parts = parts[:min(len(parts), 3)]
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if r, _ := utf8.DecodeRuneInString(parts[0]); r >= 0x2E80 {
		return strings.Join(parts, "")
	}
	return strings.Join(strings.Fields(strings.Join(append(parts[1:len(parts):len(parts)], parts[0]), " ")), " ")
}

func isBase64(parameters []string) bool {
	for _, p := range parameters[1:] {
		if p == "BASE64" || p == "ENCODING=B" || p == "ENCODING=BASE64" {
			return true
		}
	}
	return false
}

// inCharset makes UTF-8 of a value whose charset a parameter tells.
func inCharset(value []byte, parameters []string) []byte {
	for _, p := range parameters {
		name, ok := strings.CutPrefix(p, "CHARSET=")
		if !ok {
			continue
		}
		if e, err := htmlindex.Get(name); err == nil {
			if plain, err := e.NewDecoder().Bytes(value); err == nil {
				return plain
			}
		}
	}
	return []byte(textOf(value))
}

// unescape writes a value as it is read: commas and semicolons are themselves,
// \n is a space.
func unescape(value []byte) []byte {
	if bytes.IndexByte(value, '\\') < 0 {
		return value
	}
	return []byte(strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(string(value)))
}

// file opens what stands in a line as base64, such as a picture.
func (c *card) file(name string, value []byte) {
	if _, after, ok := bytes.Cut(value, []byte("base64,")); ok {
		value = after
	}
	packed := bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' || r == '=' {
			return -1
		}
		return r
	}, value)
	content := make([]byte, base64.RawStdEncoding.DecodedLen(len(packed)))
	n, err := base64.RawStdEncoding.Decode(content, packed)
	if err != nil {
		c.w.note(problem{Corrupt})
		c.give(name, value)
		return
	}
	if c.w.admit() {
		c.w.expanded -= int64(n)
		c.w.stream(join(c.location, strings.ToLower(name)), bytes.NewReader(content[:n]), int64(n), c.depth+1)
		c.w.sink.Begin(c.location)
	}
}
