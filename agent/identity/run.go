package identity

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader"
)

// Pace says how often to look and how patiently to try.
type Pace struct {
	Look   time.Duration // for a token, or for what trustline enrol has done
	Seldom time.Duration // the same where the system tells of both
	First  time.Duration // before the first retry, about
	Most   time.Duration // between two tries, about, unless the console asks for more
}

// DefaultPace suits a fleet of thousands and one console.
func DefaultPace() Pace {
	return Pace{Look: 5 * time.Second, Seldom: time.Minute, First: time.Second, Most: 5 * time.Minute}
}

// mostAsked bounds what the console may ask for with Retry-After.
const mostAsked = 15 * time.Minute

// Run keeps the machine enrolled until the context ends: with a token once
// there is one, and afterwards by renewing in time.
func (i *Identity) Run(ctx context.Context, c Asker, pace Pace) {
	// Half to one and a half of a doubling time: a fleet switched on together
	// does not ask together.
	retry := &backoff.ExponentialBackOff{InitialInterval: pace.First, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: pace.Most}
	retry.Reset()
	var notBefore time.Time
	lookout := i.newLookout()
	defer lookout.close()
	for said := ""; ctx.Err() == nil; {
		watched := lookout.watch()
		if !time.Now().Before(notBefore) {
			done, err := i.step(ctx, c)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				notBefore = time.Now().Add(pause(retry.NextBackOff(), err))
				if text := err.Error(); text != said {
					said = text
					i.Log.Warn("no certificate from the console; it is asked again", "error", err)
				}
			case done:
				// However often the console refuses, it is not asked all the time.
				said, notBefore = "", time.Now().Add(pace.First)
				retry.Reset()
			}
			i.note(done, err)
		}
		lookout.wait(ctx, i.kick, pace.rest(time.Until(notBefore), watched))
	}
}

// rest is how long to wait at most, with so much left until the next try.
func (p Pace) rest(left time.Duration, watched bool) time.Duration {
	look := p.Look
	if watched {
		look = p.Seldom
	}
	if left > 0 {
		return min(left, look)
	}
	return look
}

// note keeps what came of a try.
func (i *Identity) note(done bool, err error) {
	if !done && err == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.problem = err
	var status *uploader.StatusError
	if errors.As(err, &status) && status.Reason != "" {
		i.refused = status.Reason
	}
}

func pause(random time.Duration, err error) time.Duration {
	var status *uploader.StatusError
	if errors.As(err, &status) && status.RetryAfter > 0 {
		return min(status.RetryAfter, mostAsked) + random
	}
	return random
}

// step does what there is to do, and answers whether it did anything.
func (i *Identity) step(ctx context.Context, c Asker) (done bool, err error) {
	i.reload()
	token, err := Token(i.TokenFile)
	if err != nil {
		return false, err
	}
	i.mu.Lock()
	k, expired := i.kept, i.refused == enrol.Expired
	i.mu.Unlock()
	switch {
	case token != "" && k != nil && k.Token == digest(token):
		// A token that was used up: what a crash, or trustline enrol, has left.
		i.forget()
		return false, nil
	case token != "":
		if err := i.Enrol(ctx, c, token); err != nil {
			return false, err
		}
		i.forget()
		return true, nil
	case k != nil && (expired || time.Now().After(k.due)):
		return true, i.Renew(ctx, c)
	}
	return false, nil
}

// forget removes the token: it is of no more use here, and somebody else might
// find one for it.
func (i *Identity) forget() {
	err := os.Remove(i.TokenFile)
	if err != nil && !i.stuck {
		i.Log.Warn("the enrolment token cannot be removed: remove it by hand", "error", err)
	}
	i.stuck = err != nil
}
