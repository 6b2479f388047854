package extract

import "bytes"

// alternatives are what markup compatibility (ECMA-376 part 3) puts into a
// document twice: a choice, and a fallback for programs that do not know what
// the choice needs. Which one is shown is up to the program, so that a fallback
// is read as well, unless it only repeats the choice.
type alternatives struct {
	said     flow  // by the choices that are open
	starts   []int // where each of them begins in said
	within   int   // fallbacks open
	fallback flow  // what the outermost of them says
	differs  bool  // a part of it was read already
}

func (a *alternatives) open() {
	if len(a.starts) < deepestTable {
		a.starts = append(a.starts, len(a.said))
	}
}

func (a *alternatives) close() {
	if n := len(a.starts); n > 1 {
		a.starts = a.starts[:n-1]
	} else {
		a.said, a.starts = a.said[:0], a.starts[:0]
	}
}

// choice is where what stands in a choice goes as well, nil where none is open.
func (a *alternatives) choice() *flow {
	if len(a.starts) > 0 && len(a.said) < widest {
		return &a.said
	}
	return nil
}

// repeats tells whether the fallback says what its choice does.
func (a *alternatives) repeats() bool {
	if a.differs || len(a.starts) == 0 {
		return len(bytes.TrimSpace(a.fallback)) == 0
	}
	return sameText(a.said[a.starts[len(a.starts)-1]:], a.fallback)
}

// sameText tells whether two texts are the same but for how much space of one
// sort parts what they say. It stops where they differ.
func sameText(a, b []byte) bool {
	a, b = bytes.TrimSpace(a), bytes.TrimSpace(b)
	for len(a) > 0 && len(b) > 0 {
		c, n := character(a)
		d, m := character(b)
		if c != d {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return len(a) == len(b)
}

// character answers the first byte of text; of space it is what parts most, and
// how much of it there is.
func character(text []byte) (c byte, n int) {
	for ; n < len(text); n++ {
		switch next := text[n]; {
		case next == '\n' || next == '\r':
			c = '\n'
		case next == '\t' && c != '\n':
			c = '\t'
		case next == ' ' && c == 0:
			c = ' '
		case next == ' ' || next == '\t':
		case n > 0:
			return c, n
		default:
			return next, 1
		}
	}
	return c, n
}

// flow is text in which rows and paragraphs are lines, and cells are set off by
// tabs.
type flow []byte

// sign takes what an element stands for.
func (f *flow) sign(element string) {
	switch element {
	case "tab", "ptab":
		*f = append(*f, '\t')
	case "br", "cr", "line-break":
		*f = append(*f, '\n')
	case "noBreakHyphen":
		*f = append(*f, '-')
	case "s":
		*f = append(*f, ' ')
	}
}

// end takes the end of an element.
func (f *flow) end(element string) {
	switch element {
	case "p", "h", "pt", "text", "author", "txBody", "txbxContent", "threadedComment":
		if !bytes.HasSuffix(*f, []byte{'\n'}) {
			*f = append(*f, '\n')
		}
	case "tc", "table-cell":
		*f = append(bytes.TrimRight(*f, "\n"), '\t')
	case "tr", "table-row":
		*f = append(bytes.TrimSuffix(*f, []byte{'\t'}), '\n')
	}
}

// startFallback takes what begins in a fallback. Its tables are rows of text.
func (d *document) startFallback(m *markup) {
	a := &d.alternatives
	switch string(m.name) {
	case "Fallback":
		if !m.empty {
			a.within++
		}
	case "default", "listEntry", "helpText", "statusText", "alias", "tag":
		d.offer(m, "val")
	case "listItem":
		d.offer(m, "displayText", "value")
	case "docPr", "cNvPr": // the choice has none of these, or others
		for _, name := range [...]string{"descr", "title"} {
			if v := m.attr(name); len(v) > 0 {
				d.offered = append(appendEntities(d.offered, v), '\n')
			}
		}
		if len(d.offered) > widest {
			d.give()
		}
	default:
		a.fallback.sign(string(m.name))
	}
	d.spillFallback()
}

func (d *document) textFallback(m *markup) {
	if d.inText || len(bytes.TrimSpace(m.text)) > 0 {
		d.alternatives.fallback = m.content(d.alternatives.fallback)
		d.spillFallback()
	}
}

// spillFallback gives what is too long to be held against the choice.
func (d *document) spillFallback() {
	a := &d.alternatives
	if len(a.fallback) > widest {
		d.offered = append(d.offered, a.fallback...)
		d.give()
		a.fallback, a.differs = a.fallback[:0], true
	}
}

func (d *document) endFallback(name string) {
	a := &d.alternatives
	if name != "Fallback" {
		a.fallback.end(name)
		return
	}
	if a.within--; a.within == 0 {
		d.offerFallback()
	}
}

// offerFallback has the fallback read, behind the paragraph or table, unless it
// repeats the choice.
func (d *document) offerFallback() {
	a := &d.alternatives
	if !a.repeats() {
		d.offered = append(append(d.offered, bytes.TrimRight(a.fallback, "\t\n")...), '\n')
	}
	if len(d.offered) > widest {
		d.give()
	}
	a.fallback, a.differs = a.fallback[:0], false
}
