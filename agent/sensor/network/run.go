package network

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/trustline/trustline/beacon"
)

// run is one life of a watcher. Everything in it belongs to its loop.
type run struct {
	*Watcher
	report func(State)

	facts   Facts // as last looked at, without beacons
	source  Source
	looked  bool
	current State // as last reported

	settle   *time.Timer // until the events have settled
	unrest   time.Time   // when the first event of this unrest came; zero in rest
	patience *time.Timer // until a new network counts as having no beacon
	again    *time.Timer // until the beacon is asked without a change

	answers  chan answers
	stopAsk  context.CancelFunc
	question int           // number of the question whose answer counts
	asking   bool          // that question is open
	doubtful bool          // something changed meanwhile: another network may have answered
	pause    time.Duration // before asking a silent beacon again
	misses   int
	outcomes map[string]beacon.Outcome // of the last question, on this network
}

type answers struct {
	question int
	outcomes map[string]beacon.Outcome
}

func newRun(w *Watcher, report func(State)) *run {
	r := &run{Watcher: w, report: report, answers: make(chan answers), stopAsk: func() {}, pause: askSoon}
	for _, t := range []**time.Timer{&r.settle, &r.patience, &r.again} {
		*t = time.NewTimer(time.Hour)
		(*t).Stop()
	}
	return r
}

func (r *run) loop(ctx context.Context, changes <-chan struct{}) {
	defer func() { r.stopAsk() }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			r.unsettled()
		case <-r.settle.C:
			r.unrest = time.Time{}
			r.look(ctx)
		case <-r.patience.C:
			r.publish(r.facts, false)
		case a := <-r.answers:
			r.heard(ctx, a)
		case <-r.again.C:
			r.askAll(ctx)
		}
	}
}

// heard takes an answer to the present question, unless it is in doubt: then the
// look that is due asks again.
func (r *run) heard(ctx context.Context, a answers) {
	if a.question != r.question {
		return
	}
	if r.asking = false; !r.doubtful {
		r.answered(ctx, a.outcomes)
	}
}

// unsettled waits for events to settle, but not for ever.
func (r *run) unsettled() {
	r.doubtful = r.doubtful || r.asking
	now := time.Now()
	if r.unrest.IsZero() {
		r.unrest = now
	}
	r.settle.Reset(max(0, min(quiet, r.unrest.Add(restless).Sub(now))))
}

func (r *run) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, lookLimit)
	facts, source, err := r.system.look(limited)
	cancel()
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		// Nothing is known any more, which is what offline says; try again.
		r.log.Error("look at the network", "err", err)
		facts = Facts{}
		r.settle.Reset(askAgainMin)
	}
	if r.looked && source == r.source && facts.same(r.facts) {
		if r.doubtful { // somewhere else and back, between two looks
			r.askAll(ctx)
		}
		return
	}
	another := !r.looked || !facts.sameNetwork(r.facts)
	r.facts, r.source, r.looked = facts, source, true
	r.pause, r.misses = askSoon, 0
	r.patience.Stop()
	if len(r.targets) == 0 || len(probeable(facts.Links)) == 0 {
		r.question++ // what is still being asked no longer counts
		r.asking, r.doubtful = false, false
		r.stopAsk()
		r.again.Stop()
		r.publish(facts, true)
		return
	}
	if another {
		r.outcomes = nil
		r.misses = maxMisses // nothing to hold on to
		r.patience.Reset(patience)
	} else {
		r.publish(facts.with(r.outcomes), r.current.Settled)
	}
	r.askAll(ctx)
}

// askAll asks for the beacons over all links; whatever was still being asked
// no longer counts.
func (r *run) askAll(ctx context.Context) {
	r.stopAsk()
	r.again.Stop()
	asking, stop := context.WithCancel(ctx)
	r.stopAsk = stop
	r.question++
	r.asking, r.doubtful = true, false
	question, facts := r.question, r.facts
	go func() {
		a := answers{question, r.ask(asking, facts)}
		select {
		case r.answers <- a:
		case <-asking.Done():
		}
	}()
}

func (r *run) answered(ctx context.Context, outcomes map[string]beacon.Outcome) {
	heard := anyOutcome(outcomes, beacon.Answered)
	odd := anyOutcome(outcomes, beacon.Impostor) || anyOutcome(outcomes, beacon.Relayed)
	if trusted := r.current.Reason == BeaconAnswered || r.current.Reason == BeaconOverVPN; trusted && !heard && !odd && r.misses < maxMisses {
		r.misses++
		r.again.Reset(missRetry)
		return
	}
	r.patience.Stop()
	r.outcomes = outcomes
	r.publish(r.facts.with(outcomes), true)
	if heard {
		r.misses, r.pause = 0, askAgainMin
		r.again.Reset(jitter(confirm))
		return
	}
	r.again.Reset(jitter(r.pause))
	r.pause = min(2*r.pause, askAgainMax)
}

// jitter keeps a fleet that lost its beacon from asking all at once.
func jitter(d time.Duration) time.Duration { return d - d/5 + rand.N(d*2/5) }

func (r *run) publish(f Facts, settled bool) {
	s := State{Verdict: Classify(f, r.rules), Facts: f, Settled: settled, Source: r.source, Since: time.Now().UTC()}
	if s.Trust == r.current.Trust {
		s.Since = r.current.Since
	}
	if s.Trust == r.current.Trust && s.Reason == r.current.Reason && settled == r.current.Settled && s.Source == r.current.Source && f.same(r.current.Facts) {
		return
	}
	if s.Trust != r.current.Trust || s.Reason != r.current.Reason {
		r.log.Info("network", "trust", s.Trust, "reason", s.Reason, "settled", settled, "source", s.Source)
	}
	r.current = s
	r.report(s)
}
