package redact

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/detect"
)

// finder answers where in the text of frames customer data stands, as the
// detector sees it when it reads the whole file.
type finder struct {
	scanner *detect.Scanner
	replay  replay
	marks   []mark
	folded  folded
	row     []detect.Cell
	spans   []span
}

// mark says where in the frame the text stands that was given to the scanner.
type mark struct {
	fragment int
	offset   int64 // in the fragment
	at, end  int   // in the text of the frame
}

// batchMost is how many findings of a class, and distinct values, a batch may
// hold: more than fit into its text.
const batchMost = 1 << 20

func newFinder(p *detect.Pack) *finder {
	return &finder{scanner: detect.NewScanner(p, detect.Limits{Findings: batchMost, Distinct: batchMost})}
}

// find answers the spans of a frame, in order and apart from one another.
func (d *finder) find(f *frame) []span {
	d.scanner.Reset()
	d.marks, d.spans = d.marks[:0], d.spans[:0]
	fragment, offset := 0, int64(0)
	d.scanner.Begin("0")
	if f.continued {
		offset = d.replay.play(d.scanner)
	} else {
		d.replay.clear()
	}
	begin := func() {
		fragment++
		offset = 0
		d.scanner.Begin(strconv.Itoa(fragment))
	}
	rows := false // stand in the fragment; they and lines never do together
	for i, it := range f.items {
		if i > 0 && it.n > 0 && f.items[i-1].n > 0 && it.row != rows {
			begin()
		}
		rows = it.row
		switch {
		case it.n == 0:
			begin()
			d.replay.clear()
			continue
		case it.row:
			d.giveRow(f, it, i+1)
		default:
			offset = d.giveLine(f, it, fragment, offset)
		}
		if len(d.replay.first) < replayFirst || i >= len(f.items)-replayLast {
			d.replay.note(f, it)
		}
	}
	for _, it := range f.extras {
		begin()
		d.giveLine(f, it, fragment, 0)
	}
	for _, found := range d.scanner.Close().Findings {
		d.locate(f, found)
	}
	d.apart()
	d.echo(f)
	return d.apart()
}

// Bounds on where echoes are looked for: they are for rows and lines that
// people write, not for a file that is one line.
const (
	echoBytes = 16 << 10 // of a row
	echoMost  = 32       // values in a row
)

// echo adds what repeats in the same row or line a value found there: the name
// of the column of names once more in that of remarks.
func (d *finder) echo(f *frame) {
	next, had := 0, len(d.spans)
	for _, it := range f.items {
		if it.n == 0 {
			continue
		}
		cells := f.cells[it.first : it.first+it.n]
		start, end := cells[0].start, cells[it.n-1].end
		for next < had && d.spans[next].start < start {
			next++
		}
		first := next
		for next < had && d.spans[next].start < end {
			next++
		}
		if end-start > echoBytes || next-first > echoMost {
			continue
		}
		for _, s := range d.spans[first:next] {
			d.echoOf(f, s, it)
		}
	}
}

func (d *finder) echoOf(f *frame, s span, it item) {
	value := f.text[s.start:s.end]
	if utf8.RuneCount(value) < 2 {
		return
	}
	for i := it.first; i < it.first+it.n; i++ {
		c := f.cells[i]
		index := i
		if !it.row {
			index = -1
		}
		for from := c.start; ; {
			k := bytes.Index(f.text[from:c.end], value)
			if k < 0 {
				break
			}
			from += k
			if from != s.start && wholeNumber(f.text[c.start:c.end], from-c.start, from-c.start+len(value)) {
				d.spans = append(d.spans, span{from, from + len(value), s.class, index})
			}
			from += len(value)
		}
	}
}

func (d *finder) giveLine(f *frame, it item, fragment int, offset int64) int64 {
	c := f.cells[it.first]
	d.marks = append(d.marks, mark{fragment, offset, c.start, c.end})
	_, _ = d.scanner.Write(f.text[c.start:c.end]) // never fails
	return offset + int64(c.end-c.start)
}

func (d *finder) giveRow(f *frame, it item, number int) {
	d.row = d.row[:0]
	for _, c := range f.cells[it.first : it.first+it.n] {
		d.row = append(d.row, detect.Cell{Column: c.column, Text: f.text[c.start:c.end]})
	}
	d.scanner.Row(number, d.row)
}

// locate finds where a finding stands in the text of the frame. Findings in
// what was only played again stand nowhere.
func (d *finder) locate(f *frame, found detect.Finding) {
	where, column, inRow := strings.Cut(found.Location, "!")
	if inRow {
		if number := found.Line; number > 0 && number <= len(f.items) {
			d.locateInRow(f, f.items[number-1], strings.TrimRight(column, "0123456789"), found)
		}
		return
	}
	fragment, err := strconv.Atoi(where)
	if err != nil {
		return
	}
	i, exact := slices.BinarySearchFunc(d.marks, mark{fragment: fragment, offset: found.Offset}, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.fragment, b.fragment), cmp.Compare(a.offset, b.offset))
	})
	if !exact {
		i--
	}
	if i < 0 || d.marks[i].fragment != fragment {
		return
	}
	start := d.marks[i].at + int(found.Offset-d.marks[i].offset)
	if end := start + found.Length; end <= d.marks[i].end {
		d.spans = append(d.spans, span{start, end, found.Class, -1})
	}
}

func (d *finder) locateInRow(f *frame, it item, column string, found detect.Finding) {
	want := columnIndex(column)
	for i := it.first; it.row && i < it.first+it.n; i++ {
		if c := f.cells[i]; c.column == want {
			d.locateInCell(f, i, found)
			return
		}
	}
}

// locateInCell finds a value in a cell: the whole of it, or wherever a stretch
// of that length becomes the same when masked. Masking one too many does less
// harm than one too few.
func (d *finder) locateInCell(f *frame, index int, found detect.Finding) {
	c := f.cells[index]
	d.folded.fold(f.text[c.start:c.end])
	text, came := d.folded.text, d.folded.came
	add := func(from, to int) {
		d.spans = append(d.spans, span{c.start + came[from], c.start + came[to], found.Class, index})
	}
	if found.Length >= len(text) {
		add(0, len(text))
		return
	}
	for i := 0; i+found.Length <= len(text); i++ {
		stretch := text[i : i+found.Length]
		if !sameFirst(stretch, found.Masked) || !wholeNumber(text, i, i+found.Length) {
			continue
		}
		if m := detect.Mask(found.Class, string(stretch)); m == found.Masked || len(found.Masked) > 60 && strings.HasPrefix(m, found.Masked) {
			add(i, i+found.Length)
			i += found.Length - 1
		}
	}
}

// sameFirst tells cheaply whether a stretch can become masked so.
func sameFirst(stretch []byte, masked string) bool {
	if masked == "" || masked[0] == '*' || masked[0] < 0x80 {
		return stretch[0] < 0x80 || masked == "" || masked[0] == '*'
	}
	return stretch[0] == masked[0]
}

// wholeNumber tells whether a stretch that begins or ends with digits takes
// them all.
func wholeNumber(text []byte, from, to int) bool {
	return !(from > 0 && isDigit(text[from]) && isDigit(text[from-1]) || to < len(text) && isDigit(text[to-1]) && isDigit(text[to]))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func columnIndex(name string) int {
	n := 0
	for i := range len(name) {
		n = n*26 + int(name[i]-'A') + 1
	}
	return n - 1
}

// apart sorts the spans and parts those that overlap: of two, the earlier and
// longer one stays whole.
func (d *finder) apart() []span {
	slices.SortStableFunc(d.spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	kept, end := d.spans[:0], 0
	for _, s := range d.spans {
		if s.start = max(s.start, end); s.start < s.end {
			kept = append(kept, s)
			end = s.end
		}
	}
	d.spans = kept
	return kept
}

// replay keeps what the detector must have seen before a batch to see in it
// what it sees in the whole: headings stand in the first lines, and what stands
// in a column shows by the last.
type replay struct {
	first, last []played
	bytes       int // of last
}

type played struct {
	line  []byte
	row   []detect.Cell
	bytes int
}

const (
	replayFirst = 5
	replayLast  = 32
	replayBytes = 64 << 10
)

func (r *replay) clear() { r.first, r.last, r.bytes = r.first[:0], r.last[:0], 0 }

func (r *replay) note(f *frame, it item) {
	var p played
	for _, c := range f.cells[it.first : it.first+it.n] {
		text := f.text[c.start:min(c.end, c.start+replayBytes/4)]
		if it.row {
			p.row = append(p.row, detect.Cell{Column: c.column, Text: bytes.Clone(text)})
		} else {
			p.line = bytes.Clone(text)
		}
		p.bytes += len(text)
	}
	if p.bytes > replayBytes {
		return
	}
	if len(r.first) < replayFirst {
		r.first = append(r.first, p)
		return
	}
	r.last = append(r.last, p)
	for r.bytes += p.bytes; len(r.last) > replayLast || r.bytes > replayBytes; r.last = r.last[1:] {
		r.bytes -= r.last[0].bytes
	}
}

// play gives what was kept to the scanner and answers how long the text was.
func (r *replay) play(s *detect.Scanner) int64 {
	n := int64(0)
	for _, list := range [][]played{r.first, r.last} {
		for _, p := range list {
			if p.line == nil {
				s.Row(0, p.row)
				continue
			}
			_, _ = s.Write(p.line)
			n += int64(len(p.line))
		}
	}
	return n
}
