package redact

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
)

// finder answers where in the text of frames customer data stands, as the
// detector sees it when it reads the whole file.
type finder struct {
	scanner  *detect.Scanner
	custom   *custom.Matcher // nil where the policy asks for nothing else
	places   []place
	fragment int
	replay   replay
	marks    []mark
	folded   folded
	row      []detect.Cell
	given    []detect.Cell // to the matchers
	unboxed  []detect.Cell // of the same row
	spans    []span
}

// mark says where in the frame the text stands that was given to the scanner.
type mark struct {
	fragment int
	offset   int64 // in the fragment
	at, end  int   // in the text of the frame
}

// place is where the custom matcher found something in the frame.
type place struct {
	custom.Place
	fragment int
	more     bool // it is a further box of the place before
}

// batchMost is how many findings of a class, and distinct values, a batch may
// hold: more than fit into its text.
const batchMost = 1 << 20

func newFinder(p *detect.Pack, set *custom.Set) *finder {
	d := &finder{scanner: detect.NewScanner(p, detect.Limits{Findings: batchMost, Distinct: batchMost})}
	if set != nil {
		d.custom = set.NewMatcher()
		d.custom.Located(d.note)
	}
	return d
}

// find answers the spans of a frame, in order and apart from one another.
func (d *finder) find(f *frame) []span {
	d.marks, d.spans, d.places = d.marks[:0], d.spans[:0], d.places[:0]
	offset := int64(0)
	d.reset()
	if f.continued {
		offset = d.replay.play(d)
	} else {
		d.replay.clear()
	}
	rows := false // stand in the fragment; they and lines never do together
	for i, it := range f.items {
		if i > 0 && it.n > 0 && f.items[i-1].n > 0 && it.row != rows {
			d.begin()
			offset = 0
		}
		rows = it.row
		switch {
		case it.n == 0:
			d.begin()
			offset = 0
			d.replay.clear()
			continue
		case it.row:
			d.giveRow(f, it, i+1)
		default:
			offset = d.giveLine(f, it, offset)
		}
		if len(d.replay.first) < replayFirst || i >= len(f.items)-replayLast {
			d.replay.note(f, it)
		}
	}
	for _, it := range f.extras {
		d.begin()
		d.giveLine(f, it, 0)
	}
	for _, found := range d.scanner.Close().Findings {
		d.locate(f, found)
	}
	if d.custom != nil {
		d.custom.Close()
		for _, at := range d.places {
			d.locatePlace(f, at)
		}
	}
	d.apart()
	d.echo(f)
	return d.apart()
}

// reset begins the first fragment of a frame.
func (d *finder) reset() {
	d.fragment = 0
	d.scanner.Reset()
	d.scanner.Begin("0")
	if d.custom != nil {
		d.custom.Reset()
		d.custom.Begin("")
	}
}

// begin begins the next fragment. What the matcher still holds back stands in
// the one before.
func (d *finder) begin() {
	if d.custom != nil {
		d.custom.Begin("")
	}
	d.fragment++
	d.scanner.Begin(strconv.Itoa(d.fragment))
}

func (d *finder) write(text []byte) {
	_, _ = d.scanner.Write(text) // never fails
	if d.custom != nil {
		d.custom.Write(text)
	}
}

func (d *finder) writeRow(number int, cells []detect.Cell) {
	d.given, d.unboxed = cells, d.scanner.Unboxed(cells)
	d.scanner.Row(number, d.unboxed)
	if d.custom != nil {
		d.custom.Row(number, d.unboxed)
	}
}

// note keeps a place of the custom matcher: in a number that stands in boxes,
// one in each.
func (d *finder) note(at custom.Place) {
	if at.Cell < 0 || len(d.unboxed) == len(d.given) {
		d.places = append(d.places, place{Place: at, fragment: d.fragment})
		return
	}
	number, offset, length := d.unboxed[at.Cell], at.Offset, at.Length
	at.Cell = slices.IndexFunc(d.given, func(c detect.Cell) bool { return c.Column == number.Column })
	if bytes.Equal(d.given[at.Cell].Text, number.Text) {
		d.places = append(d.places, place{Place: at, fragment: d.fragment})
		return
	}
	first := at.Cell
	for i := first + int(offset); i < first+int(offset)+length; i++ {
		at.Cell, at.Offset, at.Length = i, 0, len(d.given[i].Text)
		d.places = append(d.places, place{Place: at, fragment: d.fragment, more: i > first+int(offset)})
	}
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
		first, values := next, 0
		for ; next < had && d.spans[next].start < end; next++ {
			if !d.spans[next].more {
				values++
			}
		}
		if end-start > echoBytes || values > echoMost {
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
				d.spans = append(d.spans, span{start: from, end: from + len(value), class: s.class, cell: index})
			}
			from += len(value)
		}
	}
}

func (d *finder) giveLine(f *frame, it item, offset int64) int64 {
	c := f.cells[it.first]
	d.marks = append(d.marks, mark{d.fragment, offset, c.start, c.end})
	d.write(f.text[c.start:c.end])
	return offset + int64(c.end-c.start)
}

func (d *finder) giveRow(f *frame, it item, number int) {
	d.row = d.row[:0]
	for _, c := range f.cells[it.first : it.first+it.n] {
		d.row = append(d.row, detect.Cell{Column: c.column, Text: f.text[c.start:c.end]})
	}
	d.writeRow(number, d.row)
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
	d.locateInLine(f, fragment, found.Offset, found.Length, found.Class)
}

// locateInLine finds a stretch of a fragment in the text of the frame.
func (d *finder) locateInLine(f *frame, fragment int, offset int64, length int, class detect.Class) {
	i, exact := slices.BinarySearchFunc(d.marks, mark{fragment: fragment, offset: offset}, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.fragment, b.fragment), cmp.Compare(a.offset, b.offset))
	})
	if !exact {
		i--
	}
	if i < 0 || d.marks[i].fragment != fragment {
		return
	}
	start := d.marks[i].at + int(offset-d.marks[i].offset)
	end := start + length
	if end <= d.marks[i].end {
		d.spans = appendBoxes(d.spans, f.text, span{start: start, end: end, class: class, cell: -1})
		return
	}
	// A quoted cell goes over several lines: of each its part, and no line end.
	last := i
	for last+1 < len(d.marks) && d.marks[last].end < end && d.marks[last+1].fragment == fragment && d.marks[last+1].at == d.marks[last].end {
		last++
	}
	if end > d.marks[last].end {
		return
	}
	for ; i <= last; i++ {
		part := span{start: max(start, d.marks[i].at), end: min(end, d.marks[i].end), class: class, cell: -1}
		for part.end > part.start && (f.text[part.end-1] == '\n' || f.text[part.end-1] == '\r') {
			part.end--
		}
		if part.end > part.start {
			d.spans = append(d.spans, part)
		}
	}
}

// locatePlace finds what a policy's detectors found, which say exactly where.
func (d *finder) locatePlace(f *frame, at place) {
	if at.Cell < 0 {
		d.locateInLine(f, at.fragment, at.Offset, at.Length, at.Class)
		return
	}
	if at.Row < 1 || at.Row > len(f.items) {
		return // was only played again
	}
	if it := f.items[at.Row-1]; it.row && at.Cell < it.n {
		start := f.cells[it.first+at.Cell].start + int(at.Offset)
		d.spans = append(d.spans, span{start: start, end: start + at.Length, class: at.Class, cell: it.first + at.Cell, more: at.more})
	}
}

func (d *finder) locateInRow(f *frame, it item, column string, found detect.Finding) {
	want := columnIndex(column)
	for i := it.first; it.row && i < it.first+it.n; i++ {
		if c := f.cells[i]; c.column != want {
			continue
		}
		d.locateInCell(f, i, found, false)
		if inOneBox(f, i) { // of a form, which has one for each character
			for k := i + 1; k < min(i+found.Length, it.first+it.n) && inOneBox(f, k); k++ {
				d.locateInCell(f, k, found, true)
			}
		}
		return
	}
}

// inOneBox tells a cell of one character.
func inOneBox(f *frame, index int) bool {
	return utf8.RuneCount(bytes.TrimSpace(f.text[f.cells[index].start:f.cells[index].end])) == 1
}

// locateInCell finds a value in a cell: the whole of it, or wherever a stretch
// of that length becomes the same when masked. Masking one too many does less
// harm than one too few.
func (d *finder) locateInCell(f *frame, index int, found detect.Finding, more bool) {
	c := f.cells[index]
	d.folded.fold(f.text[c.start:c.end])
	text, came := d.folded.text, d.folded.came
	add := func(from, to int) {
		d.spans = append(d.spans, span{start: c.start + came[from], end: c.start + came[to], class: found.Class, cell: index, more: more})
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
