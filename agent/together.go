package agent

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/trustline/trustline/agent/ledger"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
)

// part is what is decided for one of the people who wrote some content
// together. What one of them may not take out, nobody takes out with them.
type part struct {
	activity  activity.Activity // as theirs
	decision  rules.Decision
	situation rules.Context
	claim     *ledger.Claim
	approval  *approval
}

// parts decides for each person; done has to be called in the end. Who used
// several programs has the strictest of what comes of that.
func (j *Judge) parts(a activity.Activity, content rules.Content, approved func(activity.Activity) *approval) (parts []*part, done func()) {
	a.Time = time.Now().UTC()
	a.Subject.Type = content.Type
	policy := j.Policy()
	for _, one := range shares(a) {
		n := slices.IndexFunc(parts, func(p *part) bool { return p.activity.Actor.UID == one.Actor.UID })
		if n < 0 {
			claim := j.Ledger.Claim(one.Actor.UID, deviceKey(a.Destination), a.Time, content.Summary.PeopleKeys)
			n, parts = len(parts), append(parts, &part{activity: one, claim: claim, situation: j.situation(policy, claim.Total)})
		}
		p := parts[n]
		if d := rules.Decide(policy, one, content, p.situation); p.decision.Rule == "" || stricter(d, p.decision) {
			p.activity, p.decision = one, d
		}
	}
	for _, p := range parts {
		p.approval = approved(p.activity)
	}
	return parts, func() {
		for _, p := range parts {
			p.claim.Drop()
		}
	}
}

// stopped answers those whom the policy stops.
func stopped(parts []*part) (those []*part) {
	for _, p := range parts {
		if p.decision.Action.Stops() {
			those = append(those, p)
		}
	}
	return those
}

// shares answers an activity as each one's of those who have a part in it.
func shares(a activity.Activity) []activity.Activity {
	if len(a.Others) == 0 {
		return []activity.Activity{a}
	}
	all := append([]activity.Actor{a.Actor}, a.Others...)
	out := make([]activity.Activity, len(all))
	for n := range all {
		out[n] = a
		out[n].Actor, out[n].Others = all[n], slices.Delete(slices.Clone(all), n, n+1)
	}
	return out
}

func stricter(a, b rules.Decision) bool {
	return cmp.Or(a.Would, a.Action).StricterThan(cmp.Or(b.Would, b.Action))
}

// strictest answers the decision that counts. One by an approval counts most
// of those that allow: it holds for what was looked at and no more.
func strictest(parts []*part) rules.Decision {
	best := parts[0].decision
	for _, p := range parts[1:] {
		if p.decision.Reason == reasonGrant || best.Reason != reasonGrant && stricter(p.decision, best) {
			best = p.decision
		}
	}
	return best
}

// errOthers is why an approval that would hold does not.
var errOthers = errors.New("others-wrote")

// cover tells whether each of those who are stopped has an approval, and uses
// them only then, all together.
func (j *Judge) cover(content rules.Content, stopped []*part) bool {
	var uses []grant.Use
	var of []*approval
	var sum func() (string, error)
	for _, p := range stopped {
		p.approval.why = nil
		if u := p.wanted(content); p.approval.used == nil || !p.approval.stillCovers(u) {
			uses, of, sum = append(uses, u), append(of, p.approval), p.approval.sum
		}
	}
	if len(uses) == 0 {
		return true
	}
	if j.Grants == nil {
		return false
	}
	used, whys := j.Grants.UseAll(uses, sum)
	for n, p := range of {
		if used != nil {
			p.used, p.counted = &used[n], true
		} else {
			p.why = whys[n]
		}
	}
	if used == nil {
		othersToo(stopped)
	}
	return used != nil
}

// othersToo says of those who have an approval that it does not hold for what
// others have written as well.
func othersToo(stopped []*part) {
	for _, p := range stopped {
		p.approval.why = cmp.Or(p.approval.why, errOthers)
	}
}
