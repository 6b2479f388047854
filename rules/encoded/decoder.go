package encoded

// Sink takes what was decoded. Slices are valid only during the call.
type Sink interface {
	// Begin starts a text that was written so, in a line of what was given
	// to the Decoder since Begin (1-based). With file set it is an archive or
	// a document, which has to be taken apart.
	Begin(encoding string, line int, file bool)
	// Write gives bytes of the text, in whatever charset they are.
	Write(p []byte)
	// End ends the text.
	End()
}

// The encodings, as they are named to a Sink.
const (
	Base64 = "base64"
	Base32 = "base32"
	Hex    = "hex"
	// Of these a text has a full line, of 45 bytes, or is about 200 characters.
	UU      = "uuencode"
	ASCII85 = "ascii85"
	Base85  = "base85" // its alphabet of RFC 1924, which git and Python write
)

const (
	stride = 24 // between the places looked at where nothing is being decoded
	probe  = 16 // bytes looked at
	eight  = 8
	// Least is how long a run is at least, in characters: it holds a probe, and
	// eight more before or sixteen behind it.
	Least = stride + probe
	// What of the text before is kept: from where a probe can be part of a run,
	// over escapes of JSON; and of what is decoded on trial from before its probe.
	kept = 512
	// How far before a probe such an escape may stand.
	escapes = 64
	// Runs no further apart than this are lines of one text.
	gap = 64
)

// Decoder finds and decodes what is encoded. It is not safe for concurrent use.
type Decoder struct {
	sink                Sink
	tail                [kept]byte // the last bytes before those at hand
	n                   int        // of them
	at                  int64      // how many bytes of the fragment came before those at hand
	past                int64      // of the fragments before
	next                int64      // where the next probe stands
	nextLine, nextDense int64      // and those for lines of uuencode and characters of 85
	floor               int64      // nothing before is part of a run any more
	done                int64      // nor of what is encoded otherwise
	ahead               candidate  // what comes next of that
	looked              bool       // whether it was looked for
	run                 run
	trial               trial

	before func() int // answers the line ends before the bytes at hand
	now    []byte     // the bytes at hand
	row    int        // that they stand in; 0 in text

	open   string // the encoding of the text begun, "" when none is
	file   bool   // it is one
	since  int64  // where it began
	ended  int64  // where its last run did
	hold   [probe + 3*eight]byte
	joined []byte // what was cut apart
}

// NewDecoder answers a Decoder. The function answers how many line ends stand
// in the fragment before what Write is given; it is asked only where a text
// begins.
func NewDecoder(sink Sink, before func() int) *Decoder {
	return &Decoder{sink: sink, before: before}
}

// Reset forgets everything, for the next content. Nothing open is ended.
func (d *Decoder) Reset() {
	d.past, d.open, d.at = 0, "", 0
	d.begun()
}

// Begin starts a fragment; what was open in the one before is ended.
func (d *Decoder) Begin() {
	d.Close()
	d.past += d.at
	d.begun()
}

func (d *Decoder) begun() {
	d.n, d.at, d.next, d.floor, d.row = 0, 0, 0, 0, 0
	d.nextLine, d.nextDense, d.done = 0, 0, 0
	d.run.state = idle
}

// Row takes a cell of a row of a table, of that 1-based number, in the place of
// a line.
func (d *Decoder) Row(number int, cell []byte) {
	d.row = number
	d.Write(cell)
	d.Write(lineEnd)
}

// Close decodes what is left of the fragment and ends what is open.
func (d *Decoder) Close() {
	at := d.at
	d.Write(behind[:]) // so that what stands at the end is looked at
	d.at = at
	d.endText()
}

// behind is what follows a fragment: enough to end any run.
var behind = [kept]byte{'\n', '\n'}

// Settled answers how many bytes, of all fragments since Reset, are decoded and
// given where there was something to decode.
func (d *Decoder) Settled() int64 {
	settled := min(d.at, max(d.floor, min(d.next-stride+1, d.nextLine-fullLine, d.nextDense-denseStride)))
	if d.run.state != idle {
		settled = d.run.start
	}
	if d.open != "" {
		settled = min(settled, d.since)
	}
	return d.past + max(settled, 0)
}

// Since answers where, counted like Settled, the text begun last began.
func (d *Decoder) Since() int64 { return d.past + d.since }

// Write takes text, cut anywhere.
func (d *Decoder) Write(p []byte) {
	d.now = p
	for at := 0; at < len(p); {
		if d.run.state != idle {
			at += d.follow(p[at:], d.at+int64(at))
			continue
		}
		hit := d.seek(p)
		if !d.looked {
			d.ahead, d.looked = d.seekOther(p), true
		}
		if d.open != "" && min(d.next, d.ahead.place)-d.ended > gap {
			d.endText()
		}
		other := d.ahead.place < hit
		if min(hit, d.ahead.place) >= d.at+int64(len(p)) || other && d.ahead.awaited {
			break
		}
		if other {
			at = d.begin(p, d.ahead)
		} else {
			at = d.start(p, hit)
		}
	}
	d.now, d.looked = nil, false
	d.keepTail(p)
	d.at += int64(len(p))
}

var lineEnd = []byte{'\n'}

func (d *Decoder) keepTail(p []byte) {
	if len(p) >= kept {
		d.n = copy(d.tail[:], p[len(p)-kept:])
		return
	}
	drop := max(0, d.n+len(p)-kept)
	d.n = copy(d.tail[:], d.tail[drop:d.n])
	d.n += copy(d.tail[d.n:], p)
}
