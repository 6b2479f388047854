package rules

import (
	"errors"
	"slices"
	"strings"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
)

// detectorSpec is a kind of data that the company describes itself.
type detectorSpec struct {
	Place    place
	ID       scalar   `yaml:"id"`
	Name     textSpec `yaml:"name"`
	Words    []scalar `yaml:"words"`
	Pattern  scalar   `yaml:"pattern"`
	Anchor   []scalar `yaml:"anchor"`
	Validate scalar   `yaml:"validate"`
	Near     []scalar `yaml:"near"`
}

// detector is one, compiled.
type detector struct {
	id   detect.Class
	name Localized
	used bool
}

// detectors compiles those the policy describes. What they find is looked for
// once the whole policy is known to be sound.
func (c *compiler) detectors(specs []detectorSpec, at place) {
	c.most(len(specs), custom.MaxDetectors, at.In("detectors"))
	words := 0
	for i := range specs[:min(len(specs), custom.MaxDetectors)] {
		s := &specs[i]
		id := c.id(s.ID, s.Place)
		switch {
		case slices.Contains(countedClasses(), detect.Class(id)):
			c.report(s.ID.Place, "policy.built-in-id", "ID", id)
		case slices.ContainsFunc(c.own, func(d detector) bool { return id != "" && string(d.id) == id }):
			c.report(s.ID.Place, "policy.repeated-id", "ID", id)
		}
		c.own = append(c.own, detector{id: detect.Class(id), name: c.localized(s.Name, maxTitle)})
		d := c.describe(s)
		if words += len(d.Words); words > custom.MaxWords {
			c.report(s.Place.In("words"), "policy.too-many", "Most", custom.MaxWords)
			words = 0 // said once
		}
		c.described = append(c.described, d)
	}
}

func (c *compiler) describe(s *detectorSpec) custom.Detector {
	d := custom.Detector{Class: detect.Class(s.ID.Text), Pattern: s.Pattern.Text, Words: c.lines(s.Words)}
	if given(len(s.Words) > 0, s.Pattern.Given()) == 0 && s.Place.Line > 0 {
		c.report(s.Place, "policy.empty-detector")
	}
	for _, a := range c.list(s.Anchor) {
		d.Anchors = append(d.Anchors, a.Text)
	}
	c.most(len(d.Anchors), custom.MaxAnchors, s.Place.In("anchor"))
	if c.most(len(s.Near), custom.MaxNear, s.Place.In("near")); len(s.Near) <= custom.MaxNear {
		d.Near = c.lines(s.Near)
	}
	if s.Pattern.Text != "" {
		c.pattern(s, d.Anchors)
	}
	if d.Validate = s.Validate.Text; d.Validate != "" && s.Pattern.Text == "" {
		c.report(s.Validate.Place, "policy.validate-words")
	}
	oneOf(c, s.Validate, custom.Validators(), "")
	return d
}

// lines reads words, one to a line of a text or one to an entry of a list.
func (c *compiler) lines(list []scalar) (words []string) {
	for _, s := range list {
		for i, w := range strings.Split(s.Text, "\n") {
			if w = strings.TrimSpace(w); w == "" {
				continue
			}
			at := s.Place
			if strings.Contains(s.Text, "\n") {
				at.Line += 1 + i // a block of text begins below its key
			}
			switch err := custom.CheckWord(w); {
			case errors.Is(err, custom.ErrWordLong):
				c.report(at, "policy.word-long")
			case err != nil:
				c.report(at, "policy.word-short")
			default:
				words = append(words, w)
			}
		}
	}
	return words
}

func (c *compiler) pattern(s *detectorSpec, anchors []string) {
	if len(s.Anchor) == 0 {
		c.report(s.Place.In("anchor"), "policy.no-anchor")
		return
	}
	switch err := custom.CheckPattern(s.Pattern.Text, anchors); {
	case err == nil:
	case errors.Is(err, custom.ErrAnchorLength):
		c.report(s.Anchor[0].Place, "policy.anchor-length")
	case errors.Is(err, custom.ErrAnchor):
		c.report(s.Anchor[0].Place, "policy.anchor")
	case errors.Is(err, custom.ErrEmpty):
		c.report(s.Pattern.Place, "policy.pattern-empty")
	case errors.Is(err, custom.ErrTooBig):
		c.report(s.Pattern.Place, "policy.pattern-big", "Most", custom.MaxPattern)
	default:
		c.report(s.Pattern.Place, "policy.pattern-re2")
	}
}

// countedClasses answers all built-in kinds of data that can be counted: beside
// those of people's records those that are looked for only where they are.
func countedClasses() []detect.Class { return slices.Concat(dataClasses, custom.BuiltInClasses()) }

// dataClass reads the class of a count: a built-in one or one of the policy's.
func (c *compiler) dataClass(s scalar) detect.Class {
	options := countedClasses()
	for i := range c.own {
		if c.own[i].used = c.own[i].used || s.Text != "" && string(c.own[i].id) == s.Text; c.own[i].id != "" {
			options = append(options, c.own[i].id)
		}
	}
	class := oneOf(c, s, options, "")
	if class != "" && !slices.Contains(c.counted, class) {
		c.counted = append(c.counted, class)
	}
	return class
}

// looking compiles what the policy's own detectors, and built-in ones that are
// only looked for where a policy counts them, look for; nil when there are none.
func (c *compiler) looking(at place) *custom.Set {
	wanted := c.described
	for _, d := range custom.BuiltIn() {
		if slices.Contains(c.counted, d.Class) {
			wanted = append(wanted, d)
		}
	}
	if len(wanted) == 0 || c.doc.Err() != nil {
		return nil
	}
	set, err := custom.Compile(wanted)
	if err != nil {
		c.report(at.In("detectors"), "policy.detectors") // cannot be: each was checked
	}
	return set
}

// checkDetectors warns of detectors that nothing counts.
func (p *Policy) checkDetectors(spec *policySpec, warn func(at place, id string, pairs ...any)) {
	for i, d := range p.own {
		if !d.used {
			warn(spec.Detectors[i].Place, "policy.unused-detector")
		}
		halfTold(warn, spec.Detectors[i].Name)
	}
}

// DataName answers what the policy calls a kind of data that it describes
// itself, nil for all others. It is shared: never change it.
func (p *Policy) DataName(class detect.Class) Localized {
	for _, d := range p.own {
		if d.id == class {
			return d.name
		}
	}
	return nil
}

// mergeClasses merges two lists of classes, each of which is sorted by id.
func mergeClasses(a, b []detect.ClassSummary) []detect.ClassSummary {
	merged := slices.Concat(a, b)
	slices.SortStableFunc(merged, func(x, y detect.ClassSummary) int { return strings.Compare(string(x.Class), string(y.Class)) })
	return merged
}
