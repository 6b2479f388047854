package rules

import (
	"fmt"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/encoded"
	"github.com/trustline/trustline/rules/extract"
)

// codedLayers is how often text may be encoded one time over another to be
// looked at.
const codedLayers = 2

// layer looks at what is encoded in a text, and at what is encoded in that. It
// costs nothing until something is.
type layer struct {
	above   *look
	look    *look  // nil until something was encoded
	place   string // of the text that is being decoded
	charset *extract.Decoder
	decoder *encoded.Decoder // nil in the last layer
	next    *layer           // nil in the last one
	found   bool             // something was found here or further down
	ended   func()           // called at the end of each text
	files   *files           // that stand encoded in any layer
	file    *file            // the one being decoded, nil: it is text
}

func newLayer(above *look, files *files, layers int) *layer {
	l := &layer{above: above, files: files, ended: func() {}}
	if layers > 1 {
		l.next = newLayer(above, files, layers-1)
		l.decoder = encoded.NewDecoder(l.next, func() int { return l.look.Lines() })
	}
	return l
}

func (l *layer) reset() {
	l.found, l.file = false, nil
	if l.look != nil {
		l.look.reset()
	}
	if l.next != nil {
		l.decoder.Reset()
		l.next.reset()
	}
}

// Begin starts a text or a file that was encoded.
func (l *layer) Begin(encoding string, line int, isFile bool) {
	place := fmt.Sprintf("line %d › %s", line, encoding)
	if l.place != "" {
		place = l.place + " › " + place
	}
	if l.file = nil; isFile {
		l.file = l.files.begin(place)
		return
	}
	if l.look == nil {
		l.look = l.above.beside()
	}
	l.look.begin(place)
	if l.next != nil {
		l.decoder.Begin()
		l.next.place = place
	}
	l.charset = extract.NewDecoder(l.text)
}

// Write takes bytes of it in any charset.
func (l *layer) Write(p []byte) {
	if l.file != nil {
		l.files.write(l.file, p)
		return
	}
	l.charset.Write(p)
}

func (l *layer) text(text []byte) {
	if l.next != nil {
		l.decoder.Write(text)
	}
	l.look.write(text)
}

// End ends the text or the file.
func (l *layer) End() {
	if l.file != nil {
		l.file, l.found = nil, true // nobody knows yet what it holds
		l.ended()
		return
	}
	l.charset.Close()
	if l.next != nil {
		l.decoder.Close()
		l.found = l.found || l.next.found
	}
	l.look.begin("")
	l.found = l.found || l.look.clean() < l.look.given
	l.ended()
}

// close answers what was found besides what is counted above.
func (l *layer) close() (findings []detect.Finding, incomplete bool) {
	if l.look == nil {
		return nil, false
	}
	summary, known := l.look.close()
	findings, incomplete = summary.Findings, known.Incomplete
	if l.next != nil {
		more, also := l.next.close()
		findings, incomplete = append(findings, more...), incomplete || also
	}
	return findings, incomplete
}
