package extract

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
)

// The records of [MS-XLSB] that hold what people read.
const (
	xlsbRow         = 0
	xlsbBlank       = 1
	xlsbRK          = 2
	xlsbBool        = 4
	xlsbReal        = 5
	xlsbString      = 6
	xlsbShared      = 7
	xlsbFmlaString  = 8
	xlsbFmlaNumber  = 9
	xlsbShortBlank  = 12
	xlsbShortRK     = 13
	xlsbShortError  = 14
	xlsbShortBool   = 15
	xlsbShortReal   = 16
	xlsbShortString = 17
	xlsbShortShared = 18
	xlsbSharedItem  = 19
	xlsbRichString  = 62
	xlsbSheet       = 156 // of the workbook: its part and its name
	xlsbLink        = 494
	xlsbAuthor      = 632
	xlsbComment     = 637
)

// What the first record of a part tells it to be.
var xlsbParts = map[uint32]bool{129: true /* sheet */, 131: true /* workbook */, 159: true /* shared strings */, 628: true /* comments */}

// biff12 reads one part of a binary workbook.
type biff12 struct {
	table
	r       *bufio.Reader
	id      uint32
	record  []byte
	column  int
	strings *sharedStrings
	extra   []byte
}

// isBinaryPart tells parts of a binary workbook by their first record.
func isBinaryPart(head []byte) bool {
	if len(head) < 3 || head[0] < 0x80 {
		return false
	}
	return xlsbParts[uint32(head[0]&0x7F)|uint32(head[1]&0x7F)<<7]
}

// next reads one record; what is longer than widest is cut.
func (b *biff12) next() error {
	var fields [2]uint32
	for i, most := range []int{2, 4} {
		for n := range most {
			c, err := b.r.ReadByte()
			if err != nil {
				if i > 0 || n > 0 {
					err = errors.Join(problem{Truncated}, err)
				}
				return err
			}
			fields[i] |= uint32(c&0x7F) << (7 * n)
			if c < 0x80 {
				break
			}
		}
	}
	b.id = fields[0]
	size := int(fields[1])
	kept := min(size, widest)
	if cap(b.record) < kept {
		b.record = make([]byte, kept)
	}
	b.record = b.record[:kept]
	if _, err := io.ReadFull(b.r, b.record); err != nil {
		return problem{Truncated}
	}
	if size > kept {
		b.w.note(problem{TooLarge})
		if _, err := b.r.Discard(size - kept); err != nil {
			return problem{Truncated}
		}
	}
	return nil
}

// binaryPart reads a part of a binary workbook: a sheet, the shared strings,
// comments.
func (o *office) binaryPart(location string, r io.Reader) {
	b := &biff12{table: table{w: o.w}, r: bufio.NewReaderSize(r, sniffed), strings: &o.strings}
	o.w.sink.Begin(location)
	err := b.next()
	for ; err == nil && !o.w.over(); err = b.next() {
		b.take()
	}
	b.flush()
	if len(b.extra) > 0 {
		o.w.sink.Write(b.extra)
	}
	if err != io.EOF {
		o.w.note(err)
	}
}

// take gives what the record holds.
func (b *biff12) take() {
	r := b.record
	switch b.id {
	case xlsbRow:
		b.flush()
		if len(r) >= 4 {
			b.number, b.column = int(binary.LittleEndian.Uint32(r))+1, -1
		}
	case xlsbSharedItem:
		if len(r) > 1 {
			text, _ := wideString(r[1:])
			b.keep(text)
		}
	case xlsbComment:
		if len(r) > 1 {
			b.say(r[1:], 1)
		}
	case xlsbAuthor:
		b.say(r, 1)
	case xlsbLink:
		if len(r) > 16 {
			b.say(r[16:], 4)
		}
	case xlsbShortBlank, xlsbShortRK, xlsbShortError, xlsbShortBool, xlsbShortReal, xlsbShortString, xlsbShortShared:
		b.column++
		if len(r) >= 4 {
			b.cell(b.id-xlsbShortBlank+xlsbBlank, r[4:])
		}
	case xlsbRK, xlsbBool, xlsbReal, xlsbString, xlsbShared, xlsbFmlaString, xlsbFmlaNumber, xlsbRichString:
		if len(r) >= 8 {
			b.column = int(binary.LittleEndian.Uint32(r) & 0x3FFF)
			b.cell(b.id, r[8:])
		}
	}
}

// keep keeps a shared string, or gives it where the memory for them is full.
func (b *biff12) keep(text []byte) {
	if int64(len(b.strings.text)+len(text)) <= min(b.w.limits.Memory/2, 1<<31) {
		b.strings.add(text)
		return
	}
	b.w.note(problem{TooLarge})
	b.w.sink.Write(append(text, '\n'))
}

// cell gives the value of a cell, which stands behind its column and style.
func (b *biff12) cell(id uint32, value []byte) {
	var text []byte
	switch {
	case id == xlsbString || id == xlsbFmlaString:
		text, _ = wideString(value)
	case id == xlsbRichString && len(value) > 1:
		text, _ = wideString(value[1:])
	case id == xlsbRK && len(value) >= 4:
		text = rk(binary.LittleEndian.Uint32(value))
	case (id == xlsbReal || id == xlsbFmlaNumber) && len(value) >= 8:
		text = float(binary.LittleEndian.Uint64(value))
	case id == xlsbShared && len(value) >= 4:
		text = b.strings.get(strconv.AppendUint(nil, uint64(binary.LittleEndian.Uint32(value)), 10))
	}
	b.add(b.column, text)
}

// say gives so many strings beside the cells, a line each.
func (b *biff12) say(p []byte, times int) {
	for range times {
		var text []byte
		text, p = wideString(p)
		if len(text) > 0 && len(b.extra) < widest {
			b.extra = append(append(b.extra, text...), '\n')
		}
	}
}

// wideString reads a string with a length of four bytes, and answers what
// follows it.
func wideString(p []byte) (text, rest []byte) {
	if len(p) < 4 {
		return nil, nil
	}
	n := int64(binary.LittleEndian.Uint32(p))
	if n == 0xFFFFFFFF { // there is none
		return nil, p[4:]
	}
	n = min(2*n, int64(len(p)-4))
	return chars(p[4:], int(n/2), true), p[4+n:]
}

// binaryWorkbook reads the names of the sheets.
func (o *office) binaryWorkbook(e *entry, relations map[string]string) {
	r := o.content(e)
	if r == nil {
		return
	}
	b := &biff12{table: table{w: o.w}, r: bufio.NewReaderSize(r, sniffed)}
	for b.next() == nil && len(o.order) < 10_000 {
		if b.id != xlsbSheet || len(b.record) < 8 {
			continue
		}
		id, rest := wideString(b.record[8:])
		name, _ := wideString(rest)
		if target := relations[string(id)]; target != "" {
			o.sheets[target] = strings.ToValidUTF8(string(name), "\uFFFD")
			o.order = append(o.order, target)
		}
	}
}
