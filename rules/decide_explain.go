package rules

import "github.com/trustline/trustline/rules/activity"

// Explanation is a decision with what led to it.
type Explanation struct {
	Decision Decision      `json:"decision"`
	Classes  []ClassReport `json:"classes"` // every class of the policy, in its order
	Rules    []RuleReport  `json:"rules"`   // every rule of the policy, in its order
}

// ClassReport says whether content belongs to a policy class.
type ClassReport struct {
	Class   string            `json:"class"`
	Matched bool              `json:"matched"`
	All     []ConditionReport `json:"all,omitempty"` // had to hold together
	Any     []ConditionReport `json:"any,omitempty"` // one of which had to hold
}

// RuleReport says whether a rule applies to an activity.
type RuleReport struct {
	Rule    string            `json:"rule"`
	Action  Action            `json:"action"`
	Applies bool              `json:"applies"`
	Decides bool              `json:"decides"`          // its action is the decision's
	When    []ConditionReport `json:"when"`             // had to hold together
	Unless  []ConditionReport `json:"unless,omitempty"` // when all hold the rule does not apply
}

// ConditionReport is one condition with both sides, in the words of a policy
// file. Found is empty where it could show customer data.
type ConditionReport struct {
	Field  string `json:"field"` // "device.serial"
	Holds  bool   `json:"holds"`
	Wanted string `json:"wanted"`
	Found  string `json:"found,omitempty"`
}

// Explain answers what Decide does, and why.
func Explain(p *Policy, a activity.Activity, c Content, ctx Context) Explanation {
	q := p.question(a, c, ctx)
	decider := q.decide()
	e := Explanation{Decision: q.answer(decider)}
	for i := range p.classes {
		c := &p.classes[i]
		e.Classes = append(e.Classes, ClassReport{Class: c.id, Matched: q.classes[i], All: q.report(c.all), Any: q.report(c.any)})
	}
	for i := range p.rules {
		r := &p.rules[i]
		e.Rules = append(e.Rules, RuleReport{
			Rule: r.id, Action: r.action, Applies: r.applies(q), Decides: r == decider,
			When: q.report(r.when), Unless: q.report(r.unless),
		})
	}
	return e
}

func (q *question) report(conditions []condition) []ConditionReport {
	var reports []ConditionReport
	for _, c := range conditions {
		reports = append(reports, ConditionReport{Field: c.field(), Holds: c.holds(q), Wanted: c.wanted(), Found: c.found(q)})
	}
	return reports
}
