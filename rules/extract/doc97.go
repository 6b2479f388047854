package extract

import "bytes"

// Places in the file information block of a Word document: [MS-DOC] 2.5.
const (
	fibFlags     = 0x0A
	fibTableOne  = 0x0200 // the table stream is 1Table
	fibEncrypted = 0x0100
	fibClx       = 0x01A2 // where in the table stream the piece table is
	fibSize      = 0x01AA
	clxPieces    = 0x02
	clxProps     = 0x01
	pieceSize    = 8
	pieceNarrow  = 1 << 30 // a piece of one byte per character
)

// wordDocument reads the text of a Word document by its piece table: [MS-DOC]
// 2.4.1. It holds the body, then footnotes, headers, comments and text boxes.
func (c *compound) wordDocument() {
	main := c.whole("WordDocument")
	if len(main) < fibSize {
		c.w.note(problem{Corrupt})
		return
	}
	flags := le.Uint16(main[fibFlags:])
	if flags&fibEncrypted != 0 {
		c.w.note(problem{Encrypted})
		return
	}
	name := "0Table"
	if flags&fibTableOne != 0 {
		name = "1Table"
	}
	pieces := pieceTable(c.whole(name), main)
	if pieces == nil {
		c.w.note(problem{Corrupt})
		return
	}
	text := wordText{table: table{w: c.w}}
	c.w.sink.Begin(c.location)
	count := (len(pieces) - 4) / (4 + pieceSize) // n descriptors behind n+1 places
	starts, descriptors := pieces, pieces[4*(count+1):]
	for i := range count {
		if c.w.over() {
			break
		}
		n := int64(le.Uint32(starts[4*i+4:])) - int64(le.Uint32(starts[4*i:]))
		where := le.Uint32(descriptors[pieceSize*i+2:])
		at, size, wide := int64(where), int64(2), true
		if where&pieceNarrow != 0 {
			at, size, wide = int64(where&^pieceNarrow)/2, 1, false
		}
		if n <= 0 || at > int64(len(main)) {
			continue
		}
		part := main[at:min(int64(len(main)), at+n*size)]
		text.write(chars(part, int(n), wide))
	}
	text.end()
}

// pieceTable finds the table of pieces in the table stream.
func pieceTable(stream, main []byte) []byte {
	at, n := uint64(le.Uint32(main[fibClx:])), uint64(le.Uint32(main[fibClx+4:]))
	if at+n > uint64(len(stream)) {
		return nil
	}
	clx := stream[at : at+n]
	for len(clx) >= 5 && clx[0] == clxProps {
		skip := 3 + int(le.Uint16(clx[1:]))
		if skip > len(clx) {
			return nil
		}
		clx = clx[skip:]
	}
	if len(clx) < 5 || clx[0] != clxPieces {
		return nil
	}
	size := uint64(le.Uint32(clx[1:]))
	if size > uint64(len(clx)-5) || size < 4+4+pieceSize {
		return nil
	}
	return clx[5 : 5+size]
}

// wordText makes lines and rows of the text of a Word document, in which marks
// end paragraphs and cells, and one more mark ends a row.
type wordText struct {
	table
	cell   []byte
	column int
	marked bool // the last character was a cell mark
}

func (t *wordText) write(text []byte) {
	for _, r := range string(text) {
		switch r {
		case 0x07:
			if t.marked && len(bytes.TrimSpace(t.cell)) == 0 {
				t.number++
				t.flush()
				t.column, t.marked = 0, false
				t.cell = t.cell[:0]
				continue
			}
			t.beforeTable()
			t.add(t.column, t.cell)
			t.column++
			t.cell, t.marked = t.cell[:0], true
		case '\r', 0x0B, 0x0C:
			if t.column > 0 {
				t.cell = append(t.cell, ' ')
				continue
			}
			t.cell = append(t.cell, '\n')
			if len(t.cell) > judged {
				t.line()
			}
		case 0x13, 0x14, 0x15, 0x01, 0x08, 0x02, 0x05: // fields, drawings, references
		default:
			t.cell = append(t.cell, string(r)...)
		}
	}
}

// beforeTable gives the paragraphs that stand before the first cell of a row.
func (t *wordText) beforeTable() {
	if i := bytes.LastIndexByte(t.cell, '\n'); i >= 0 && t.column == 0 {
		t.w.sink.Write(t.cell[:i+1])
		t.cell = append(t.cell[:0], t.cell[i+1:]...)
	}
}

// line gives text outside of tables.
func (t *wordText) line() {
	if len(t.cell) > 0 {
		t.w.sink.Write(t.cell)
		t.cell = t.cell[:0]
	}
}

func (t *wordText) end() {
	t.number++
	t.flush()
	t.line()
}

// Records of a presentation: [MS-PPT] 2.13.24.
const (
	pptContainer  = 0x0F
	pptTextChars  = 0x0FA0
	pptTextBytes  = 0x0FA8
	pptString     = 0x0FBA
	pptTagData    = 0x138B // holds records, though it does not say so
	pptHeader     = 8
	pptSecretMark = 0xF3D1C4DF // of an encrypted document, in the stream Current User
)

// presentation reads the text of a PowerPoint presentation record by record.
func (c *compound) presentation() {
	if user := c.whole("Current User"); len(user) >= 16 && le.Uint32(user[12:]) == pptSecretMark {
		c.w.note(problem{Encrypted})
		return
	}
	rest := c.whole("PowerPoint Document")
	c.w.sink.Begin(c.location)
	for len(rest) >= pptHeader && !c.w.over() {
		version, id, n := rest[0]&0x0F, le.Uint16(rest[2:]), uint64(le.Uint32(rest[4:]))
		rest = rest[pptHeader:]
		if version == pptContainer || id == pptTagData {
			continue // what it holds follows
		}
		if n > uint64(len(rest)) {
			c.w.note(problem{Truncated})
			n = uint64(len(rest))
		}
		body := rest[:n]
		rest = rest[n:]
		switch id {
		case pptTextChars, pptString:
			c.pptText(chars(body, len(body), true))
		case pptTextBytes:
			c.pptText(chars(body, len(body), false))
		}
	}
}

func (c *compound) pptText(text []byte) {
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte{'\r'}, []byte{'\n'}), []byte{0x0B}, []byte{'\n'})
	c.w.sink.Write(append(text, '\n'))
}
