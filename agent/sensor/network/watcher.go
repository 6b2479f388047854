package network

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trustline/trustline/beacon"
)

// How long things take and may take.
const (
	quiet     = 50 * time.Millisecond  // without an event, before the network is looked at
	restless  = 200 * time.Millisecond // with events all the time, before it is looked at all the same
	patience  = 150 * time.Millisecond // for a new network's beacon, before it counts as having none
	lookLimit = 500 * time.Millisecond
	askLimit  = 700 * time.Millisecond

	// A beacon is asked again without a change as well: one that did not
	// answer, because it may have been down or, on a network just joined, the
	// first packet was lost, and one that did, because a tunnel can end without
	// a sign.
	askSoon     = 250 * time.Millisecond
	askAgainMin = 5 * time.Second
	askAgainMax = 5 * time.Minute
	confirm     = 2 * time.Minute
	missRetry   = time.Second
	maxMisses   = 2 // answers that may be missing in a row on a network that did not change
)

// system is what each operating system contributes.
type system interface {
	// look answers what is known now, without asking beacons.
	look(ctx context.Context) (Facts, Source, error)
	// watch calls changed after anything may have changed, until the context
	// ends. It is the only caller, and the call returns at once.
	watch(ctx context.Context, changed func()) error
	// dialer answers a dialer whose connections leave over this link.
	dialer(l Link) *net.Dialer
}

// Watcher follows the network. Run may be called once.
type Watcher struct {
	rules   Rules
	targets []beacon.Target
	system  system
	log     *slog.Logger
}

// New answers a watcher, or what is wrong with the configuration.
func New(c Config, log *slog.Logger) (*Watcher, error) {
	targets, err := c.targets()
	if err != nil {
		return nil, err
	}
	return &Watcher{rules: c.Rules, targets: targets, system: newSystem(log), log: log}, nil
}

// Look answers the state of the network once. It takes up to two seconds.
func (w *Watcher) Look(ctx context.Context) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit+askLimit)
	defer cancel()
	facts, source, err := w.system.look(ctx)
	if err != nil {
		return State{}, fmt.Errorf("look at the network: %w", err)
	}
	facts = facts.with(w.ask(ctx, facts))
	return State{Verdict: Classify(facts, w.rules), Facts: facts, Settled: true, Source: source, Since: time.Now().UTC()}, nil
}

func (w *Watcher) ask(ctx context.Context, f Facts) map[string]beacon.Outcome {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	return probe(ctx, f.Links, w.targets, w.system.dialer)
}

// Run reports the state at the start and after every change, in order and
// from one goroutine, until the context ends. What is reported never changes
// afterwards. A new network is reported within a quarter of a second as what
// it is without its beacon, and again when that answers.
func (w *Watcher) Run(ctx context.Context, report func(State)) error {
	group, ctx := errgroup.WithContext(ctx)
	changes := make(chan struct{}, 1)
	changed := func() {
		select {
		case changes <- struct{}{}:
		default: // one is waiting already
		}
	}
	changed()
	group.Go(func() error { return w.system.watch(ctx, changed) })
	group.Go(func() error {
		newRun(w, report).loop(ctx, changes)
		return nil
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("watch the network: %w", err)
	}
	return nil
}
