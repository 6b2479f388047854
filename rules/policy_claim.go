package rules

import (
	"slices"
	"strings"
)

// claimCondition wants a text that a person can make up: the name of a program
// they may copy, of a share that a program of theirs mounts.
type claimCondition struct {
	patternCondition
	name *patternCondition // what has no folder, held against a program's name as well; nil for nothing
	// proven tells that only what is proven counts: where the condition makes a
	// rule milder, a name that anybody can take must not be enough.
	proven bool
}

func (c *compiler) claims(conditions []condition, path string, written []scalar, text textField) []condition {
	if len(written) == 0 {
		return conditions
	}
	claim := &claimCondition{patternCondition: patternCondition{path, c.patterns(written), text}}
	names := slices.DeleteFunc(slices.Clone(claim.patterns), func(p *pattern) bool { return strings.ContainsAny(p.written, `/\`) })
	if text == programText && len(names) > 0 {
		claim.name = &patternCondition{path, names, programNameText}
	}
	return append(conditions, claim)
}

// demandProof has conditions count only what is proven.
func demandProof(conditions []condition) {
	for _, c := range conditions {
		if claim, ok := c.(*claimCondition); ok {
			claim.proven = true
		}
	}
}

func (c *claimCondition) holds(q *question) bool {
	if c.proven && !q.proves(c.text) {
		return false
	}
	return c.patternCondition.holds(q) || c.name != nil && c.name.holds(q)
}

func isClaim(c condition) bool { _, ok := c.(*claimCondition); return ok }

// restsOnWord tells whether a rule asks for something that a person may have
// made up this time.
func (r *rule) restsOnWord(q *question) bool {
	return slices.ContainsFunc(r.when, func(c condition) bool {
		claim, ok := c.(*claimCondition)
		return ok && !q.proves(claim.text)
	})
}

// proves tells whether a text is more than somebody's word.
func (q *question) proves(f textField) bool {
	if f == programText {
		return q.Actor.Proven
	}
	return q.Destination.Share.Proven
}

func (c *claimCondition) from(q *question) (int, bool) { return settled(c, q) }

func (c *claimCondition) found(q *question) string {
	text := c.patternCondition.found(q)
	if text != "" && !q.proves(c.text) {
		text += ", unproven"
	}
	return text
}
