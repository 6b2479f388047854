package extract

import "bytes"

// records tells records of XML that follow one another and are made of the same
// fields: they become a table, with the names of the fields once above it. So
// what stands in a field is known by its column whatever its name is. A nil
// *records gives each line as it is.
type records struct {
	fields []field
	held   []byte // the last line, which may be the first of a table
	names  []byte // of its fields, which the heading of a table is
	values []byte
	table  bool // the heading was given
	out    []byte
}

// field is a field of the line being put together: where its name and its value
// stand.
type field struct{ from, to, value, end int }

// field takes the next field of the line: its name, and where its value begins.
func (r *records) field(from, to, value int) {
	if r != nil {
		r.fields = append(r.fields, field{from, to, value, value})
	}
}

// ends says that what stands there belongs to the last field.
func (r *records) ends(at int) {
	if r != nil && len(r.fields) > 0 {
		r.fields[len(r.fields)-1].end = at
	}
}

func (r *records) begin() {
	if r != nil {
		r.fields = r.fields[:0]
	}
}

// take takes a line, and answers what is to be given for it and those before.
func (r *records) take(line []byte) []byte {
	if r == nil {
		return append(line, '\n')
	}
	if len(r.fields) < 2 || string(line[r.fields[0].from:r.fields[0].to]) == "key" { // of a property list, whose keys are the names
		r.out = append(append(append(r.out[:0], r.release()...), line...), '\n')
		return r.out
	}
	r.out = r.out[:0]
	for i, f := range r.fields {
		r.out = appendField(r.out, line[f.from:f.to], i)
	}
	same := bytes.Equal(r.out, r.names)
	if !same {
		names := bytes.Clone(r.out)
		r.out = append(r.out[:0], r.release()...)
		r.names = names
		r.held = append(append(r.held[:0], line...), '\n')
		r.values = r.appendValues(r.values[:0], line)
		return r.out
	}
	r.out = r.out[:0]
	if !r.table {
		r.out = append(append(append(r.out, r.names...), '\n'), r.values...)
		r.table, r.held = true, r.held[:0]
	}
	r.out = r.appendValues(r.out, line)
	return r.out
}

func (r *records) appendValues(dst, line []byte) []byte {
	for i, f := range r.fields {
		dst = appendField(dst, line[f.value:f.end], i)
	}
	return append(dst, '\n')
}

// appendField appends what stands in a column, on one line.
func appendField(dst, text []byte, column int) []byte {
	if column > 0 {
		dst = append(dst, '\t')
	}
	at := len(dst)
	dst = append(dst, bytes.TrimSpace(text)...)
	for i, c := range dst[at:] {
		if c == '\t' || c == '\n' || c == '\r' {
			dst[at+i] = ' '
		}
	}
	return dst
}

// release answers the line that is held back: nothing followed to make a table.
func (r *records) release() []byte {
	if r == nil {
		return nil
	}
	held := r.held
	r.held, r.names, r.table = r.held[:0], r.names[:0], false
	return held
}
