package rules

import (
	"slices"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/rules/strictyaml"
)

// check finds what is allowed in a policy but hardly meant.
func (p *Policy) check(doc *strictyaml.Document) strictyaml.Problems {
	var found strictyaml.Problems
	warn := func(at place, id string, pairs ...any) {
		found = append(found, doc.Problem(at, say(id, pairs...)))
	}
	for i := range p.classes {
		if !p.uses(i) {
			warn(p.classes[i].place, "policy.unused-class")
		}
		halfTold(warn, p.classes[i].place.In("name"), p.classes[i].name)
	}
	for i := range p.rules {
		p.checkRule(&p.rules[i], warn)
	}
	slices.SortStableFunc(found, func(a, b strictyaml.Problem) int { return a.Line - b.Line })
	return found
}

func (p *Policy) checkRule(r *rule, warn func(at place, id string, pairs ...any)) {
	switch by := p.overruled(r); {
	case len(r.unless) > 0 && impliedBy(r.unless, r.when):
		warn(r.place.In("unless"), "policy.never-applies")
	case deviceElsewhere(r.when):
		warn(r.place.In("when"), "policy.contradiction", "Field", "device", "Other", "channel")
	case by != nil:
		warn(r.place, "policy.never-decides", "Rule", by.id, "Line", by.place.Line)
	case r.action == Allow && !r.answersUnreadable:
		warn(r.place.In("action"), "policy.allow-is-mild")
	}
	if r.action.Stops() && len(r.title) == 0 {
		warn(r.place, "policy.untold")
	}
	halfTold(warn, r.place.In("title"), r.title)
	halfTold(warn, r.place.In("message"), r.message)
}

func halfTold(warn func(at place, id string, pairs ...any), at place, text Localized) {
	for _, lang := range []string{"en", "zh"} {
		if len(text) > 0 && text[lang] == "" {
			warn(at, "policy.half-told", "Language", lang)
		}
	}
}

func (p *Policy) uses(index int) bool {
	return slices.ContainsFunc(p.rules, func(r rule) bool {
		return slices.ContainsFunc(r.when, func(c condition) bool {
			switch c := c.(type) {
			case classCondition:
				return slices.Contains(c.index, index)
			case levelCondition:
				return p.classes[index].level >= c.atLeast
			}
			return false
		})
	})
}

// overruled answers a rule that applies whenever this one does and wins.
func (p *Policy) overruled(r *rule) *rule {
	for i := range p.rules {
		o := &p.rules[i]
		wins := o.action.StricterThan(r.action) || o.action == r.action && o.place.Line < r.place.Line
		if o != r && wins && o.covers(r) {
			return o
		}
	}
	return nil
}

// covers tells whether o surely applies whenever r does.
func (o *rule) covers(r *rule) bool {
	if !impliedBy(o.when, r.when) {
		return false
	}
	return len(o.unless) == 0 || len(r.unless) > 0 && impliedBy(r.unless, o.unless)
}

// impliedBy tells whether all of wide surely hold when all of narrow do.
func impliedBy(wide, narrow []condition) bool {
	for _, w := range wide {
		if !slices.ContainsFunc(narrow, func(n condition) bool { return implies(n, w) }) {
			return false
		}
	}
	return true
}

// implies tells whether w surely holds when n does.
func implies(n, w condition) bool {
	if n.field() != w.field() {
		return false
	}
	switch w := w.(type) {
	case classCondition:
		return within(n.(classCondition).index, w.index)
	case levelCondition:
		return n.(levelCondition).atLeast >= w.atLeast
	case peopleCondition:
		return n.(peopleCondition).atLeast >= w.atLeast
	case rollingCondition:
		narrow := n.(rollingCondition)
		return narrow.people >= w.people && narrow.within <= w.within
	case wordCondition:
		return within(n.(wordCondition).words, w.words)
	case patternCondition:
		return within(n.(patternCondition).patterns, w.patterns)
	case encryptedCondition:
		return n.(encryptedCondition) == w
	case sizeCondition:
		return n.(sizeCondition).bytes >= w.bytes
	}
	return false
}

func within[T comparable](narrow, wide []T) bool {
	return !slices.ContainsFunc(narrow, func(one T) bool { return !slices.Contains(wide, one) })
}

// deviceElsewhere finds a device asked for where there are none.
func deviceElsewhere(when []condition) bool {
	device, elsewhere := false, false
	for _, c := range when {
		switch w, ok := c.(wordCondition); {
		case ok && w.path == "channel":
			elsewhere = !slices.Contains(w.words, string(activity.RemovableMedia))
		case len(c.field()) > 7 && c.field()[:7] == "device.":
			device = true
		}
	}
	return device && elsewhere
}
