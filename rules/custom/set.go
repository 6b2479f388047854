package custom

import (
	"fmt"
	"hash/maphash"
	"regexp"
	"slices"

	"github.com/trustline/trustline/rules/detect"
)

// Set is detectors, compiled. It never changes: many matchers may use it at
// once.
type Set struct {
	index     *index
	detectors []compiled
	classes   []detect.Class // sorted
	classOf   []int          // by detector
	seed      maphash.Seed
}

// compiled is a Detector ready to be looked for.
type compiled struct {
	class     detect.Class
	pattern   *regexp.Regexp
	validate  func([]byte) bool
	validator string
	context   bool // near words are given
	alone     float64
}

// usualAlone is the confidence of what stands without context words.
const usualAlone = 0.6

// Compile makes a Set of detectors. The error names the detector and what is
// wrong with it, never a word.
func Compile(detectors []Detector) (*Set, error) {
	if len(detectors) > MaxDetectors {
		return nil, fmt.Errorf("compile detectors: more than %d", MaxDetectors)
	}
	s := &Set{seed: maphash.MakeSeed()}
	texts, words := map[string][]ref{}, 0
	for i, d := range detectors {
		if words += len(d.Words); words > MaxWords {
			return nil, fmt.Errorf("compile detectors: more than %d words", MaxWords)
		}
		c, err := compile(d)
		if err != nil {
			return nil, fmt.Errorf("compile detector %s: %w", d.Class, err)
		}
		s.detectors = append(s.detectors, c)
		for _, group := range []struct {
			role  role
			texts []string
		}{{word, d.Words}, {anchor, d.Anchors}, {near, d.Near}} {
			for _, text := range group.texts {
				text = foldWord(text)
				texts[text] = append(texts[text], ref{int32(i), group.role})
			}
		}
	}
	s.index = newIndex(texts)
	s.sortClasses()
	return s, nil
}

func (s *Set) sortClasses() {
	for _, d := range s.detectors {
		s.classes = append(s.classes, d.class)
	}
	slices.Sort(s.classes)
	s.classes = slices.Compact(s.classes)
	for _, d := range s.detectors {
		i, _ := slices.BinarySearch(s.classes, d.class)
		s.classOf = append(s.classOf, i)
	}
}

func compile(d Detector) (c compiled, err error) {
	c = compiled{class: d.Class, context: len(d.Near) > 0, alone: d.Alone, validator: d.Validate}
	if c.alone == 0 {
		c.alone = usualAlone
	}
	for _, w := range d.Words {
		if err := CheckWord(w); err != nil {
			return c, err
		}
	}
	for _, w := range d.Near {
		if err := CheckWord(w); err != nil {
			return c, err
		}
	}
	if len(d.Anchors) > MaxAnchors || len(d.Near) > MaxNear {
		return c, fmt.Errorf("more than %d anchors or context words", MaxAnchors)
	}
	if d.Pattern != "" {
		if c.pattern, err = compilePattern(d.Pattern, d.Anchors); err != nil {
			return c, err
		}
	}
	if d.Validate != "" {
		if c.validate = validators[d.Validate]; c.validate == nil {
			return c, ErrValidator
		}
	}
	return c, nil
}
