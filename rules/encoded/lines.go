package encoded

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// seekLine answers the next full line of uuencode.
func (d *Decoder) seekLine(p []byte) candidate {
	end := d.at + int64(len(p))
	for ; ; d.nextLine += lineStride {
		if i := int(d.nextLine - d.at); i >= 0 {
			d.nextLine = d.at + int64(nextLine(p, i))
		}
		w := d.nextLine
		if w+2*probe > end {
			return candidate{place: end}
		}
		view := d.piece(p, w-probe, w+2*probe)
		if unlikeLine(view[probe:]) != 0 || unlikeLine(view) != 0 && unlikeLine(view[2*probe:]) != 0 || !letters(view) {
			continue
		}
		if c, ok := d.lineAt(p, w); ok {
			return c
		}
	}
}

// nextLine answers the first of the indexes i, i+lineStride, … where eight bytes
// are none that stands in no line of uuencode, such as a small letter; one too
// near the end of p when there is none.
func nextLine(p []byte, i int) int {
	for ; i+eight <= len(p); i += lineStride {
		if x := binary.LittleEndian.Uint64(p[i:]); (x+mostInLine|x)&signs == 0 {
			break
		}
	}
	return i
}

const (
	signs       = 0x8080808080808080
	leastInLine = 0x2020202020202020
	mostInLine  = 0x1F1F1F1F1F1F1F1F // a sign appears when it is added to more than a backtick
)

// unlikeLine answers 0 where sixteen bytes are all of those that lines of
// uuencode are made of: from the space to the backtick.
func unlikeLine(p []byte) uint64 {
	x, y := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[eight:])
	return ((x-leastInLine)&^x | (y-leastInLine)&^y | (x + mostInLine) | (y + mostInLine) | x | y) & signs
}

// letters tells whether some of 48 characters are letters, as of all that is
// encoded; rows of numbers have none.
func letters(p []byte) bool {
	n := 0
	for p = p[:3*probe]; len(p) > 0; p = p[eight:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(p) & (signs >> 1))
	}
	return n > 1
}

// lineAt answers the line that the place is in, if it is a full one of text or
// of the beginning of a file.
func (d *Decoder) lineAt(p []byte, place int64) (candidate, bool) {
	from := max(d.done, place-fullLine)
	before := d.piece(p, from, place)
	start := from + int64(bytes.LastIndexByte(before, '\n')) + 1
	if start > 0 && d.byteAt(p, int(start-d.at)-1) != '\n' || d.byteAt(p, int(start-d.at)) != 'M' {
		return candidate{}, false
	}
	if start+fullLine+2 > d.at+int64(len(p)) {
		return candidate{place: place, awaited: true}, true
	}
	line := d.piece(p, start, start+fullLine+2)
	if line[fullLine] != '\n' && (line[fullLine] != '\r' || line[fullLine+1] != '\n') {
		return candidate{}, false
	}
	out, ok := appendLine(d.trial.run.out[:0], line[:fullLine])
	d.trial.run.out = out
	if !ok || !begun(out) && !plausible(out) {
		return candidate{}, false
	}
	return candidate{encoding: UU, place: place, at: start, file: begun(out)}, true
}

// appendLine appends what a line of uuencode stands for; false where it is none
// or the last.
func appendLine(out, line []byte) ([]byte, bool) {
	if len(line) == 0 || line[0] <= ' ' || line[0] > ' '+45 {
		return out, false
	}
	n := int(line[0] - ' ')
	line = line[1:]
	if want := (n + 2) / 3 * 4; len(line) > want+1 {
		return out, false
	}
	for i := 0; n > 0; i += 4 {
		var v uint32
		for k := range 4 {
			c := byte(' ') // programs take away spaces at the end of a line
			if i+k < len(line) {
				c = line[i+k]
			}
			if c < ' ' || c > '`' {
				return out, false
			}
			v = v<<6 | uint32(c-' ')&63
		}
		group := [3]byte{byte(v >> 16), byte(v >> 8), byte(v)}
		out = append(out, group[:min(n, 3)]...)
		n -= 3
	}
	return out, true
}

// followLines is follow for lines of uuencode.
func (d *Decoder) followLines(p []byte, at int64) int {
	r := &d.run
	for i, c := range p {
		if c != '\n' && len(r.head) <= fullLine+2 {
			r.head = append(r.head, c)
			continue
		}
		out, ok := appendLine(r.out, bytes.TrimSuffix(r.head, []byte{'\r'}))
		if !ok || c != '\n' {
			d.endRun(at + int64(i-len(r.head)))
			return i
		}
		r.out, r.head = out, r.head[:0]
		d.give()
	}
	return len(p)
}
