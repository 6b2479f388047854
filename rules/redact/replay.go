package redact

import (
	"bytes"

	"github.com/trustline/trustline/rules/detect"
)

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

// play gives what was kept to the finder and answers how long the text was.
func (r *replay) play(d *finder) int64 {
	n := int64(0)
	for _, list := range [][]played{r.first, r.last} {
		for _, p := range list {
			if p.line == nil {
				d.writeRow(0, p.row)
				continue
			}
			d.write(p.line)
			n += int64(len(p.line))
		}
	}
	return n
}
