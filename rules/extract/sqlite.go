package extract

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"unicode/utf16"
)

// database reads a SQLite database after https://www.sqlite.org/fileformat2.html:
// its tables as rows, the names of columns being the first one, then the pages
// no table reaches, where deleted rows stand. Every page is read at most once.
type database struct {
	table
	location string
	at       io.ReaderAt
	size     int64
	depth    int
	pageSize int64
	usable   int // bytes of a page that SQLite uses
	wide     binary.ByteOrder
	seen     []uint64 // pages, a bit set
	values   []value
	rowed    func(rowid int64, values []value)
}

const (
	sqliteMagic     = "SQLite format 3\x00"
	sqliteHeader    = 100
	mostColumns     = 32767
	mostTables      = 10_000
	deepestTree     = 40
	interiorIndex   = 0x02
	interiorTable   = 0x05
	leafIndex       = 0x0A
	leafTable       = 0x0D
	interiorHeader  = 12
	leafHeader      = 8
	shortestBlob    = 16 // bytes; shorter ones hold no file
	sqliteUTF16LE   = 2
	sqliteUTF16BE   = 3
	mostSQLitePages = 1 << 32
)

func (w *walker) sqlite(location string, at io.ReaderAt, size int64, depth int) {
	head := make([]byte, sqliteHeader)
	if _, err := at.ReadAt(head, 0); err != nil {
		w.runs(location, io.NewSectionReader(at, 0, size))
		if err == io.EOF {
			err = problem{Truncated}
		}
		w.note(err)
		return
	}
	d := &database{table: table{w: w}, location: location, at: at, size: size, depth: depth}
	d.pageSize = int64(binary.BigEndian.Uint16(head[16:]))
	if d.pageSize == 1 {
		d.pageSize = 65536
	}
	d.usable = int(d.pageSize) - int(head[20])
	switch head[59] { // the last of the four bytes at 56
	case sqliteUTF16LE:
		d.wide = binary.LittleEndian
	case sqliteUTF16BE:
		d.wide = binary.BigEndian
	}
	if d.pageSize < 512 || d.pageSize&(d.pageSize-1) != 0 || d.usable < 480 || size/d.pageSize > mostSQLitePages {
		w.note(problem{Corrupt})
		w.runs(location, io.NewSectionReader(at, 0, size))
		return
	}
	if int64(binary.BigEndian.Uint32(head[28:]))*d.pageSize > size {
		w.note(problem{Truncated})
	}
	d.seen = make([]uint64, size/d.pageSize/64+1)
	d.read()
	d.readRest()
}

// value is one value of a record.
type value struct {
	kind  int64 // serial type
	bytes []byte
}

// schema is what a table is called and where it begins.
type schema struct {
	name    string
	index   bool // repeats what stands in a table
	root    int64
	columns []string
}

func (d *database) read() {
	var tables []schema
	d.w.sink.Begin(join(d.location, "schema"))
	d.rowed = func(_ int64, v []value) {
		if len(v) < 5 {
			d.w.note(problem{Corrupt})
			return
		}
		sql := d.text(v[4])
		d.w.sink.Write(append([]byte(sql), '\n'))
		if v[3].integer() > 0 && len(tables) < mostTables {
			tables = append(tables, schema{d.text(v[1]), d.text(v[0]) == "index", v[3].integer(), columnsOf(sql)})
		}
	}
	d.tree(1, 0)
	for _, t := range tables {
		if d.w.over() {
			d.w.note(d.w.limit())
			return
		}
		d.readTable(t)
	}
}

func (d *database) readTable(t schema) {
	if t.index {
		d.rowed = func(int64, []value) {}
		d.tree(t.root, 0)
		return
	}
	d.w.sink.Begin(join(d.location, t.name))
	d.number = 1
	for i, name := range t.columns {
		d.add(i, []byte(name))
	}
	d.flush()
	d.rowed = func(rowid int64, values []value) { d.row(t, rowid, values) }
	d.tree(t.root, 0)
}

// row gives one row; files in it come after it.
func (d *database) row(t schema, rowid int64, values []value) {
	d.number++
	files := 0
	for i, v := range values {
		switch {
		case v.kind == 0 && i == 0 && rowid != 0: // mostly the key, which is the number of the row itself
			d.add(i, strconv.AppendInt(nil, rowid, 10))
		case v.isBlob() && !validText(v.bytes):
			files++
		default:
			d.add(i, []byte(d.text(v)))
		}
	}
	d.flush()
	if files == 0 {
		return
	}
	for i, v := range values {
		if v.isBlob() && len(v.bytes) >= shortestBlob && !validText(v.bytes) && d.w.admit() {
			d.w.expanded -= int64(len(v.bytes))
			d.w.stream(join(d.location, t.name+" row "+strconv.Itoa(d.number)+" column "+strconv.Itoa(i+1)), bytes.NewReader(v.bytes), int64(len(v.bytes)), d.depth+1)
		}
	}
	d.w.sink.Begin(join(d.location, t.name))
}

// mark takes a page; false when it is not there or has been read already.
func (d *database) mark(number int64) bool {
	if number < 1 || (number-1)*d.pageSize >= d.size || d.seen[number/64]&(1<<(number%64)) != 0 {
		d.w.note(problem{Corrupt})
		return false
	}
	d.seen[number/64] |= 1 << (number % 64)
	return true
}

// page reads a page into memory of its own; nil when there is none.
func (d *database) page(number int64) []byte {
	if !d.mark(number) {
		return nil
	}
	p := make([]byte, d.pageSize)
	n, err := d.at.ReadAt(p, (number-1)*d.pageSize)
	if n < len(p) {
		if err == io.EOF {
			err = problem{Truncated}
		}
		d.w.note(err)
		return nil
	}
	return p
}

// tree reads a b-tree of any kind, left to right.
func (d *database) tree(number int64, deep int) {
	if deep > deepestTree || d.w.over() {
		d.w.note(problem{Corrupt})
		return
	}
	p := d.page(number)
	if p == nil {
		return
	}
	start := 0
	if number == 1 {
		start = sqliteHeader
	}
	kind, cells := p[start], int(binary.BigEndian.Uint16(p[start+3:]))
	pointers := start + leafHeader
	if kind == interiorIndex || kind == interiorTable {
		pointers = start + interiorHeader
	} else if kind != leafIndex && kind != leafTable {
		d.w.note(problem{Corrupt})
		return
	}
	if pointers+2*cells > len(p) {
		d.w.note(problem{Corrupt})
		cells = (len(p) - pointers) / 2
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(p[pointers+2*i:]))
		if at < pointers || at+4 > len(p) {
			d.w.note(problem{Corrupt})
			continue
		}
		d.cell(kind, p[:d.usable], at, deep)
		if d.w.over() {
			d.w.note(d.w.limit())
			return
		}
	}
	if kind == interiorIndex || kind == interiorTable {
		d.tree(int64(binary.BigEndian.Uint32(p[start+8:])), deep+1)
	}
}

func (d *database) cell(kind byte, p []byte, at, deep int) {
	cell := p[min(at, len(p)):]
	if kind == interiorIndex || kind == interiorTable {
		if len(cell) < 4 {
			d.w.note(problem{Corrupt})
			return
		}
		d.tree(int64(binary.BigEndian.Uint32(cell)), deep+1)
		if kind == interiorTable {
			return
		}
		cell = cell[4:]
	}
	size, n := varint(cell)
	cell = cell[n:]
	rowid := int64(0)
	most := (d.usable-12)*64/255 - 23
	if kind == leafTable {
		rowid, n = varint(cell)
		cell = cell[n:]
		most = d.usable - 35
	}
	if payload := d.payload(cell, size, most); payload != nil {
		d.record(rowid, payload)
	}
}

// payload gathers what a cell holds, on its page and behind it.
func (d *database) payload(cell []byte, size int64, most int) []byte {
	if size < 0 || size > d.size || size > d.w.limits.Memory {
		d.w.note(problem{Corrupt})
		return nil
	}
	if size <= int64(most) {
		if size > int64(len(cell)) {
			d.w.note(problem{Corrupt})
			size = int64(len(cell))
		}
		return cell[:size]
	}
	least := (d.usable-12)*32/255 - 23
	here := least + (int(size)-least)%(d.usable-4)
	if here > most {
		here = least
	}
	if here+4 > len(cell) {
		d.w.note(problem{Corrupt})
		return nil
	}
	whole := append(make([]byte, 0, size), cell[:here]...)
	next := int64(binary.BigEndian.Uint32(cell[here:]))
	for int64(len(whole)) < size && !d.w.over() {
		p := d.page(next)
		if p == nil {
			break
		}
		next = int64(binary.BigEndian.Uint32(p))
		whole = append(whole, p[4:min(int64(d.usable), 4+size-int64(len(whole)))]...)
	}
	return whole
}

// record takes a record apart and gives its values.
func (d *database) record(rowid int64, p []byte) {
	length, n := varint(p)
	if length < int64(n) || length > int64(len(p)) {
		d.w.note(problem{Corrupt})
		return
	}
	kinds, body := p[n:length], p[length:]
	d.values = d.values[:0]
	for len(kinds) > 0 && len(d.values) < mostColumns {
		kind, n := varint(kinds)
		kinds = kinds[n:]
		size := serialSize(kind)
		if size < 0 || size > int64(len(body)) {
			d.w.note(problem{Corrupt})
			size = max(0, min(size, int64(len(body))))
		}
		d.values = append(d.values, value{kind, body[:size]})
		body = body[size:]
	}
	d.rowed(rowid, d.values)
}

// serialSize answers how many bytes a value of that serial type has.
func serialSize(kind int64) int64 {
	switch {
	case kind >= 12:
		return (kind - 12) / 2
	case kind <= 4:
		return max(0, kind)
	case kind == 5:
		return 6
	case kind == 6 || kind == 7:
		return 8
	}
	return 0
}

func (v value) isBlob() bool { return v.kind >= 12 && v.kind%2 == 0 }

func (v value) integer() int64 {
	switch {
	case v.kind == 9:
		return 1
	case v.kind < 1 || v.kind > 6 || len(v.bytes) == 0:
		return 0
	}
	n := int64(int8(v.bytes[0]))
	for _, b := range v.bytes[1:] {
		n = n<<8 | int64(b)
	}
	return n
}

// text writes a value as a person would read it.
func (d *database) text(v value) string {
	switch {
	case v.kind == 0 || v.kind == 10 || v.kind == 11:
		return ""
	case v.kind == 7 && len(v.bytes) == 8:
		return strconv.FormatFloat(math.Float64frombits(binary.BigEndian.Uint64(v.bytes)), 'f', -1, 64)
	case v.kind < 12:
		return strconv.FormatInt(v.integer(), 10)
	case v.isBlob() || d.wide == nil:
		return textOf(v.bytes)
	}
	units := make([]uint16, len(v.bytes)/2)
	for i := range units {
		units[i] = d.wide.Uint16(v.bytes[2*i:])
	}
	return string(utf16.Decode(units))
}

// varint reads SQLite's numbers of one to nine bytes.
func varint(p []byte) (int64, int) {
	var v uint64
	for i, b := range p {
		if i == 8 {
			return int64(v<<8 | uint64(b)), 9
		}
		v = v<<7 | uint64(b&0x7F)
		if b < 0x80 {
			return int64(v), i + 1
		}
	}
	return int64(v), len(p)
}

// readRest searches the pages no table reached: free ones keep what was
// deleted.
func (d *database) readRest() {
	pages := (d.size + d.pageSize - 1) / d.pageSize
	for from := int64(1); from <= pages && !d.w.over(); from++ {
		if d.seen[from/64]&(1<<(from%64)) != 0 {
			continue
		}
		to := from
		for to <= pages && d.seen[to/64]&(1<<(to%64)) == 0 {
			to++
		}
		start, end := (from-1)*d.pageSize, min((to-1)*d.pageSize, d.size)
		d.w.runs(join(d.location, "free pages"), io.NewSectionReader(d.at, start, end-start))
		from = to
	}
}
