package rules

import (
	"slices"
	"strings"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/strictyaml"
)

// check finds what is allowed in a policy but hardly meant. The policy was
// compiled from spec, entry by entry.
func (p *Policy) check(doc *strictyaml.Document, spec *policySpec) strictyaml.Problems {
	var found strictyaml.Problems
	warn := func(at place, id string, pairs ...any) {
		found = append(found, doc.Problem(at, say(id, pairs...)))
	}
	for i := range p.classes {
		if !p.uses(i) {
			warn(spec.Classes[i].Place, "policy.unused-class")
		}
		halfTold(warn, spec.Classes[i].Name)
	}
	for i := range p.rules {
		p.checkRule(&p.rules[i], &spec.Rules[i], warn)
	}
	p.checkDetectors(spec, warn)
	slices.SortStableFunc(found, func(a, b strictyaml.Problem) int { return a.Line - b.Line })
	return found
}

func (p *Policy) checkRule(r *rule, spec *ruleSpec, warn func(at place, id string, pairs ...any)) {
	switch by := p.overruled(r); {
	case len(r.unless) > 0 && impliedBy(r.unless, r.when):
		warn(spec.Unless.Place, "policy.never-applies")
	case astray(r.when) != "":
		warn(spec.When.Place, "policy.contradiction", "Field", astray(r.when), "Other", "channel")
	case by != nil:
		warn(spec.Place, "policy.never-decides", "Rule", by.id, "Line", by.line)
	case r.action == Allow && !r.answersUnreadable:
		warn(spec.Action.Place, "policy.allow-is-mild")
	}
	on := channelsOf(r.when)
	only := func(c activity.Channel) bool {
		return len(on) > 0 && !slices.ContainsFunc(on, func(o string) bool { return o != string(c) })
	}
	if on != nil && asks(r.unless, "program") && !slices.Contains(on, string(activity.RemovableMedia)) {
		warn(spec.Unless.Place, "policy.never-proven")
	}
	if only(activity.Print) {
		warn(spec.When.Place, "policy.not-watched", "Channel", activity.Print)
	}
	if r.action == Quarantine && only(activity.Clipboard) {
		warn(spec.Action.Place, "policy.nothing-to-keep")
	}
	if r.action.Stops() && len(r.title) == 0 {
		warn(spec.Place, "policy.untold")
	}
	halfTold(warn, spec.Title)
	halfTold(warn, spec.Message)
}

func halfTold(warn func(at place, id string, pairs ...any), text textSpec) {
	told := text.localized()
	for _, lang := range []string{"en", "zh"} {
		if len(told) > 0 && told[lang] == "" {
			warn(text.Place, "policy.half-told", "Language", lang)
		}
	}
}

func (p *Policy) uses(index int) bool {
	if slices.ContainsFunc(p.retention, func(r retention) bool { return r.class == index }) {
		return true
	}
	return slices.ContainsFunc(p.rules, func(r rule) bool {
		return slices.ContainsFunc(r.when, func(c condition) bool {
			switch c := c.(type) {
			case *classCondition:
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
	onWord := r.alwaysOnWord()
	for i := range p.rules {
		o := &p.rules[i]
		wins := o.action.StricterThan(r.action) || o.action == r.action && (o.line < r.line || onWord && !slices.ContainsFunc(o.when, isClaim))
		if o != r && wins && o.covers(r) {
			return o
		}
	}
	return nil
}

// alwaysOnWord tells whether a rule asks for a program where none is proven.
func (r *rule) alwaysOnWord() bool {
	on := channelsOf(r.when)
	return on != nil && asks(r.when, "program") && !slices.Contains(on, string(activity.RemovableMedia))
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
	case *classCondition:
		return within(n.(*classCondition).index, w.index)
	case levelCondition:
		return n.(levelCondition).atLeast >= w.atLeast
	case peopleCondition:
		return n.(peopleCondition).atLeast >= w.atLeast
	case rollingCondition:
		narrow := n.(rollingCondition)
		return narrow.people >= w.people && narrow.within <= w.within
	case *wordCondition:
		return within(n.(*wordCondition).words, w.words)
	case *labelCondition:
		return narrower(n.(*labelCondition).patterns, w.patterns)
	case *groupCondition:
		return narrower(n.(*groupCondition).patterns, w.patterns)
	case *departmentCondition:
		return within(n.(*departmentCondition).ids(), w.ids())
	case *claimCondition:
		narrow := n.(*claimCondition)
		return narrower(narrow.patterns, w.patterns) && (narrow.proven || !w.proven)
	case *patternCondition:
		return narrower(n.(*patternCondition).patterns, w.patterns)
	case sizeCondition:
		return n.(sizeCondition).bytes >= w.bytes
	}
	return n.wanted() == w.wanted()
}

// narrower tells whether all patterns of one list are in the other.
func narrower(narrow, wide []*pattern) bool {
	return !slices.ContainsFunc(narrow, func(n *pattern) bool {
		return !slices.ContainsFunc(wide, func(w *pattern) bool { return w.written == n.written })
	})
}

func within[T comparable](narrow, wide []T) bool {
	return !slices.ContainsFunc(narrow, func(one T) bool { return !slices.Contains(wide, one) })
}

// astray answers what is asked for that there never is on the channels asked
// for, "" for nothing.
func astray(when []condition) string {
	on := channelsOf(when)
	for _, c := range when {
		field, _, _ := strings.Cut(c.field(), ".")
		if where := channelsWith(field); on != nil && where != nil && !slices.ContainsFunc(where, func(w activity.Channel) bool { return slices.Contains(on, string(w)) }) {
			return field
		}
	}
	return ""
}

// channelsWith answers where there is what a field is about, nil for anywhere.
func channelsWith(field string) []activity.Channel {
	switch field {
	case "device":
		return []activity.Channel{activity.RemovableMedia}
	case "share", "host":
		return []activity.Channel{activity.NetworkShare, activity.AtRest}
	}
	return nil
}

// channelsOf answers the channels that conditions ask for, nil for any.
func channelsOf(conditions []condition) []string {
	for _, c := range conditions {
		if w, ok := c.(*wordCondition); ok && w.path == "channel" {
			return w.words
		}
	}
	return nil
}

func asks(conditions []condition, field string) bool {
	return slices.ContainsFunc(conditions, func(c condition) bool { return c.field() == field })
}
