package encoded

import (
	"bytes"
	"math/bits"
)

// state is how a run is dealt with.
type state uint8

const (
	idle      state = iota // there is none
	gathering              // too little of it is known
	decoding
	passing // it is nothing to decode
)

// run is the run at hand.
type run struct {
	state    state
	start    int64
	wraps    int    // line ends in it, before the bytes at hand
	line     int    // characters since the last line end in it
	lead     int    // characters before those in the line, as quoted text has
	wrap     wrap   // what came behind a line end
	head     []byte // its first characters, to tell what it is
	encoding string
	bits     uint32 // read and not given yet
	held     int    // how many
	over     bool   // padding was met
	file     bool   // it is an archive or a document
	out      []byte
	dense    *[256]byte // what characters of 85 stand for, nil in other runs
	wide     uint64     // their bits
	first    int        // how long the first line was, 0 in it
}

// wrap says where in the end of a wrapped line a run is.
type wrap uint8

const (
	inLine wrap = iota
	behindReturn
	behindLine
	behindEscape // a backslash: an escape of JSON
)

// judged is how many characters it takes to tell what a run is.
const judged = 128

func (r *run) begin(at int64) {
	*r = run{state: gathering, start: at, head: r.head[:0], out: r.out[:0]}
}

// follow takes bytes of the run at hand, the first of which stands at at, and
// answers how many; fewer than all where the run ends.
func (d *Decoder) follow(p []byte, at int64) int {
	r := &d.run
	switch {
	case r.dense != nil:
		return d.followDense(p, at)
	case r.encoding == UU:
		return d.followLines(p, at)
	}
	for i := 0; i < len(p); i++ {
		if r.wrap == behindEscape {
			if !r.escaped(p[i]) {
				d.endRun(at + int64(i))
				return i
			}
			if p[i] != '/' {
				continue
			}
		}
		if n := leading(p[i:]); n > 0 && !r.over {
			r.wrap = inLine
			r.line += n
			d.take(p[i : i+n])
			if i += n; i == len(p) {
				break
			}
		}
		if p[i] == '=' && r.wrap == inLine {
			r.over = true
		} else if !r.goesOn(p[i]) {
			d.endRun(at + int64(i))
			return i
		}
	}
	if r.state == gathering && at >= d.at {
		r.wraps += bytes.Count(p[max(0, int(r.start-at)):], lineEnd)
	}
	return len(p)
}

// goesOn tells whether a byte of no alphabet may stand inside a run: at the end
// of a line of one of the usual lengths, or before the next of quoted text.
func (r *run) goesOn(c byte) bool {
	switch {
	case r.over:
		return false
	case c == '\r' && r.wrap == inLine && r.wrapped():
		r.wrap = behindReturn
	case c == '\\' && (r.wrap == inLine || r.wrap == behindLine) && r.isFile():
		r.wrap = behindEscape
	case c == '\n' && (r.wrap == behindReturn || r.wrap == inLine && r.wrapped()):
		r.wrap, r.line, r.lead = behindLine, 0, 0
	case (c == ' ' || c == '\t' || c == '>') && r.wrap == behindLine && r.lead < 8:
		r.lead++
	default:
		return false
	}
	return true
}

// escaped takes what stands behind a backslash in JSON: a line end or a slash.
func (r *run) escaped(c byte) bool {
	r.wrap = inLine
	switch c {
	case 'n', 'r':
		r.wrap, r.line, r.lead = behindLine, 0, 0
	case '/':
	default:
		return false
	}
	return true
}

// isFile tells whether a run is a file, as far as is known of it.
func (r *run) isFile() bool {
	if r.state != gathering {
		return r.file
	}
	encoding, _ := fileIn(r.head)
	return encoding != ""
}

// wrapped tells whether programs wrap after as many characters: 64 and 76 those
// that write base64, any even number those that write hexadecimal digits.
func (r *run) wrapped() bool {
	if r.line == 64 || r.line == 76 || r.line >= leastLine && r.line%4 == 0 && r.isFile() {
		return true
	}
	if r.state == gathering {
		return r.line >= Least && r.line%2 == 0 && allHex(r.head)
	}
	return r.encoding == Hex && r.line >= Least && r.line%2 == 0
}

// take takes characters of the run.
func (d *Decoder) take(p []byte) {
	r := &d.run
	if r.state == gathering {
		n := min(len(p), judged-len(r.head))
		r.head = append(r.head, p[:n]...)
		if p = p[n:]; len(r.head) == judged {
			d.judge()
		}
	}
	for r.state == decoding && len(p) > 0 {
		n := min(len(p), 4096)
		r.decode(p[:n])
		d.give()
		p = p[n:]
	}
}

// widths is how many bits a character stands for.
var widths = map[string]int{Base64: 6, Base32: 5, Hex: 4}

// decode appends what characters stand for.
func (r *run) decode(p []byte) {
	width, values := widths[r.encoding], values[r.encoding]
	for _, c := range p {
		v := values[c]
		if v == nothing {
			continue
		}
		r.bits = r.bits<<width | uint32(v)
		if r.held += width; r.held >= 8 {
			r.held -= 8
			r.out = append(r.out, byte(r.bits>>r.held))
		}
	}
}

func (d *Decoder) give() {
	if len(d.run.out) > 0 {
		d.sink.Write(d.run.out)
		d.run.out = d.run.out[:0]
	}
}

// lineOf answers the line, 1-based, that the run at hand begins in.
func (d *Decoder) lineOf(r *run) int {
	if d.row > 0 {
		return d.row
	}
	if i := r.start - d.at; i > 0 {
		return d.before() + bytes.Count(d.now[:i], lineEnd) + 1
	}
	return d.before() + 1 - r.wraps
}

// judge tells what the run is by its first characters, and decodes those.
func (d *Decoder) judge() {
	r := &d.run
	encoding, from := "", 0
	if len(r.head) >= Least {
		encoding, from = fileIn(r.head)
	}
	if r.file = encoding != ""; !r.file {
		encoding, from = d.trial.recognise(r.head)
	}
	if encoding == "" {
		r.state = passing
		return
	}
	d.begunText(encoding)
	r.decode(r.head[from:])
}

// begunText begins what the run at hand is, or goes on with the text of the
// run before.
func (d *Decoder) begunText(encoding string) {
	r := &d.run
	if d.open != encoding || d.file || r.file {
		d.endText()
		d.open, d.file, d.since = encoding, r.file, r.start
		d.sink.Begin(encoding, d.lineOf(r), r.file)
	} else {
		d.sink.Write(lineEnd)
	}
	r.state, r.encoding = decoding, encoding
}

// trial decodes the first characters of a run to see what they become.
type trial struct{ run run }

// recognise answers the encoding of a run and which of its first characters is
// the first of it: those of a path or a key may stand right before, and what
// was cut out of encoded text begins anywhere.
func (t *trial) recognise(head []byte) (encoding string, from int) {
	if len(head) < Least || !mixed(head) {
		return "", 0
	}
	for from := range len(head) - Least + 1 {
		if from < 4 || partsWords(head[from-1]) {
			if encoding := t.encodingOf(head[from:]); encoding != "" {
				return encoding, from
			}
		}
	}
	return "", 0
}

// partsWords tells whether a character of the alphabets also parts the words of
// paths and keys; the x is that of 0x.
func partsWords(c byte) bool { return sixBits[c] >= 62 || c == 'x' }

// encodingOf answers how characters are encoded, by what they decode to.
func (t *trial) encodingOf(head []byte) string {
	if hexDigit(head[0]) < 16 && hexDigit(head[1]) < 16 && allHex(head) && t.becomesText(Hex, head) {
		return Hex
	}
	if allBase32(head) && t.becomesText(Base32, head) {
		return Base32
	}
	if mayBegin(head) && t.becomesText(Base64, head) {
		return Base64
	}
	return ""
}

func (t *trial) becomesText(encoding string, head []byte) bool {
	t.run = run{encoding: encoding, out: t.run.out[:0]}
	t.run.decode(head)
	return plausible(t.run.out)
}

// mayBegin tells, at little cost, whether what is encoded in base64 may begin
// with these characters: without a control character among them, or in
// UTF-16.
func mayBegin(head []byte) bool {
	for i := 0; i+4 <= len(head); i += 4 {
		v := uint32(sixBits[head[i]])<<18 | uint32(sixBits[head[i+1]])<<12 | uint32(sixBits[head[i+2]])<<6 | uint32(sixBits[head[i+3]])
		if controls[v>>16] || controls[v>>8&0xFF] || controls[v&0xFF] {
			return sixBits[head[0]] == 63 // the first byte of a byte order mark
		}
	}
	return true
}

// mixed tells whether a run holds what encoded text does: letters in capitals
// and small ones, or digits enough of those of hexadecimal numbers. Words and
// ruled lines do not.
func mixed(head []byte) bool {
	seen := uint64(0)
	for _, c := range head {
		seen |= 1 << sixBits[c]
	}
	capitals, digits := bits.OnesCount64(seen&(1<<26-1)), bits.OnesCount64(seen>>52&(1<<10-1))
	return bits.OnesCount64(seen) >= 8 && capitals >= 3 || digits >= 4
}

// endRun ends the run at hand before at.
func (d *Decoder) endRun(at int64) {
	r := &d.run
	if r.state == gathering {
		d.judge()
	}
	decoded := r.state == decoding
	if decoded {
		r.rest()
		d.give()
	}
	r.state = idle
	d.floor = max(d.floor, at)
	d.next = max(d.next, roundUp(at, stride))
	d.passed(at, decoded)
}

// endText ends the text that is open.
func (d *Decoder) endText() {
	if d.open != "" {
		d.open = ""
		d.sink.End()
	}
}
