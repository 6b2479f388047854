package rules

import (
	"slices"

	"github.com/trustline/trustline/rules/activity"
)

// RuleOverview is a rule for people to read.
type RuleOverview struct {
	ID             string
	Title, Message Localized // shared: never change them
	Action         Action
	EmployeeMay    []string // shared
	Channels       []activity.Channel
}

// Overview answers the policy's rules in the order of the file.
func (p *Policy) Overview() []RuleOverview {
	out := make([]RuleOverview, 0, len(p.rules))
	for i := range p.rules {
		r := &p.rules[i]
		out = append(out, RuleOverview{ID: r.id, Title: r.title, Message: r.message, Action: r.action, EmployeeMay: r.employeeMay, Channels: r.channels()})
	}
	return out
}

// channels answers those the rule can apply on.
func (r *rule) channels() []activity.Channel {
	var on []activity.Channel
	for _, c := range channels {
		q := &question{Activity: activity.Activity{Channel: c}}
		if !slices.ContainsFunc(r.when, func(w condition) bool {
			named, ok := w.(*wordCondition)
			return ok && named.path == "channel" && !named.holds(q)
		}) {
			on = append(on, c)
		}
	}
	return on
}
