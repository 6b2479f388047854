package custom

import (
	"errors"
	"fmt"
	"hash/maphash"
	"reflect"
	"regexp"
	"slices"
	"strings"

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
	find      func(line []byte, anchors []span) []span
	accept    func(before, value, after []byte) bool
	meant     func(before, word, after []byte) bool
	meaning   uintptr // the same for detectors with the same meant
	open      bool
	labelled  bool
	byRow     bool
}

// usualAlone is the confidence of what stands without context words.
const usualAlone = 0.6

// Compile makes a Set of detectors. The error names the detector and what is
// wrong with it, never a word.
func Compile(detectors []Detector) (*Set, error) {
	if err := checkBounds(detectors); err != nil {
		return nil, err
	}
	s := &Set{seed: maphash.MakeSeed()}
	texts := map[string][]ref{}
	for i, d := range detectors {
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
				if text = foldText(text); group.role != anchor {
					text = strings.TrimSpace(text)
				}
				texts[text] = append(texts[text], ref{int32(i), group.role})
			}
		}
	}
	s.index = newIndex(texts)
	s.sortClasses()
	return s, nil
}

// checkBounds counts what a company describes itself.
func checkBounds(detectors []Detector) error {
	own, words := 0, 0
	for _, d := range detectors {
		if d.builtIn {
			continue
		}
		if own++; own > MaxDetectors {
			return fmt.Errorf("compile detectors: more than %d", MaxDetectors)
		}
		if words += len(d.Words); words > MaxWords {
			return fmt.Errorf("compile detectors: more than %d words", MaxWords)
		}
	}
	return nil
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
	c = compiled{class: d.Class, context: len(d.Near) > 0, alone: d.Alone, validator: d.Validate, find: d.find, accept: d.accept, meant: d.meant, open: d.open, labelled: d.labelled, byRow: d.byRow}
	if d.meant != nil {
		c.meaning = reflect.ValueOf(d.meant).Pointer()
	}
	anchors, contexts, pattern := MaxAnchors, MaxNear, MaxPattern
	if d.builtIn {
		anchors, contexts, pattern = mostAnchors, mostAnchors, mostPattern
	}
	if c.alone == 0 {
		c.alone = usualAlone
	}
	for _, w := range d.Words {
		if err := CheckWord(w); err != nil {
			return c, err
		}
	}
	for _, w := range d.Near {
		if err := CheckWord(w); err != nil && !(d.builtIn && errors.Is(err, ErrWordShort)) {
			return c, err
		}
	}
	if len(d.Anchors) > anchors || len(d.Near) > contexts {
		return c, fmt.Errorf("more than %d anchors or context words", MaxAnchors)
	}
	if d.Pattern != "" {
		if c.pattern, err = compilePattern(d.Pattern, d.Anchors, pattern); err != nil {
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
