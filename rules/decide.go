package rules

import (
	"time"

	"github.com/trustline/trustline/rules/activity"
)

// Context is what a decision depends on besides the activity and its content.
type Context struct {
	// RollingPeople holds, for each of the policy's RollingWindows, the number
	// of distinct people that this person has taken to this device in that
	// period and that were not stopped, together with those of this activity.
	RollingPeople map[time.Duration]int
	// Network is how far the network is trusted that the workstation is on,
	// one of the words of the condition "network"; "" when it is not known.
	Network string
}

// DecisionReason is the kind of condition that decided.
type DecisionReason string

// The reasons.
const (
	ReasonClass      DecisionReason = "class"         // what was found
	ReasonRolling    DecisionReason = "rolling-total" // together with what went before
	ReasonUnreadable DecisionReason = "unreadable"    // what could not be looked at
	ReasonActivity   DecisionReason = "activity"      // who, how and where, whatever the content
	ReasonDefault    DecisionReason = "default"       // no rule
)

// DefaultRule is the id in decisions that no rule of the policy made.
const DefaultRule = "default"

// Decision is what policy says of an activity.
type Decision struct {
	Action Action `json:"action"`
	// Would is set in report-only mode: the action that enforcement would have
	// been.
	Would         Action         `json:"would,omitempty"`
	Rule          string         `json:"rule"` // id, or DefaultRule
	Reason        DecisionReason `json:"reason"`
	Classes       []string       `json:"classes,omitempty"` // ids of the policy classes the content belongs to
	Severity      Severity       `json:"severity"`
	EmployeeMay   []string       `json:"employeeMay,omitempty"` // shared: never change it
	Title         Localized      `json:"title,omitempty"`       // of the rule
	Message       Localized      `json:"message,omitempty"`     // of the rule, for the employee
	PolicyVersion string         `json:"policyVersion"`
}

// Decide answers an activity with this content. It is a pure function.
func Decide(p *Policy, a activity.Activity, c Content, ctx Context) Decision {
	q := p.question(a, c, ctx)
	return q.answer(q.decide())
}

// decide answers the rule that decides, nil for the default.
func (q *question) decide() *rule {
	plan := q.policy.plan
	applying := plan.applying(q, true)
	best := plan.decider(q, applying)
	// Has the policy spoken on what could not be read?
	answered := q.Reason == "" || applying.meets(plan.answers)
	if !answered && (best == nil || Report.StricterThan(best.action)) {
		return &rule{id: DefaultRule, action: Report, severity: Low, reason: ReasonUnreadable}
	}
	return best
}

// decider answers the strictest rule of some and, of equals, the first that
// rests on nobody's word: otherwise whoever takes a name could choose what they
// are offered. Where all do it is the first of them.
func (n *plan) decider(q *question, applying set) (best *rule) {
	applying.any(func(i int) bool {
		r := n.rules[i]
		if best != nil && r.action != best.action {
			return true
		}
		onWord := r.restsOnWord(q)
		if best == nil || !onWord {
			best = r
		}
		return !onWord
	})
	return best
}

// applies is what the plan answers for all rules at once.
func (r *rule) applies(q *question) bool {
	return all(r.when, q) && (len(r.unless) == 0 || !all(r.unless, q))
}

func all(conditions []condition, q *question) bool {
	for _, c := range conditions {
		if !c.holds(q) {
			return false
		}
	}
	return true
}

// answer makes the decision of a rule.
func (q *question) answer(r *rule) Decision {
	if r == nil {
		r = &rule{id: DefaultRule, action: Allow, severity: Low, reason: ReasonDefault}
	}
	d := Decision{
		Action: r.action, Rule: r.id, Reason: r.reason, Classes: q.matched(), Severity: r.severity,
		EmployeeMay: r.employeeMay, Title: r.title, Message: r.message, PolicyVersion: q.policy.version,
	}
	if q.policy.mode == ReportOnly {
		d.Would = d.Action
		if d.Action.StricterThan(Report) {
			d.Action = Report
		}
	}
	return d
}

// BlockAt answers from how many distinct people on this activity is stopped
// whatever else its content holds, so that a copy can fail as soon as they
// have been seen. It answers false when no number of people alone settles it;
// Decide may still stop the activity for another reason.
func (p *Policy) BlockAt(a activity.Activity) (people int, ok bool) {
	if p.mode == ReportOnly {
		return 0, false
	}
	q := &question{Activity: a, policy: p, classes: make([]bool, len(p.classes))}
	applying := p.plan.applying(q, false)
	for i, r := range p.plan.rules {
		if !r.action.Stops() {
			break // so are all that follow
		}
		if !applying.has(i) {
			continue
		}
		if n, settled := fromAll(r.content, q); settled && (!ok || n < people) {
			people, ok = n, true
		}
	}
	return people, ok
}
