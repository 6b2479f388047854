package custom

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/detect"
)

// Bounds on detectors.
const (
	MaxDetectors = 200
	MaxWords     = 100_000 // of all detectors together
	MaxAnchors   = 100     // of one detector
	MaxNear      = 100     // context words of one detector
	MaxPattern   = 1_000   // bytes of a pattern
	mostAnchors  = 300     // of a built-in detector, and its context words
	mostPattern  = 4_000
	maxWord      = 63 // bytes of a word as it is compared
	leastWord    = 3  // bytes: one letter or Han character would be everywhere
	leastAnchor  = 2
	maxProgram   = 5_000 // instructions of a compiled pattern
)

// What may be wrong with a detector.
var (
	ErrWordShort    = errors.New("a word needs two Chinese characters or three letters")
	ErrWordLong     = fmt.Errorf("a word may have at most %d bytes", maxWord)
	ErrPattern      = errors.New("the pattern is no valid RE2 expression")
	ErrTooBig       = fmt.Errorf("the pattern is too long or repeats too much: at most %d characters", MaxPattern)
	ErrAnchor       = errors.New("a match without an anchor is possible")
	ErrAnchorLength = fmt.Errorf("an anchor needs %d to %d bytes, not all of them spaces", leastAnchor, maxWord)
	ErrEmpty        = errors.New("the pattern matches the empty text")
	ErrValidator    = errors.New("there is no such validator")
)

// Detector describes one class of data: by words, by a pattern, or by both.
type Detector struct {
	Class detect.Class
	// Words are found as they stand, capitals or not.
	Words []string
	// Pattern is an RE2 expression; every match contains one of the Anchors.
	Pattern string
	Anchors []string
	// Validate names a check that what matched has to pass: see Validators.
	Validate string
	// Near are words that make a finding likelier where they stand in the same
	// line, up to nearReach bytes before, or in the first line.
	Near []string
	// Alone is the confidence of a finding without any of Near, 0.6 when zero.
	// One below zero means that nothing is found without.
	Alone float64

	// Of built-in detectors alone: they are trusted, and not bound as those of
	// a company are.
	builtIn bool
	find    func(line []byte, anchors []span) []span // in place of Pattern: what stands in a line, by its anchors
	accept  func(before, value, after []byte) bool   // whether it is one, with the line around it
	meant   func(before, word, after []byte) bool    // whether a context word is one, with the line around it
	open    bool                                     // more letters or digits may follow
	// labelled means that one of Near has to stand right before a value, or at
	// the head of its column.
	labelled bool
	// byRow means that every row of a table is somebody's: twenty people with
	// one disease are twenty.
	byRow bool
}

// CheckWord tells whether a word can be looked for.
func CheckWord(word string) error {
	folded := foldWord(word)
	switch {
	case len(folded) > maxWord:
		return ErrWordLong
	case len(folded) < leastWord, utf8.RuneCountInString(folded) < 2:
		return ErrWordShort
	}
	return nil
}

// CheckPattern tells whether a pattern can be looked for by its anchors.
func CheckPattern(pattern string, anchors []string) error {
	_, err := compilePattern(pattern, anchors, MaxPattern)
	return err
}

func compilePattern(pattern string, anchors []string, most int) (*regexp.Regexp, error) {
	if len(pattern) > most {
		return nil, ErrTooBig
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, ErrPattern
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, ErrPattern
	}
	if len(program.Inst) > maxProgram {
		return nil, ErrTooBig
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, ErrPattern
	}
	if re.MatchString("") {
		return nil, ErrEmpty
	}
	folded := make([]string, len(anchors))
	for i, a := range anchors {
		if folded[i] = foldText(a); len(folded[i]) < leastAnchor || len(folded[i]) > maxWord || strings.TrimSpace(a) == "" {
			return nil, ErrAnchorLength
		}
	}
	if !contains(tree, folded) {
		return nil, ErrAnchor
	}
	return re, nil
}

// contains tells whether every text that re matches surely contains one of the
// anchors, in folded form.
func contains(re *syntax.Regexp, anchors []string) bool {
	if texts, ok := exact(re); ok {
		return all(texts, anchors)
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return contains(re.Sub[0], anchors)
	case syntax.OpRepeat:
		return re.Min > 0 && contains(re.Sub[0], anchors)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !contains(sub, anchors) {
				return false
			}
		}
		return len(re.Sub) > 0
	case syntax.OpConcat:
		return concatContains([]string{""}, re.Sub, anchors)
	}
	return false
}

// concatContains looks at each part, and at neighbours that are fixed texts; one
// of run stands before.
func concatContains(run []string, subs []*syntax.Regexp, anchors []string) bool {
	for _, sub := range flat(subs) {
		texts, fixed := exact(sub)
		if fixed && len(run)*len(texts) <= maxExact {
			run = product(run, texts)
			if all(run, anchors) {
				return true
			}
			continue
		}
		if sub.Op == syntax.OpAlternate && !slices.ContainsFunc(sub.Sub, func(way *syntax.Regexp) bool {
			return !concatContains(run, []*syntax.Regexp{way}, anchors)
		}) {
			return true // AK(IA[0-9]|ID[a-z]), as AKIA[0-9]|AKID[a-z] is read
		}
		if run = []string{""}; fixed {
			run = texts
		}
		if contains(sub, anchors) {
			return true
		}
	}
	return false
}

// flat takes the groups around parts away.
func flat(subs []*syntax.Regexp) (parts []*syntax.Regexp) {
	for _, sub := range subs {
		switch sub.Op {
		case syntax.OpCapture, syntax.OpConcat:
			parts = append(parts, flat(sub.Sub)...)
		default:
			parts = append(parts, sub)
		}
	}
	return parts
}

func all(texts, anchors []string) bool {
	for _, t := range texts {
		found := false
		for _, a := range anchors {
			found = found || strings.Contains(t, a)
		}
		if !found {
			return false
		}
	}
	return len(texts) > 0
}

// maxExact bounds the texts a part of a pattern stands for.
const maxExact = 256

// exact answers all texts that re matches, folded, if they are few.
func exact(re *syntax.Regexp) (texts []string, few bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{foldText(string(re.Rune))}, true
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, true
	case syntax.OpCapture:
		return exact(re.Sub[0])
	case syntax.OpQuest:
		texts, few = exact(re.Sub[0])
		return append(texts, ""), few && len(texts) < maxExact
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if texts = append(texts, foldText(string(r))); len(texts) > 16 {
					return nil, false
				}
			}
		}
		return texts, len(texts) > 0
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			more, ok := exact(sub)
			if texts = append(texts, more...); !ok || len(texts) > maxExact {
				return nil, false
			}
		}
		return texts, true
	case syntax.OpConcat:
		texts = []string{""}
		for _, sub := range re.Sub {
			more, ok := exact(sub)
			if !ok || len(texts)*len(more) > maxExact {
				return nil, false
			}
			texts = product(texts, more)
		}
		return texts, true
	}
	return nil, false
}

func product(heads, tails []string) []string {
	texts := make([]string, 0, len(heads)*len(tails))
	for _, h := range heads {
		for _, t := range tails {
			texts = append(texts, h+t)
		}
	}
	return texts
}
