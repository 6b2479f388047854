package isolate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Isolator closes internal systems off and opens them. Its methods may be
// called at any time from anywhere; Run must be running for names to be
// resolved, attempts to be told and removed rules to be restored.
type Isolator struct {
	config Config
	names  *names
	log    *slog.Logger
	wake   chan struct{} // names to be resolved

	mu      sync.Mutex
	plan    *plan // the one prepared or applied; nil at first
	applied bool  // whether it is in force
	rules   ruleset
}

// New answers an isolator, having done nothing yet.
func New(c Config, log *slog.Logger) (*Isolator, error) {
	i := &Isolator{config: c, names: newNames(c.State), log: log, wake: make(chan struct{}, 1)}
	if err := i.names.load(); err != nil {
		log.Warn("names of internal systems have to be resolved anew", "err", err)
	}
	return i, nil
}

// Start deals with what a killed service left behind: it is lifted, or stays
// until Apply or Lift say otherwise, as the plan said. It answers what is in force then.
func (i *Isolator) Start() (Status, error) {
	left, err := Read()
	if err != nil || left.AfterCrash != Clear {
		return left, err
	}
	_, err = Remove()
	return Status{}, err
}

// Prepare makes ready for a plan: it has the plan's names resolved. Call it
// while the network is trusted, when an answer can be believed.
func (i *Isolator) Prepare(p Plan) error {
	read, err := p.read()
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.applied {
		i.plan = &read
		i.resolveSoon()
	}
	return nil
}

// Apply closes off what the plan says, at once and in one step: what was in
// force before is replaced without a gap. It waits for no name server; what
// names resolve to is added as it becomes known. Applying the same plan again
// changes nothing.
func (i *Isolator) Apply(ctx context.Context, p Plan) error {
	read, err := p.read()
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("close internal systems off: %w", err)
	}
	if err := i.install(read); err != nil {
		return err
	}
	i.plan, i.applied = &read, true
	i.resolveSoon()
	return nil
}

// install puts a plan in force.
func (i *Isolator) install(p plan) error {
	r := p.build(i.names.addresses)
	changed, err := i.enforce(r)
	if err != nil {
		return fmt.Errorf("close internal systems off: %w", err)
	}
	i.rules = r
	if changed {
		i.log.Info("internal systems are closed off", "mode", string(r.mode), "networks", len(r.internal))
	}
	return nil
}

// enforce puts rules in force, unless they are, and then ends the connections
// they forbid.
func (i *Isolator) enforce(r ruleset) (changed bool, err error) {
	if changed, err = install(r); err != nil || !changed {
		return changed, err
	}
	ended, err := cut(r)
	if err != nil {
		// The rules hold all the same: not a byte passes.
		i.log.Warn("idle connections to internal systems could not be ended; their packets are refused", "err", err)
	}
	if ended > 0 {
		i.log.Info("connections to internal systems were ended", "count", ended)
	}
	return true, nil
}

// Lift opens everything again. Lifting what is not closed changes nothing.
func (i *Isolator) Lift() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.applied = false
	was, err := Remove()
	if err != nil {
		return err
	}
	if was {
		i.log.Info("internal systems are open again")
	}
	return nil
}

func (i *Isolator) resolveSoon() {
	select {
	case i.wake <- struct{}{}:
	default: // about to happen
	}
}

// Run resolves names now and then, tells of attempts, and restores our rules
// when another program's "flush ruleset" took them away, until the context
// ends; then it lifts what is in force.
func (i *Isolator) Run(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return i.resolve(running) })
	group.Go(func() error {
		return i.persist(running, func() error { return watchTable(running, i.restore) })
	})
	if i.config.Stopped != nil {
		told := newTally(i.config.Stopped)
		group.Go(func() error { return told.run(running) })
		group.Go(func() error {
			return i.persist(running, func() error {
				return watchAttempts(running, i.log, func(a Attempt) { told.add(i.named(a)) })
			})
		})
	}
	return errors.Join(group.Wait(), i.Lift())
}

// retrying is when something that could not be listened to is tried again.
const retrying = 30 * time.Second

// persist listens until the context ends. What is closed stays closed while
// nobody can listen: another program may hold what there is one of.
func (i *Isolator) persist(ctx context.Context, listen func() error) error {
	for {
		err := listen()
		if ctx.Err() != nil {
			return nil
		}
		i.log.Warn("what happens at closed systems is not heard of for a while", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retrying):
		}
	}
}

func (i *Isolator) named(a Attempt) Attempt {
	a.Name = i.names.nameOf(a.Address)
	return a
}

// resolve keeps what is known of names fresh.
func (i *Isolator) resolve(ctx context.Context) error {
	timer := time.NewTicker(refreshInterval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-i.wake:
		}
		i.mu.Lock()
		p, trusted := i.plan, !i.applied
		i.mu.Unlock()
		if p == nil || len(p.names()) == 0 {
			continue
		}
		i.names.refresh(ctx, p.names(), trusted)
		if err := i.names.save(p.names()); err != nil {
			i.log.Warn("names of internal systems are remembered only until the next start", "err", err)
		}
		i.renew(p)
	}
}

// renew puts the plan in force with what names have turned out to be.
func (i *Isolator) renew(p *plan) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.applied || i.plan != p {
		return // another plan by now, or none
	}
	if err := i.install(*p); err != nil {
		i.log.Error("add what names resolved to", "err", err)
	}
}

// restore brings our rules back when somebody else removed them.
func (i *Isolator) restore() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.applied {
		return
	}
	changed, err := i.enforce(i.rules)
	switch {
	case err != nil:
		i.log.Error("restore the rules that somebody removed", "err", err)
	case changed:
		i.log.Warn("somebody removed our packet filter; it is restored")
		if i.config.Restored != nil {
			i.config.Restored()
		}
	}
}
