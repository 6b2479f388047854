package extract

import "bytes"

// Opener reads content as it arrives, where its kind allows it: text in any
// charset and bytes searched for text. Containers and markup it leaves for
// Extract, when they are complete.
type Opener struct {
	sink     Sink
	limits   Limits
	head     []byte
	decided  bool
	decoder  *Decoder // nil for what must be seen whole
	kind     string
	pictures int
	taken    int64
	seam     []byte // the last bytes, to find a signature across chunks
	first    []byte // the first bytes, which tell programs
	archive  bool   // an archive behind something else was met
}

// NewOpener answers an Opener that gives text to sink. Of the limits only
// whether to look at pictures counts here.
func NewOpener(sink Sink, limits Limits) *Opener { return &Opener{sink: sink, limits: limits} }

// Write takes the next bytes.
func (o *Opener) Write(p []byte) {
	o.taken += int64(len(p))
	o.lookForArchive(p)
	if o.decided {
		if o.decoder != nil {
			o.decoder.Write(p)
		}
		return
	}
	n := min(len(p), sniffed-len(o.head))
	o.head = append(o.head, p[:n]...)
	if len(o.head) < sniffed {
		return
	}
	o.decide(p[n:])
}

// decide tells from the first bytes how the content is read, and goes on with
// those behind them.
func (o *Opener) decide(rest []byte) {
	o.decided = true
	k, mt := look(o.head)
	o.kind = mt
	if k.picture() {
		o.pictures = 1
	}
	if k == plainKind || k.picture() && !o.limits.LooksAtPictures() {
		o.sink.Begin("")
		o.decoder = NewDecoder(o.sink.Write)
		o.decoder.Write(o.head)
		o.decoder.Write(rest)
	}
	o.head = nil
}

// lookForArchive notices an archive behind other content, which Extract would
// open.
func (o *Opener) lookForArchive(p []byte) {
	if o.archive || len(p) == 0 {
		return
	}
	const overlap = longestMagic - 1
	edge := append(o.seam, p[:min(len(p), overlap)]...)
	o.first = append(o.first, p[:min(len(p), magicOfProgram-len(o.first))]...)
	program := isProgram(o.first) && o.taken-int64(len(p)) < largestStub
	o.archive = bytes.Contains(edge, []byte(endSignature)) || bytes.Contains(p, []byte(endSignature))
	for _, s := range selfExtractors {
		o.archive = o.archive || program && (bytes.Contains(edge, []byte(s.magic)) || bytes.Contains(p, []byte(s.magic)))
	}
	if len(p) < overlap {
		p = edge
	}
	o.seam = append(o.seam[:0:0], p[max(0, len(p)-overlap):]...)
}

// Streams tells whether the content is being read as it arrives; false as long
// as too little of it is there to tell.
func (o *Opener) Streams() bool { return o.decoder != nil }

// Source answers how many leading bytes of the content stand for no more than
// the first text bytes of the text.
func (o *Opener) Source(text int64) int64 {
	if o.decoder == nil {
		return 0
	}
	return o.decoder.Source(text)
}

// Close ends the content and tells whether all size bytes of it were read on
// the way; otherwise Extract has to read it.
func (o *Opener) Close(size int64) (Result, bool) {
	if !o.decided && o.taken == size && !o.archive {
		o.decide(nil) // there is no more than this
	}
	if o.decoder == nil {
		return Result{}, false
	}
	o.decoder.Close()
	return Result{Type: o.kind, Pictures: o.pictures}, !o.archive && o.taken == size
}
