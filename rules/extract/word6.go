package extract

import (
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Places in the file information block of Word 6 and 95, which have no table
// stream: Microsoft Word 6.0 Binary File Format.
const (
	fib6Language = 0x06
	fib6Charset  = 0x14
	fib6Start    = 0x18 // of the text, where it is not in pieces
	fib6End      = 0x1C
	fib6Fonts    = 0xD0
	fib6Clx      = 0x160
	fib6Size     = 0x168
	fib6Pieces   = 0x0004 // flag: the text is in pieces
	fib6Wide     = 0x1000 // flag: two bytes for each character
	macintosh    = 256
)

// oldWordDocument reads a document of Word 6 or 95, whose text is in a code
// page or, in Asian editions of 95, in UTF-16.
func (c *compound) oldWordDocument(main []byte) {
	flags := le.Uint16(main[fibFlags:])
	page, size := pageOf(main), int64(1)
	if flags&fib6Wide != 0 {
		size = 2
	}
	text := wordText{table: table{w: c.w}}
	give := func(at, n int64) {
		if end := min(int64(len(main)), at+n*size); at >= end {
			return
		} else if size == 2 {
			text.write(appendUTF16(nil, main[at:end], utf16le))
		} else {
			text.write(decodePage(main[at:end], page))
		}
	}
	pieces := []byte(nil)
	if flags&fib6Pieces != 0 {
		if pieces = pieceTable(main, main, fib6Clx); pieces == nil {
			c.w.note(problem{Corrupt})
			return
		}
	}
	c.w.sink.Begin(c.location)
	if pieces == nil {
		start, end := int64(le.Uint32(main[fib6Start:])), int64(le.Uint32(main[fib6End:]))
		give(start, (end-start)/size)
	}
	for n, where := range piecesIn(pieces) { // which may all be the same place
		if c.w.over() {
			break
		}
		give(int64(where), n)
	}
	text.end()
}

// decodePage makes UTF-8 of text in a code page, or where none is known in the
// one it looks like.
func decodePage(text []byte, page encoding.Encoding) []byte {
	if page == nil {
		switch c := judgeNarrow(text); {
		case isASCII(text):
			return text
		case c == gb18030 || c == big5:
			return appendLegacy(nil, text, c)
		}
		page = charmap.Windows1252
	}
	decoded, err := page.NewDecoder().Bytes(text)
	if err != nil {
		return text
	}
	return decoded
}

// pageOf answers the code page of a document, nil for the western one.
func pageOf(main []byte) encoding.Encoding {
	if le.Uint16(main[fib6Charset:]) == macintosh {
		return charmap.Macintosh
	}
	if page := codePage(pageOfLanguage(le.Uint16(main[fib6Language:]))); page != nil {
		return page
	}
	at, n := uint64(le.Uint32(main[fib6Fonts:])), uint64(le.Uint32(main[fib6Fonts+4:]))
	if at+n > uint64(len(main)) || n < 2 {
		return nil
	}
	const charset = 4
	for fonts := main[at+2 : at+n]; len(fonts) > charset; {
		if page := codePage(pagesOfFonts[fonts[charset]]); page != nil {
			return page
		}
		fonts = fonts[min(len(fonts), 1+int(fonts[0])):]
	}
	return nil
}

// pageOfLanguage answers the code page of a language as Windows numbers them,
// 0 for western ones.
func pageOfLanguage(id uint16) uint32 {
	switch id {
	case 0x0404, 0x0C04, 0x1404: // Taiwan, Hong Kong, Macau
		return 950
	}
	return pagesOfLanguages[id&0x3FF]
}

var pagesOfLanguages = map[uint16]uint32{
	0x04: 936, 0x11: 932, 0x12: 949, 0x1E: 874, 0x2A: 1258, // Chinese, Japanese, Korean, Thai, Vietnamese
	0x19: 1251, 0x22: 1251, 0x23: 1251, 0x02: 1251, 0x2F: 1251, // Russian, Ukrainian, Belarusian, Bulgarian, Macedonian
	0x05: 1250, 0x0E: 1250, 0x15: 1250, 0x18: 1250, 0x1A: 1250, 0x1B: 1250, 0x24: 1250, // Czech, Hungarian, Polish, Romanian, Croatian, Slovak, Slovene
	0x08: 1253, 0x1F: 1254, 0x0D: 1255, 0x01: 1256, 0x25: 1257, 0x26: 1257, 0x27: 1257, // Greek, Turkish, Hebrew, Arabic, the Baltic ones
}

// pagesOfFonts are the code pages of the charsets of fonts.
var pagesOfFonts = map[byte]uint32{
	128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250,
}
