package extract

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// rtf reads Rich Text Format, version 1.9.1.
type rtf struct {
	table
	location string
	depth    int
	r        *bufio.Reader
	groups   []rtfGroup
	bytes    []byte // of \'hh, to be decoded together
	para     []byte
	column   int
	high     rune // first half of a pair of surrogates
	skip     int  // characters that stand for the last \u once more
	gbk      bool
	object   []byte // hexadecimal digits of an embedded object
}

// rtfGroup is what braces enclose.
type rtfGroup struct {
	hidden bool // its text is no text of the document
	object bool // its text is an embedded object
	bytes  int  // \uc: how many characters follow a \u
}

// deepestGroup bounds nesting; deeper groups share the last one's settings.
const deepestGroup = 10_000

// rtfHidden are destinations whose text describes the layout.
var rtfHidden = set("fonttbl", "colortbl", "stylesheet", "pict", "themedata", "colorschememapping", "datastore", "listtable",
	"listoverridetable", "rsidtbl", "latentstyles", "generator", "xmlnstbl", "mmathPr", "pgptbl", "fldtype", "panose", "blipuid")

func (w *walker) rtf(location string, r *bufio.Reader, depth int) {
	w.sink.Begin(location)
	d := &rtf{table: table{w: w}, location: location, depth: depth, r: r, groups: []rtfGroup{{bytes: 1}}}
	for !w.over() {
		c, err := r.ReadByte()
		if err != nil {
			if err != io.EOF {
				w.note(err)
			} else if len(d.groups) > 1 {
				w.note(problem{Truncated})
			}
			break
		}
		d.take(c)
	}
	d.settle()
	d.endRow()
	d.line()
}

func (d *rtf) group() *rtfGroup { return &d.groups[len(d.groups)-1] }

func (d *rtf) take(c byte) {
	switch c {
	case '{':
		d.settle()
		if len(d.groups) < deepestGroup {
			d.groups = append(d.groups, *d.group())
		}
	case '}':
		d.settle()
		d.endObject()
		if len(d.groups) > 1 {
			d.groups = d.groups[:len(d.groups)-1]
		}
	case '\\':
		d.control()
	case '\r', '\n':
	default:
		if d.skip > 0 {
			d.skip--
			return
		}
		if g := d.group(); g.object {
			if len(d.object) < int(min(d.w.limits.Memory, 1<<30)) {
				d.object = append(d.object, c)
			}
		} else if !g.hidden {
			d.bytes = append(d.bytes, c)
			if len(d.bytes) > judged {
				d.settle()
			}
		}
	}
}

// control reads a control word or symbol.
func (d *rtf) control() {
	c, err := d.r.ReadByte()
	if err != nil {
		return
	}
	if c|0x20 < 'a' || c|0x20 > 'z' {
		d.symbol(c)
		return
	}
	word := []byte{c}
	for len(word) < 64 {
		if c, err = d.r.ReadByte(); err != nil || c|0x20 < 'a' || c|0x20 > 'z' {
			break
		}
		word = append(word, c)
	}
	var digits []byte
	for err == nil && (c >= '0' && c <= '9' || c == '-') && len(digits) < 12 {
		digits = append(digits, c)
		c, err = d.r.ReadByte()
	}
	if err == nil && c != ' ' {
		_ = d.r.UnreadByte() // the byte read last can be given back
	}
	n, numErr := strconv.Atoi(string(digits))
	d.word(string(word), n, numErr == nil)
}

func (d *rtf) symbol(c byte) {
	switch c {
	case '\'':
		var h [2]byte
		if _, err := io.ReadFull(d.r, h[:]); err != nil {
			return
		}
		v, err := hex.DecodeString(string(h[:]))
		if err != nil {
			return
		}
		if d.skip > 0 {
			d.skip--
		} else if !d.group().hidden {
			d.bytes = append(d.bytes, v[0])
		}
	case '*':
		d.group().hidden = true // unless a word says otherwise
	case '~':
		d.add8(' ')
	case '_', '-':
		d.add8('-')
	case '{', '}', '\\':
		d.add8(c)
	case '\r', '\n':
		d.newline()
	}
}

func (d *rtf) add8(c byte) {
	if !d.group().hidden {
		d.bytes = append(d.bytes, c)
	}
}

func (d *rtf) word(word string, n int, given bool) {
	g := d.group()
	switch word {
	case "u":
		d.settle()
		d.character(rune(uint16(n)))
		d.skip = g.bytes
		return
	case "uc":
		g.bytes = max(0, n)
	case "ansicpg":
		d.gbk = n == 936
	case "bin":
		if given && n > 0 {
			_, _ = io.CopyN(io.Discard, d.r, int64(n)) // an early end shows at the next byte
		}
	case "par", "line", "sect", "page":
		d.newline()
	case "tab":
		d.add8('\t')
	case "cell", "nestcell":
		d.endCell()
	case "row", "nestrow":
		d.endRow()
	case "objdata":
		g.object, g.hidden = true, true
	case "shptxt", "fldinst", "annotation", "footnote", "header", "footer", "atnauthor", "nesttableprops":
		g.hidden = false
	default:
		if rtfHidden[word] {
			g.hidden = true
		}
	}
}

func (d *rtf) character(r rune) {
	if d.group().hidden {
		return
	}
	if utf16.IsSurrogate(r) {
		if pair := utf16.DecodeRune(d.high, r); pair != utf8.RuneError {
			d.para, d.high = utf8.AppendRune(d.para, pair), 0
		} else {
			d.high = r
		}
		return
	}
	d.para = utf8.AppendRune(d.para, r)
}

// settle decodes the bytes gathered.
func (d *rtf) settle() {
	if len(d.bytes) == 0 {
		return
	}
	if d.gbk {
		if text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(d.bytes); err == nil {
			d.para = append(d.para, text...)
			d.bytes = d.bytes[:0]
			return
		}
	}
	d.para = append(d.para, decodeString(d.bytes)...)
	d.bytes = d.bytes[:0]
}

func (d *rtf) newline() {
	d.settle()
	d.para = append(d.para, '\n')
	if d.column == 0 && len(d.para) > judged {
		d.line()
	}
}

// line gives text outside of tables.
func (d *rtf) line() {
	if len(d.para) > 0 {
		d.w.sink.Write(append(d.para, '\n'))
		d.para = d.para[:0]
	}
}

// endCell ends a cell; paragraphs before the first one of a row are text.
func (d *rtf) endCell() {
	d.settle()
	if i := bytes.LastIndexByte(d.para, '\n'); i >= 0 && d.column == 0 {
		d.w.sink.Write(d.para[:i+1])
		d.para = append(d.para[:0], d.para[i+1:]...)
	}
	d.add(d.column, d.para)
	d.column++
	d.para = d.para[:0]
}

func (d *rtf) endRow() {
	if d.column > 0 {
		d.number++
		d.flush()
		d.column = 0
	}
}

// endObject looks into an embedded object.
func (d *rtf) endObject() {
	if !d.group().object || len(d.object) == 0 {
		return
	}
	content := make([]byte, len(d.object)/2)
	n, _ := hex.Decode(content, d.object[:len(content)*2]) // what is no digit ends it
	d.object = nil
	content = content[:n]
	if i := bytes.Index(content, []byte(oleMagic)); i >= 0 {
		content = content[i:] // the compound file behind the object's own header
	}
	if d.w.admit() {
		d.line()
		d.w.stream(join(d.location, "object"), bytes.NewReader(content), int64(len(content)), d.depth+1)
		d.w.sink.Begin(d.location)
	}
}
