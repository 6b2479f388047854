package web

import (
	"context"
	"errors"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
)

// secondFrom answers from how many people on this request takes two accounts:
// from nobody on where it is about data of SecondLevel. What the policy in force
// does not grade, and content that nobody could read, counts as such data.
func (w *Web) secondFrom(ctx context.Context, q grant.Request) (int, error) {
	if w.config.SecondLevel == 0 {
		return w.config.SecondFrom, nil
	}
	policy, err := w.inForce(ctx)
	if err != nil {
		return 0, err
	}
	for _, class := range q.Classes {
		if level := policy.LevelOf(class); level == 0 || level >= w.config.SecondLevel {
			return 0, nil
		}
	}
	if len(q.Classes) == 0 {
		return 0, nil
	}
	return w.config.SecondFrom, nil
}

// inForce answers the policy that was published last, or the one that machines
// come with.
func (w *Web) inForce(ctx context.Context) (*rules.Policy, error) {
	text := string(rules.DefaultPolicySource())
	serial, err := w.store.PolicySerial(ctx)
	if err == nil && serial > 0 {
		var p store.Policy
		p, err = w.store.Policy(ctx, serial)
		text = p.Text
	}
	policy, problems := rules.ParsePolicy("policy.yaml", []byte(text))
	if err := errors.Join(err, problems); err != nil {
		return nil, err
	}
	return policy, nil
}
