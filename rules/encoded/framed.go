package encoded

import "bytes"

// Two more encodings use nearly all printable characters, so that what is one of
// them cannot be told from its characters: lines of uuencode, which say how long
// they are, and five characters of 85 for four bytes. A place that looks like one
// of them is decoded on trial once enough of it is at hand.
const (
	lineStride  = 45 // between the places looked at for lines: one at least in each full one
	fullLine    = 61
	denseStride = 192 // between those looked at for the characters of 85
	denseProbe  = 48
	denseHead   = 160 // decoded on trial
	denseBefore = 40  // characters of something else that may stand right before
	mostTries   = 16  // line ends and quotes before a place behind which it may begin
	mostWrapped = 128 // characters in a line of several
	leastSorts  = 20  // different characters in a probe of them
)

// candidate is where something else than a run of an alphabet begins.
type candidate struct {
	encoding string
	place    int64 // that was looked at
	at       int64
	file     bool
	awaited  bool // more of the text is needed to tell
}

// seekOther answers what begins next in one of them; a place behind p when
// nothing does.
func (d *Decoder) seekOther(p []byte) candidate {
	line := d.seekLine(p)
	if dense := d.seekDense(p, line.place); dense.place < line.place {
		return dense
	}
	return line
}

// passed says where the run at hand ended. What is encoded otherwise may begin
// right behind one that was decoded; one that was not may be a piece of it.
func (d *Decoder) passed(at int64, decoded bool) {
	if decoded {
		d.ended, d.done = at, at
		d.nextLine, d.nextDense, d.looked = roundUp(at, lineStride), roundUp(at, denseStride), false
		return
	}
	line, dense := roundUp(at-fullLine, lineStride), roundUp(at-denseHead, denseStride)
	d.looked = d.looked && d.ahead.place >= max(line, dense)
	d.nextLine, d.nextDense = max(d.nextLine, line), max(d.nextDense, dense)
}

// begun tells whether bytes begin a file that has to be taken apart.
func begun(p []byte) bool {
	for _, magic := range magics {
		if bytes.HasPrefix(p, []byte(magic)) {
			return true
		}
	}
	return false
}
