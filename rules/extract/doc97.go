package extract

import (
	"iter"
	"slices"
)

// Places in the file information block of a Word document: [MS-DOC] 2.5.
const (
	fibVersion   = 0x02
	fibFlags     = 0x0A
	fibTableOne  = 0x0200 // the table stream is 1Table
	fibEncrypted = 0x0100
	fibClx       = 0x01A2 // where in the table stream the piece table is
	fibSize      = 0x01AA
	clxPieces    = 0x02
	clxProps     = 0x01
	pieceSize    = 8
	pieceNarrow  = 1 << 30 // a piece of one byte per character
	word97       = 0x00C1  // the version from which on that holds
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
	if le.Uint16(main[fibVersion:]) < word97 {
		c.oldWordDocument(main)
		return
	}
	name := "0Table"
	if flags&fibTableOne != 0 {
		name = "1Table"
	}
	stream := c.whole(name)
	pieces := pieceTable(stream, main, fibClx)
	if pieces == nil {
		c.w.note(problem{Corrupt})
		return
	}
	text := wordText{table: table{w: c.w}}
	rows := rowEnds(stream, main)
	text.rows = len(rows) > 0
	c.w.sink.Begin(c.location)
	for n, where := range piecesIn(pieces) {
		if c.w.over() {
			break
		}
		at, size := int64(where), int64(2)
		if where&pieceNarrow != 0 {
			at, size = int64(where&^pieceNarrow)/2, 1
		}
		if end := min(int64(len(main)), at+n*size); at < end {
			text.piece(main, int(at), int(end), int(size), rows)
		}
	}
	text.end()
}

// piece takes the characters of main from at to end, of a size each. Rows are
// the places behind the marks that end a row.
func (t *wordText) piece(main []byte, at, end, size int, rows []int) {
	next, _ := slices.BinarySearch(rows, at+size)
	for at < end {
		stop, row := end, false
		if next < len(rows) && rows[next] <= end {
			stop, row = max(at, rows[next]-size), true
			next++
		}
		part := main[at:stop]
		if size == 2 {
			t.buf = appendUTF16(t.buf[:0], part, utf16le)
		} else {
			t.buf = appendWestern(t.buf[:0], part)
		}
		t.write(t.buf)
		if at = stop; row {
			t.endRow()
			at += size
		}
	}
}

// piecesIn answers how many characters each piece has, and what says where it
// is.
func piecesIn(table []byte) iter.Seq2[int64, uint32] {
	count := max(0, len(table)-4) / (4 + pieceSize) // n descriptors behind n+1 places
	starts, descriptors := table, table[min(len(table), 4*(count+1)):]
	return func(yield func(int64, uint32) bool) {
		for i := range count {
			n := int64(le.Uint32(starts[4*i+4:])) - int64(le.Uint32(starts[4*i:]))
			if n > 0 && !yield(n, le.Uint32(descriptors[pieceSize*i+2:])) {
				return
			}
		}
	}
}

// pieceTable finds the table of pieces in the stream it is in, by the place that
// main names at fib.
func pieceTable(stream, main []byte, fib int) []byte {
	at, n := uint64(le.Uint32(main[fib:])), uint64(le.Uint32(main[fib+4:]))
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
