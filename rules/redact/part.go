package redact

import (
	"bytes"
	"context"
	"hash/maphash"
	"html"
	"io"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/detect"
)

// part is one XML part of a document on its way from in to out.
type part struct {
	*tokens
	job     *job
	ctx     context.Context
	place   string
	strict  Reason // a finding is refused for this
	frame   frame
	finder  *finder
	out     io.Writer
	at      int                          // where the current token stands in the frame
	known   bool                         // values masked elsewhere are masked here too, whatever stands around them
	special func([]span) ([]span, error) // takes the spans it knows better than apply
}

// newPart answers a part whose content comes from r.
func (j *job) newPart(ctx context.Context, place string, r io.Reader, out io.Writer) *part {
	return &part{tokens: newTokens(r), job: j, ctx: ctx, place: place, finder: j.finder(), out: out}
}

// next reads a token and keeps its bytes in the frame; false at the end.
func (p *part) next() (bool, error) {
	for {
		switch err := p.tokens.next(); {
		case err == io.EOF:
			return false, nil
		case err != nil:
			return false, err
		}
		if p.kind == otherToken && !bytes.HasPrefix(p.raw, []byte("<?xml ")) {
			continue // comments may hold anything and nobody misses them
		}
		p.at = len(p.frame.raw)
		p.frame.raw = append(p.frame.raw, p.raw...)
		return true, nil
	}
}

// isText tells whether the current token is text with something in it.
func (p *part) isText() bool {
	return p.kind == plainToken || p.kind == textToken && len(bytes.TrimSpace(p.raw)) > 0
}

// content answers the text of the current token.
func (p *part) content() string {
	if p.kind == plainToken {
		return string(p.raw[len("<![CDATA[") : len(p.raw)-len("]]>")])
	}
	return unescape(p.raw)
}

func unescape(raw []byte) string {
	if bytes.IndexByte(raw, '&') < 0 {
		return string(raw)
	}
	return html.UnescapeString(string(raw))
}

// take appends the current text to a passage.
func (p *part) take(to *passage, as form) {
	p.link(to, p.content(), p.at, p.at+len(p.raw), as)
}

// takeAttribute appends the value of an attribute of the current tag.
func (p *part) takeAttribute(to *passage, a attribute) {
	p.link(to, unescape(p.raw[a.from:a.to]), p.at+a.from, p.at+a.to, attributeText)
}

func (p *part) link(to *passage, text string, from, end int, as form) {
	if text == "" {
		return
	}
	start := len(to.text)
	to.text = append(to.text, text...)
	to.links = append(to.links, link{start, len(to.text), from, end, as})
}

// drop takes the current token out of the copy.
func (p *part) drop() { p.frame.cuts = append(p.frame.cuts, cut{from: p.at, to: p.at + len(p.raw)}) }

// telling tells whether an attribute that only programs read may hold customer
// data: an address, or a number long enough.
func telling(value []byte) bool {
	digits := 0
	for _, c := range value {
		if c == '@' {
			return true
		}
		if digits++; !isDigit(c) {
			digits = 0
		}
		if digits >= 11 {
			return true
		}
	}
	return false
}

// quietAttributes looks at the attributes that no reader is shown.
func (p *part) quietAttributes(skip func(local string) bool) {
	if bytes.IndexByte(p.raw, '=') < 0 {
		return
	}
	p.list = p.attributes(p.list[:0])
	for _, a := range p.list {
		if !skip(string(a.local)) && telling(p.raw[a.from:a.to]) {
			var extra passage
			extra.add(string(a.local) + "=")
			p.takeAttribute(&extra, a)
			p.frame.extra(&extra)
		}
	}
}

// longestFrame bounds what cannot be parted, in bytes.
const longestFrame = 256 << 20

// breathe writes what has come together if it is enough for a batch. It is
// called where no passage is open.
func (p *part) breathe() error {
	if len(p.frame.text) < p.job.batch && len(p.frame.raw) < 8*p.job.batch {
		return nil
	}
	return p.flush()
}

// tooLong tells when breathe was not possible for too long.
func (p *part) tooLong() error {
	if len(p.frame.raw) > longestFrame {
		return refuse(TooLarge, "")
	}
	return nil
}

// flush finds, replaces and writes.
func (p *part) flush() error {
	if err := p.job.over(p.ctx); err != nil {
		return err
	}
	if err := p.apply(p.finder.find(&p.frame)); err != nil {
		return err
	}
	if err := p.frame.write(p.out); err != nil {
		return err
	}
	p.frame.reset()
	return nil
}

func (p *part) apply(spans []span) error {
	if len(spans) > 0 && p.strict != "" {
		return refuse(p.strict, "")
	}
	for _, s := range spans {
		p.job.learn(p.frame.text[s.start:s.end], s.class)
		p.job.count(s)
	}
	if p.special != nil {
		var err error
		if spans, err = p.special(spans); err != nil {
			return err
		}
	}
	if p.known {
		if err := p.applyKnown(); err != nil {
			return err
		}
	}
	for _, s := range spans {
		if err := p.frame.replace(s, p.frame.masked(s, p.job.hard)); err != nil {
			return err
		}
	}
	return nil
}

// applyKnown masks what is, as a whole, a value masked in another part:
// diagrams, properties and bound fields repeat what stands there.
func (p *part) applyKnown() error {
	for _, l := range p.frame.links {
		class, ok := p.job.learnt(p.frame.text[l.start:l.end])
		if !ok {
			continue
		}
		if p.strict != "" {
			return refuse(p.strict, "")
		}
		text := p.frame.text[l.start:l.end]
		lead := len(text) - len(bytes.TrimLeftFunc(text, unicode.IsSpace))
		s := span{start: l.start + lead, end: l.start + lead + len(bytes.TrimSpace(text)), class: class, cell: -1}
		if err := p.frame.replace(s, p.frame.masked(s, p.job.hard)); err != nil {
			return err
		}
	}
	return nil
}

// mostLearnt bounds the values remembered, which stand there as hashes.
const mostLearnt = 1 << 20

// memory remembers what was masked: the number of its class by its hash.
type memory struct {
	seed   maphash.Seed
	values map[uint64]uint16
}

func (j *job) learn(value []byte, class detect.Class) {
	if utf8.RuneCount(bytes.TrimSpace(value)) < 2 {
		return // the box of a form: elsewhere it is anything
	}
	if j.memory.values == nil {
		j.memory = memory{maphash.MakeSeed(), map[uint64]uint16{}}
	}
	if len(j.memory.values) < mostLearnt {
		j.memory.values[maphash.Bytes(j.memory.seed, bytes.TrimSpace(value))] = j.classNumber(class)
	}
}

func (j *job) learnt(value []byte) (detect.Class, bool) {
	if j.memory.values == nil || len(value) == 0 {
		return "", false
	}
	n, ok := j.memory.values[maphash.Bytes(j.memory.seed, bytes.TrimSpace(value))]
	if !ok {
		return "", false
	}
	return j.classes[n], true
}

// classNumber numbers the classes found.
func (j *job) classNumber(class detect.Class) uint16 {
	i := slices.Index(j.classes, class)
	if i < 0 {
		i = len(j.classes)
		j.classes = append(j.classes, class)
	}
	return uint16(i)
}
