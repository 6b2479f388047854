package guard

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Keeper keeps one guard on every medium it is told of, brings back those that
// were lost, and gives all media back when it stops.
type Keeper struct {
	judge   Judge
	options Options
	lost    chan struct{}

	mu   sync.Mutex
	kept map[string]*kept
}

type kept struct {
	medium Medium
	guard  *Guard
	err    error
	since  time.Time
}

// Report is how one medium is kept.
type Report struct {
	Medium Medium
	State  State
	Err    error // why it could not be taken over
	Since  time.Time
}

// NewKeeper answers a keeper without media.
func NewKeeper(judge Judge, o Options) *Keeper {
	return &Keeper{judge: judge, options: o, lost: make(chan struct{}, 1), kept: map[string]*kept{}}
}

// Lost receives when a guard has ended and the media should be listed again.
func (k *Keeper) Lost() <-chan struct{} { return k.lost }

// Keep takes over the media that are new and forgets those that are gone. It
// answers those that could not be taken over, each once.
func (k *Keeper) Keep(ctx context.Context, media []Medium) (failed []Report) {
	k.mu.Lock()
	defer k.mu.Unlock()
	present := map[string]bool{}
	for _, m := range media {
		present[m.MountPoint] = true
		old := k.kept[m.MountPoint]
		if old != nil && old.guard != nil && (old.guard.State() == Guarding || old.guard.State() == ReadOnly && old.medium == m) {
			continue
		}
		now := k.start(ctx, m)
		if now.err != nil && (old == nil || old.err == nil) {
			failed = append(failed, Report{Medium: m, State: Gone, Err: now.err, Since: now.since})
		}
		k.kept[m.MountPoint] = now
	}
	for point, old := range k.kept {
		if !present[point] && (old.guard == nil || old.guard.State() != Guarding) {
			delete(k.kept, point)
		}
	}
	return failed
}

func (k *Keeper) start(ctx context.Context, m Medium) *kept {
	now := &kept{medium: m, since: time.Now().UTC()}
	now.guard, now.err = Start(ctx, m, k.judge, k.options)
	if now.err != nil {
		k.options.Log.Error("medium is not guarded", "mount", m.MountPoint, "error", now.err)
		return now
	}
	k.options.Log.Info("medium taken over", "mount", m.MountPoint, "state", now.guard.State())
	if now.guard.State() == Guarding {
		go k.watch(now.guard, m, k.options.Log)
	}
	return now
}

func (k *Keeper) watch(g *Guard, m Medium, log *slog.Logger) {
	<-g.Ended()
	log.Info("guard ended", "mount", m.MountPoint, "state", g.State())
	select {
	case k.lost <- struct{}{}:
	default:
	}
}

// Reports answers how every medium is kept.
func (k *Keeper) Reports() []Report {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []Report
	for _, e := range k.kept {
		r := Report{Medium: e.medium, State: Gone, Err: e.err, Since: e.since}
		if e.guard != nil {
			r.State = e.guard.State()
		}
		all = append(all, r)
	}
	return all
}

// Stop gives every medium back.
func (k *Keeper) Stop(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for point, e := range k.kept {
		if e.guard != nil {
			errs = append(errs, e.guard.Stop(ctx))
		}
		delete(k.kept, point)
	}
	return errors.Join(errs...)
}
