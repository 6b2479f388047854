package agent

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/uploader"
)

// How often the console is asked what it has to tell.
const (
	askAtMost  = time.Second     // once within, even where every answer is a new one
	askFirst   = 2 * time.Second // before the first try again, about
	askSeldom  = time.Minute     // between two tries, about
	mostAsked  = 15 * time.Minute
	policyName = "console-policy.json" // in the state folder
)

// follow asks the console what it has to tell this machine, and does it, until
// the context ends.
func (a *Agent) follow(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-a.identity.Ready():
	}
	// Half to one and a half of a doubling time: a fleet that lost its console
	// does not come back all at once.
	retry := &backoff.ExponentialBackOff{InitialInterval: askFirst, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: askSeldom}
	retry.Reset()
	for tag, said := "", ""; ctx.Err() == nil; {
		begin := time.Now()
		o, next, changed, err := a.client.Orders(ctx, tag)
		if err == nil && changed {
			if err = a.obey(ctx, o); err == nil {
				tag = next
			}
		}
		wait := askAtMost - time.Since(begin)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = later(retry.NextBackOff(), err)
			if text := err.Error(); text != said {
				said = text
				a.log.Warn("the console's orders cannot be had or carried out; it is asked again", "error", err)
			}
		default:
			said = ""
			retry.Reset()
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// later is when to ask again after an error, as the console asks for it.
func later(random time.Duration, err error) time.Duration {
	var status *uploader.StatusError
	if errors.As(err, &status) && status.RetryAfter > 0 {
		return min(status.RetryAfter, mostAsked) + random/2
	}
	return random
}

// obey does what the console says. What fails is tried again with the whole.
func (a *Agent) obey(ctx context.Context, o orders.Orders) error {
	var err error
	if o.Policy != nil {
		err = a.policy.Offer(*o.Policy)
	}
	a.shelf.Offer(o.Lists)
	return errors.Join(err, a.takeOrders(ctx, o), a.takeTasks(ctx, o.Tasks))
}
