package extract

import "bytes"

// alternatives are what markup compatibility (ECMA-376 part 3) puts into a
// document twice: a choice, and a fallback for programs that do not know what
// the choice needs. Which one is shown is up to the program, so that a fallback
// is read as well, unless it only repeats the choice.
type alternatives struct {
	said     []byte // by the choices that are open
	starts   []int  // where each of them begins in said
	within   int    // fallbacks open
	fallback []byte // what the outermost of them says, a row or paragraph a line
	differs  bool   // a part of it was read already
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

// say takes what stands in a choice, if one is open.
func (a *alternatives) say(text []byte) {
	if len(a.starts) > 0 && len(a.said) < widest {
		a.said = append(a.said, text...)
	}
}

// repeats tells whether the fallback says what its choice does, spaces and line
// ends aside.
func (a *alternatives) repeats() bool {
	if a.differs || len(a.starts) == 0 {
		return len(bytes.TrimSpace(a.fallback)) == 0
	}
	said := bytes.Fields(a.said[a.starts[len(a.starts)-1]:])
	return bytes.Equal(bytes.Join(said, nil), bytes.Join(bytes.Fields(a.fallback), nil))
}

// startFallback takes what begins in a fallback. Its tables are rows of text.
func (d *document) startFallback(m *markup) {
	a := &d.alternatives
	switch string(m.name) {
	case "Fallback":
		if !m.empty {
			a.within++
		}
	case "tab", "ptab":
		a.fallback = append(a.fallback, '\t')
	case "br", "cr":
		a.fallback = append(a.fallback, '\n')
	case "noBreakHyphen":
		a.fallback = append(a.fallback, '-')
	case "default", "listEntry", "helpText", "statusText", "alias", "tag":
		d.offer(m, "val")
	case "listItem":
		d.offer(m, "displayText", "value")
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
	switch name {
	case "p", "txbxContent":
		if !bytes.HasSuffix(a.fallback, []byte{'\n'}) {
			a.fallback = append(a.fallback, '\n')
		}
	case "tc":
		a.fallback = append(bytes.TrimRight(a.fallback, "\n"), '\t')
	case "tr":
		a.fallback = append(bytes.TrimSuffix(a.fallback, []byte{'\t'}), '\n')
	case "Fallback":
		if a.within--; a.within > 0 {
			return
		}
		if !a.repeats() {
			d.offered = append(append(d.offered, bytes.TrimRight(a.fallback, "\t\n")...), '\n')
		}
		a.fallback, a.differs = a.fallback[:0], false
	}
}
