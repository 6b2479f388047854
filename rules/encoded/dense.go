package encoded

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// seekDense answers the next text in characters of 85, before a place.
func (d *Decoder) seekDense(p []byte, before int64) candidate {
	end := d.at + int64(len(p))
	for ; ; d.nextDense += denseStride {
		if i := int(d.nextDense - d.at); i >= 0 {
			d.nextDense = d.at + int64(nextDense(p, i))
		}
		w := d.nextDense
		if w >= before || w+denseProbe > end {
			return candidate{place: end}
		}
		view := d.piece(p, w, w+denseProbe)
		if gaps(view) > 1 || !manySorts(view) {
			continue
		}
		if c, ok := d.denseAt(p, w); ok {
			return c
		}
	}
}

// nextDense answers the first of the indexes i, i+denseStride, … where the first
// or the last part of a probe is without gaps; one too near the end of p when
// there is none.
func nextDense(p []byte, i int) int {
	for ; i+denseProbe <= len(p); i += denseStride {
		if t := p[i : i+denseProbe]; solid(t) == 0 || solid(t[2*probe:]) == 0 {
			break
		}
	}
	return i
}

// gaps answers in how many of three parts of a probe a byte stands that is no
// printable character of ASCII; a line end is one as well.
func gaps(p []byte) (n int) {
	for p = p[:denseProbe]; len(p) > 0; p = p[probe:] {
		if solid(p) != 0 {
			n++
		}
	}
	return n
}

// solid answers 0 where sixteen bytes are all printable characters.
func solid(p []byte) uint64 {
	const least = 0x2121212121212121
	x, y := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[eight:])
	return ((x-least)&^x | (y-least)&^y | x | y) & signs
}

// dense is what a character stands for in each of the encodings.
var dense = map[string]*[256]byte{
	ASCII85: alphabet85("!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu"),
	Base85:  alphabet85("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"),
}

// zeros stands for four of them in ascii85.
const zeros = 85

func alphabet85(characters string) *[256]byte {
	t := table(func(byte) byte { return nothing })
	for i := range len(characters) {
		t[characters[i]] = byte(i)
	}
	if t['z'] == nothing {
		t['z'] = zeros
	}
	return t
}

// sorts is, for each character, the alphabets it is in, or frames.
var sorts = table(func(c byte) (in byte) {
	if dense[ASCII85][c] != nothing || c == '~' {
		in |= 1
	}
	if dense[Base85][c] != nothing {
		in |= 2
	}
	return in
})

// manySorts tells whether a probe is all of one alphabet and of as many
// different characters as what is encoded has; rows of numbers and paths have
// fewer.
func manySorts(p []byte) bool {
	if !letters(p) {
		return false
	}
	in, seen := byte(3), [2]uint64{}
	for _, c := range p {
		if c == '\n' || c == '\r' {
			continue
		}
		if in &= sorts[c]; in == 0 {
			return false
		}
		seen[c>>6&1] |= 1 << (c & 63)
	}
	return bits.OnesCount64(seen[0])+bits.OnesCount64(seen[1]) >= leastSorts
}

// denseAt answers what begins before a place and goes on there: where the
// characters begin, or right behind a line end or a quote among them, of which
// the first are tried. What began before the place looked at before was judged
// then.
func (d *Decoder) denseAt(p []byte, place int64) (candidate, bool) {
	from := max(d.done, place-denseStride)
	before := bytes.Clone(d.piece(p, from, place))
	start := len(before)
	for start > 0 && printable(before[start-1]) {
		start--
	}
	if start > 0 || from > place-denseStride {
		if c, ok := d.denseFrom(p, from+int64(start), place, denseBefore); ok {
			return c, true
		}
	}
	tries := 0
	for i := start; i < len(before) && tries < mostTries; i++ {
		if before[i] != '\n' && before[i] != '"' && before[i] != '\'' {
			continue
		}
		tries++
		if c, ok := d.denseFrom(p, from+int64(i)+1, place, 1); ok {
			return c, true
		}
	}
	return candidate{}, false
}

// denseFrom answers what begins in the first characters from start.
func (d *Decoder) denseFrom(p []byte, start, place int64, characters int) (candidate, bool) {
	to := min(start+denseHead, d.at+int64(len(p)))
	head := d.piece(p, start, to)
	for i, c := range head {
		if !printable(c) {
			head = head[:i]
			break
		}
	}
	if to < start+denseHead && int64(len(head)) == to-start {
		return candidate{place: place, awaited: true}, true
	}
	c, ok := d.trial.denseIn(head, characters)
	c.place, c.at = place, c.at+start
	return c, ok
}

// denseIn answers what begins in the first characters of head, and where.
func (t *trial) denseIn(head []byte, characters int) (candidate, bool) {
	for skip := range min(len(head), characters) {
		if head[skip] < ' ' || skip > 4 && !bytes.ContainsRune(quotes, rune(head[skip-1])) {
			continue
		}
		for _, encoding := range [...]string{ASCII85, Base85} {
			if file, ok := t.dense(encoding, head[skip:]); ok {
				return candidate{encoding: encoding, at: int64(skip), file: file}, true
			}
		}
	}
	return candidate{}, false
}

// quotes may stand right before what is encoded.
var quotes = []byte("\"'`~=:>(,[{\n")

// printable tells whether a character may stand in characters of 85 or between
// their lines.
func printable(c byte) bool { return c > ' ' && c < 0x7F || c == '\n' || c == '\r' }

// dense tells whether characters decode to text or to the beginning of a file.
func (t *trial) dense(encoding string, head []byte) (file, ok bool) {
	t.run = run{encoding: encoding, dense: dense[encoding], out: t.run.out[:0]}
	for i, c := range head {
		if c == '\n' || c == '\r' {
			continue
		}
		if !t.run.group(c) || i == 24 && !begun(t.run.out) && !plausible(t.run.out) {
			return false, false
		}
	}
	out := t.run.out
	return begun(out), begun(out) || len(out) >= denseHead/2 && plausible(out)
}

// followDense is follow for characters of 85. Lines are all as long as the
// first one, but for the last.
func (d *Decoder) followDense(p []byte, at int64) int {
	r := &d.run
	for i, c := range p {
		switch {
		case c == '\r':
			continue
		case c == '\n' && r.line > 0 && r.line <= mostWrapped && r.line >= r.first:
			r.first, r.line = r.line, 0
		case c == '\n' || !r.group(c):
			d.endRun(at + int64(i))
			return i
		default:
			r.line++
		}
		if len(r.out) >= 4096 {
			d.give()
		}
	}
	d.give()
	return len(p)
}

// group takes a character of 85; false where none may stand.
func (r *run) group(c byte) bool {
	v := r.dense[c]
	switch {
	case v == zeros && r.held == 0:
		r.out = append(r.out, 0, 0, 0, 0)
		return true
	case v >= zeros:
		return false
	}
	r.wide = r.wide*85 + uint64(v)
	if r.held++; r.held < 5 {
		return true
	}
	if r.wide > 1<<32-1 {
		return false
	}
	r.out = binary.BigEndian.AppendUint32(r.out, uint32(r.wide))
	r.wide, r.held = 0, 0
	return true
}

// rest appends what an incomplete group stands for.
func (r *run) rest() {
	if n := r.held; r.dense != nil && n > 1 {
		for range 5 - n {
			r.wide = r.wide*85 + 84
		}
		if r.wide <= 1<<32-1 {
			r.out = append(r.out, binary.BigEndian.AppendUint32(nil, uint32(r.wide))[:n-1]...)
		}
	}
}
