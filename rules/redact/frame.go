package redact

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/mask"
)

// frame is a batch of one part: its bytes, the text a reader sees in them, and
// where each piece of that text stands.
type frame struct {
	raw       []byte
	text      []byte
	links     []link // ascending in text
	cells     []cell
	items     []item
	extras    []item // looked at behind the items, each by itself
	continued bool   // the first item goes on where the frame before ended
	edits     []edit
	cuts      []cut
}

// link ties a stretch of text to the bytes that stand for it.
type link struct {
	start, end int // in text
	from, to   int // in raw
	form       form
}

// form is how text is written in the part.
type form uint8

const (
	elementText form = iota
	attributeText
	numberText // an element that must hold a number
	fixedText  // text that must stay what it is
)

// cell is a cell of a row, or a line.
type cell struct {
	column     int
	start, end int // in text
	special    int // index into what the part keeps about cells, -1 for none
}

// item is a line, a row, or the begin of a fragment (n == 0).
type item struct {
	row      bool
	first, n int // of cells
}

// edit replaces a stretch of the text of one link.
type edit struct {
	link, start, end int
	text             string
}

// cut replaces a stretch of the bytes.
type cut struct {
	from, to int
	text     string
}

// span is a stretch of text to be made harmless.
type span struct {
	start, end int
	class      detect.Class
	cell       int  // index into cells, -1 in a line
	more       bool // it is a further box of the number that the span before begins
}

func (f *frame) reset() {
	f.raw, f.text, f.links = f.raw[:0], f.text[:0], f.links[:0]
	f.cells, f.items, f.extras = f.cells[:0], f.items[:0], f.extras[:0]
	f.edits, f.cuts = f.edits[:0], f.cuts[:0]
	f.continued = true
}

// begin starts a fragment: what comes has nothing to do with what was before.
func (f *frame) begin() { f.items = append(f.items, item{}) }

// line takes a passage as a line of running text.
func (f *frame) line(p *passage) { f.items = append(f.items, f.lineItem(p)) }

// extra takes a passage that belongs to nothing around it.
func (f *frame) extra(p *passage) { f.extras = append(f.extras, f.lineItem(p)) }

func (f *frame) lineItem(p *passage) item {
	start := f.commit(p)
	f.text = append(f.text, '\n')
	f.cells = append(f.cells, cell{start: start, end: len(f.text), special: -1})
	return item{first: len(f.cells) - 1, n: 1}
}

// row ends a row of the cells added since first.
func (f *frame) row(first int) {
	if n := len(f.cells) - first; n > 0 {
		f.items = append(f.items, item{row: true, first: first, n: n})
	}
}

// addCell takes a passage as a cell, without the space around it. An empty one
// is nothing.
func (f *frame) addCell(column int, p *passage, special int) {
	start := f.commit(p)
	text := string(f.text[start:])
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return
	}
	start += strings.Index(text, trimmed)
	f.cells = append(f.cells, cell{column: column, start: start, end: start + len(trimmed), special: special})
}

// commit moves a passage into the frame.
func (f *frame) commit(p *passage) int {
	start := len(f.text)
	f.text = append(f.text, p.text...)
	for _, l := range p.links {
		l.start, l.end = l.start+start, l.end+start
		f.links = append(f.links, l)
	}
	p.text, p.links = p.text[:0], p.links[:0]
	return start
}

// masked answers what a span becomes: after the norm, or asterisks alone where
// that has proven not to be enough.
func (f *frame) masked(s span, hard bool) string {
	value := narrowed(f.text[s.start:s.end])
	m := mask.Value(s.class, value)
	if s.class == detect.Address {
		m = province(m)
	}
	if hard || m == value || m == "" {
		return strings.Repeat("*", min(max(1, utf8.RuneCountInString(value)), 16))
	}
	return m
}

// province keeps the first part of a masked address: with two, it would still
// be found to be one.
func province(m string) string {
	for i, r := range m {
		if r == '省' || r == '市' || r == '区' || r == '州' || r == '盟' {
			return m[:i+utf8.RuneLen(r)] + "***"
		}
	}
	return m
}

// replace writes text in the place of a span. The text of a value that stands
// in several places (runs of different fonts) is spread over them where it is
// as long as before, so that each keeps its font.
func (f *frame) replace(s span, text string) error {
	i, _ := slices.BinarySearchFunc(f.links, s.start, func(l link, at int) int { return cmp.Compare(l.end, at+1) })
	first := len(f.edits)
	runes := 0
	for ; i < len(f.links) && f.links[i].start < s.end; i++ {
		l := f.links[i]
		if l.form == fixedText {
			return refuse(Part, "")
		}
		e := edit{link: i, start: max(s.start, l.start), end: min(s.end, l.end)}
		runes += utf8.RuneCount(f.text[e.start:e.end])
		f.edits = append(f.edits, e)
	}
	edits := f.edits[first:]
	if len(edits) == 0 {
		return nil // text that stands nowhere, such as the name of a field
	}
	if runes != utf8.RuneCountInString(text) {
		edits[0].text = text
		return nil
	}
	rest := []rune(text)
	for i := range edits {
		n := utf8.RuneCount(f.text[edits[i].start:edits[i].end])
		edits[i].text, rest = string(rest[:n]), rest[n:]
	}
	return nil
}

// write writes the bytes with what was replaced in them.
func (f *frame) write(w io.Writer) error {
	slices.SortStableFunc(f.edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.link, b.link), cmp.Compare(a.start, b.start)) })
	for i := 0; i < len(f.edits); {
		n := i + 1
		for n < len(f.edits) && f.edits[n].link == f.edits[i].link {
			n++
		}
		f.cuts = append(f.cuts, f.rewritten(f.edits[i:n]))
		i = n
	}
	slices.SortStableFunc(f.cuts, func(a, b cut) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	done := 0
	for _, c := range f.cuts {
		if c.from < done {
			continue // within something replaced as a whole
		}
		if _, err := w.Write(f.raw[done:c.from]); err != nil {
			return err
		}
		if _, err := io.WriteString(w, c.text); err != nil {
			return err
		}
		done = c.to
	}
	_, err := w.Write(f.raw[done:])
	return err
}

// rewritten answers the bytes of a link with its edits.
func (f *frame) rewritten(edits []edit) cut {
	l := f.links[edits[0].link]
	if l.form == numberText {
		return cut{l.from, l.to, "0"}
	}
	var b strings.Builder
	done := l.start
	for _, e := range edits {
		if e.start < done {
			continue
		}
		b.Write(f.text[done:e.start])
		b.WriteString(e.text)
		done = e.end
	}
	b.Write(f.text[done:l.end])
	return cut{l.from, l.to, escape(b.String(), l.form)}
}

var (
	elementEscapes   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")
	attributeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;", "\r", "&#13;", "\n", "&#10;", "\t", "&#9;")
)

func escape(text string, as form) string {
	if as == attributeText {
		return attributeEscapes.Replace(text)
	}
	return elementEscapes.Replace(text)
}

// passage is text being put together: a line or a cell.
type passage struct {
	text  []byte
	links []link
}

// add adds text that stands nowhere in the part.
func (p *passage) add(text string) { p.text = append(p.text, text...) }

// join adds another passage and empties it.
func (p *passage) join(o *passage) {
	for _, l := range o.links {
		l.start, l.end = l.start+len(p.text), l.end+len(p.text)
		p.links = append(p.links, l)
	}
	p.text = append(p.text, o.text...)
	o.text, o.links = o.text[:0], o.links[:0]
}
