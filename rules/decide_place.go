package rules

import (
	"slices"

	"github.com/trustline/trustline/rules/activity"
)

// MayStop answers the strictest rule by which something on its way to this
// place could be stopped, whoever takes it there with whatever program and
// whatever it holds; false when nothing could be, as in report-only mode. It is
// for places that can only be closed or open as a whole. What is not known of
// the activity yet never opens one.
func (p *Policy) MayStop(a activity.Activity, ctx Context) (Decision, bool) {
	if p.mode == ReportOnly {
		return Decision{}, false
	}
	q := p.question(a, Content{Status: Clean}, ctx)
	could := newSet(len(p.rules))
	for i, r := range p.plan.rules {
		if r.action.Stops() && q.couldApply(r) {
			could.add(i)
		}
	}
	best := p.plan.decider(q, could)
	if best == nil {
		return Decision{}, false
	}
	return q.answer(best), true
}

// couldApply tells whether a rule applies to some activity at this place.
func (q *question) couldApply(r *rule) bool {
	if slices.ContainsFunc(r.when, func(c condition) bool { return q.ofPlace(c) && !c.holds(q) }) {
		return false
	}
	excepted := len(r.unless) > 0 && !slices.ContainsFunc(r.unless, func(c condition) bool { return !q.ofPlace(c) || !c.holds(q) })
	return !excepted
}

// ofPlace tells whether a condition asks for nothing but the place and the
// moment.
func (q *question) ofPlace(c condition) bool {
	switch c.field() {
	case "channel", "destination", "network", "time", "device.vendor", "device.model", "device.serial", "device.bus", "device.encrypted":
		return true
	case "device.owner":
		// Whose it is depends on who uses it, unless it is everybody's or nobody's.
		return q.deviceOwner() != string(othersDevice)
	}
	return false
}
