package extract

import (
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Records of a workbook stream: [MS-XLS] 2.4.
const (
	xlsFormula    = 0x0006
	xlsEOF        = 0x000A
	xlsHeader     = 0x0014
	xlsFooter     = 0x0015
	xlsName       = 0x0018
	xlsFilePass   = 0x002F
	xlsContinue   = 0x003C
	xlsCodePage   = 0x0042
	xlsBoundSheet = 0x0085
	xlsMulRK      = 0x00BD
	xlsRString    = 0x00D6
	xlsSST        = 0x00FC
	xlsLabelSST   = 0x00FD
	xlsTextObject = 0x01B6
	xlsHyperlink  = 0x01B8
	xlsValidation = 0x01BE
	xlsLinkCache  = 0x0059
	xlsLinkedRow  = 0x005A
	xlsChartText  = 0x100D
	xlsNumber     = 0x0203
	xlsLabel      = 0x0204
	xlsString     = 0x0207
	xlsRK         = 0x027E
	xlsBOF        = 0x0809
	xlsBOF5       = 0x0500 // version of Excel 5 and 95: text in a code page
)

// xls reads a workbook stream.
type xls struct {
	table
	location string
	rest     []byte // records not read yet
	strings  sharedStrings
	old      bool              // Excel 5 or 95
	page     encoding.Encoding // of its text, nil for one to be guessed
	names    []string
	sheet    int    // sheets begun
	open     int    // parts begun and not ended: the globals, a sheet, a chart in it
	ended    int    // parts that stand in no other
	pending  int    // column of a formula whose text follows, -1 for none
	extra    []byte // headers, notes, links: text outside of cells
	caches   int    // of linked workbooks met
}

func (c *compound) workbook(stream string) {
	x := &xls{table: table{w: c.w}, location: c.location, rest: c.whole(stream), pending: -1}
	x.read()
}

func (x *xls) read() {
	x.w.sink.Begin(x.location) // a damaged workbook may have cells before its first sheet
	for !x.w.over() {
		id, record, ok := x.next()
		if !ok {
			break
		}
		if id == xlsFilePass {
			x.w.note(problem{Encrypted})
			return
		}
		x.record(id, record)
	}
	x.flush()
	x.leftover()
	x.strings.unused(x.w, x.location)
}

// next cuts the next record off.
func (x *xls) next() (id uint16, record []byte, ok bool) {
	for len(x.rest) >= 4 && le.Uint32(x.rest) == 0 {
		x.rest = x.rest[4:] // padding, which some programs write among the records
	}
	if len(x.rest) < 4 {
		return 0, nil, false
	}
	id = le.Uint16(x.rest)
	n := int(le.Uint16(x.rest[2:]))
	if n > len(x.rest)-4 {
		if x.open > 0 || x.ended <= len(x.names) { // else old bytes, behind the globals and all sheets
			x.w.note(problem{Truncated})
		}
		n = len(x.rest) - 4
	}
	record = x.rest[4 : 4+n]
	x.rest = x.rest[4+n:]
	return id, record, true
}

// continued answers a record with the ones that continue it.
func (x *xls) continued(record []byte) [][]byte {
	parts := [][]byte{record}
	for len(x.rest) >= 4 && le.Uint16(x.rest) == xlsContinue {
		_, part, ok := x.next()
		if !ok {
			break
		}
		parts = append(parts, part)
	}
	return parts
}

func (x *xls) record(id uint16, r []byte) {
	switch id {
	case xlsBOF:
		x.begin(r)
	case xlsEOF:
		x.flush()
		x.leftover()
		if x.open = max(0, x.open-1); x.open == 0 {
			x.ended++
		}
	case xlsCodePage:
		if len(r) >= 2 {
			x.page = codePage(uint32(le.Uint16(r)))
		}
	case xlsBoundSheet:
		if len(r) > 6 && len(x.names) < 10_000 {
			x.names = append(x.names, string(x.short(r[6:])))
		}
	case xlsSST:
		x.sharedStrings(x.continued(r))
	case xlsLabelSST, xlsNumber, xlsRK, xlsMulRK, xlsLabel, xlsRString, xlsFormula:
		x.cell(id, r)
	case xlsString:
		if x.pending >= 0 {
			x.add(x.pending, x.text(r))
			x.pending = -1
		}
	case xlsLinkCache, xlsLinkedRow:
		x.linked(id, r)
	default:
		x.outside(id, r)
	}
}

// begin starts the globals or a sheet.
func (x *xls) begin(r []byte) {
	if len(r) < 4 {
		return
	}
	x.open++
	x.old = le.Uint16(r) == xlsBOF5
	x.flush()
	x.leftover()
	if le.Uint16(r[2:]) == 5 { // workbook globals
		return
	}
	name := ""
	if x.sheet < len(x.names) {
		name = x.names[x.sheet]
	}
	x.sheet++
	x.w.sink.Begin(join(x.location, name))
}

// cell reads a record of one cell or a run of numbers.
func (x *xls) cell(id uint16, r []byte) {
	if len(r) < 6 {
		return
	}
	row, column := int(le.Uint16(r)), int(le.Uint16(r[2:]))
	if row+1 != x.number {
		x.flush()
		x.number = row + 1
	}
	value := r[6:]
	switch {
	case id == xlsLabelSST && len(value) >= 4:
		x.add(column, x.strings.get(strconv.AppendUint(nil, uint64(le.Uint32(value)), 10)))
	case id == xlsNumber && len(value) >= 8:
		x.add(column, float(le.Uint64(value)))
	case id == xlsRK && len(value) >= 4:
		x.add(column, rk(le.Uint32(value)))
	case id == xlsMulRK:
		for r = r[4:]; len(r) >= 8; r = r[6:] { // the last two bytes are the last column
			x.add(column, rk(le.Uint32(r[2:])))
			column++
		}
	case id == xlsLabel || id == xlsRString:
		x.add(column, x.text(value))
	case id == xlsFormula && len(value) >= 8:
		if le.Uint16(value[6:]) != 0xFFFF {
			x.add(column, float(le.Uint64(value)))
		} else if value[0] == 0 {
			x.pending = column
		}
	}
}

// float writes a number in full digits.
func float(bits uint64) []byte {
	return strconv.AppendFloat(nil, math.Float64frombits(bits), 'f', -1, 64)
}

// rk reads a packed number: [MS-XLS] 2.5.122.
func rk(v uint32) []byte {
	f := math.Float64frombits(uint64(v&^3) << 32)
	if v&2 != 0 {
		f = float64(int32(v) >> 2)
	}
	if v&1 != 0 {
		f /= 100
	}
	return strconv.AppendFloat(nil, f, 'f', -1, 64)
}

// text reads a string with a length of two bytes.
func (x *xls) text(p []byte) []byte {
	if len(p) < 2 {
		return nil
	}
	n, p := int(le.Uint16(p)), p[2:]
	if x.old {
		return decodePage(p[:min(n, len(p))], x.page)
	}
	if len(p) == 0 {
		return nil
	}
	return chars(p[1:], n, p[0]&1 != 0)
}

// short reads a string with a length of one byte.
func (x *xls) short(p []byte) []byte {
	if len(p) < 2 {
		return nil
	}
	if x.old {
		return decodePage(p[1:min(len(p), 1+int(p[0]))], x.page)
	}
	return chars(p[2:], int(p[0]), p[1]&1 != 0)
}

// chars reads n characters, of two bytes each where wide.
func chars(p []byte, n int, wide bool) []byte {
	if wide {
		return appendUTF16(nil, p[:min(2*n, len(p))], utf16le)
	}
	return appendLatin(nil, p[:min(n, len(p))])
}

// appendWestern decodes the code page of western Windows.
func appendWestern(dst, p []byte) []byte {
	for _, c := range p {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
		} else {
			dst = utf8.AppendRune(dst, charmap.Windows1252.DecodeByte(c))
		}
	}
	return dst
}

func appendLatin(dst, p []byte) []byte {
	for _, c := range p {
		dst = utf8.AppendRune(dst, rune(c))
	}
	return dst
}

// sharedStrings reads the table of strings, which goes on over many records:
// [MS-XLS] 2.4.265 and 2.5.293.
func (x *xls) sharedStrings(parts [][]byte) {
	s := &splitStrings{parts: parts}
	s.skip(8)
	begun := false
	for !s.done() {
		text, ok := s.next()
		if !ok {
			return
		}
		if int64(len(x.strings.text)+len(text)) <= x.w.limits.Memory/2 {
			x.strings.add(text)
			continue
		}
		if !begun {
			begun = true
			x.w.note(problem{TooLarge})
			x.w.sink.Begin(x.location)
		}
		x.w.sink.Write(append(text, '\n'))
	}
}

// splitStrings reads strings over the borders of records.
type splitStrings struct {
	parts [][]byte
	units []uint16
}

// done drops parts that are used up and tells whether none is left.
func (s *splitStrings) done() bool {
	for len(s.parts) > 0 && len(s.parts[0]) == 0 {
		s.parts = s.parts[1:]
	}
	return len(s.parts) == 0
}

func (s *splitStrings) take(n int) []byte {
	if s.done() {
		return nil
	}
	p := s.parts[0][:min(n, len(s.parts[0]))]
	s.parts[0] = s.parts[0][len(p):]
	return p
}

func (s *splitStrings) skip(n int) {
	for n > 0 && !s.done() {
		n -= len(s.take(n))
	}
}

func (s *splitStrings) next() ([]byte, bool) {
	head := s.take(3)
	if len(head) < 3 {
		return nil, false
	}
	n, flags := int(le.Uint16(head)), head[2]
	runs, extra := 0, 0
	if flags&8 != 0 {
		if p := s.take(2); len(p) == 2 {
			runs = int(le.Uint16(p))
		}
	}
	if flags&4 != 0 {
		if p := s.take(4); len(p) == 4 {
			extra = int(min(le.Uint32(p), math.MaxInt32))
		}
	}
	wide := flags&1 != 0
	s.units = s.units[:0]
	for n > 0 {
		if len(s.parts) > 0 && len(s.parts[0]) == 0 { // goes on in the next record, which says anew how wide
			if s.done() {
				break
			}
			wide = s.take(1)[0]&1 != 0
		}
		size := 1
		if wide {
			size = 2
		}
		p := s.take(n * size)
		if len(p) < size {
			break
		}
		for i := 0; i+size <= len(p); i += size {
			unit := uint16(p[i])
			if wide {
				unit = binary.LittleEndian.Uint16(p[i:])
			}
			s.units = append(s.units, unit)
			n--
		}
	}
	s.skip(4*runs + extra)
	return []byte(string(utf16.Decode(s.units))), true
}
