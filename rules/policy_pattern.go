package rules

import (
	"slices"
	"strconv"
	"strings"
)

// textField is a text of an activity that patterns are held against.
type textField int

const (
	personText textField = iota
	programText
	destinationText
	vendorText
	modelText
	serialText
	busText
	fileNameText
	fileTypeText
	programNameText // without its folder
	shareText
	hostText
	textFields // how many there are

	groupText // what there may be many of
	labelText
)

func (q *question) text(f textField) string {
	switch f {
	case personText:
		return q.Actor.User
	case programText:
		return q.Actor.Program
	case destinationText:
		return q.Destination.Path
	case vendorText:
		return q.Destination.Device.Vendor
	case modelText:
		return q.Destination.Device.Model
	case serialText:
		return q.Destination.Device.Serial
	case busText:
		return q.Destination.Device.Bus
	case fileNameText:
		return q.Subject.Name
	case programNameText:
		return q.Actor.Program[strings.LastIndexAny(q.Actor.Program, `/\`)+1:]
	case shareText:
		return q.Destination.Share.Name
	case hostText:
		return q.Destination.Share.Host
	}
	return q.Type
}

// fold answers a text as patterns see it: lower case, no space around.
func (q *question) fold(f textField) string {
	if q.isFolded[f] {
		return q.folded[f]
	}
	return q.foldNow(f)
}

func (q *question) foldNow(f textField) string {
	q.folded[f], q.isFolded[f] = strings.ToLower(strings.TrimSpace(q.text(f))), true
	return q.folded[f]
}

// patternCondition wants a text that one of several patterns fits.
type patternCondition struct {
	path     string
	patterns []*pattern
	text     textField
}

func (c *patternCondition) field() string { return c.path }
func (c *patternCondition) holds(q *question) bool {
	text := q.fold(c.text)
	return slices.ContainsFunc(c.patterns, func(p *pattern) bool { return p.fits(text) })
}
func (c *patternCondition) wanted() string { return either(written(c.patterns)) }

// written answers patterns as they stand in the policy.
func written(patterns []*pattern) (texts []string) {
	for _, p := range patterns {
		texts = append(texts, p.written)
	}
	return texts
}

// labelCondition wants a label of the document that one of several patterns
// fits. It is known only once the document was read.
type labelCondition struct{ patterns []*pattern }

func (*labelCondition) field() string              { return "file.label" }
func (*labelCondition) from(*question) (int, bool) { return 0, false }
func (c *labelCondition) holds(q *question) bool   { return anyFits(c.patterns, q.Labels) }
func (c *labelCondition) wanted() string           { return either(written(c.patterns)) }
func (*labelCondition) found(q *question) string   { return strconv.Itoa(len(q.Labels)) }

// found keeps a file's name to itself: it may hold customer data.
func (c *patternCondition) found(q *question) string {
	if c.text == fileNameText {
		return ""
	}
	return q.text(c.text)
}

// from does not rely on a file's type, which is known only once it was read.
func (c *patternCondition) from(q *question) (int, bool) {
	if c.text == fileTypeText {
		return 0, false
	}
	return settled(c, q)
}

// pattern is a text in which * stands for any characters. Case makes no
// difference.
type pattern struct {
	written     string // lower case
	first, last string // before the first star and after the last
	middle      []string
	stars       bool
}

func newPattern(text string) *pattern {
	text = strings.ToLower(text)
	parts := strings.Split(text, "*")
	n := len(parts) - 1
	p := &pattern{written: text, first: parts[0], last: parts[n], stars: n > 0}
	if n > 1 {
		p.middle = parts[1:n]
	}
	return p
}

// fits looks for part after part, leftmost first, which finds a way whenever
// there is one.
func (p *pattern) fits(text string) bool {
	if !p.stars {
		return text == p.written
	}
	if len(text) < len(p.first)+len(p.last) || !strings.HasPrefix(text, p.first) || !strings.HasSuffix(text, p.last) {
		return false
	}
	text = text[len(p.first) : len(text)-len(p.last)]
	for _, part := range p.middle {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}
