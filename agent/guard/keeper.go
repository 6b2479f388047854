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
	pause   time.Duration // before what cannot be taken over is tried again, at first

	mu   sync.Mutex
	kept map[string]*kept
}

type kept struct {
	medium Medium
	guard  *Guard
	err    error
	since  time.Time

	// While it cannot be taken over: every try changes the mount table, and who
	// watches that would have it tried all the time.
	pause time.Duration
	due   time.Time
	again *time.Timer
}

const (
	firstPause = time.Second
	mostPause  = time.Minute
)

// Report is how one medium is kept.
type Report struct {
	Medium Medium
	State  State
	Err    error // why it could not be taken over
	Since  time.Time
}

// NewKeeper answers a keeper without media.
func NewKeeper(judge Judge, o Options) *Keeper {
	return &Keeper{judge: judge, options: o, lost: make(chan struct{}, 1), pause: firstPause, kept: map[string]*kept{}}
}

// Lost receives when a guard has ended, or one that could not begin is to be
// tried again, and the media should be listed again.
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
		if old.waits(m) {
			continue
		}
		now := k.start(ctx, m)
		if now.err != nil && (old == nil || old.err == nil) {
			failed = append(failed, Report{Medium: m, State: Gone, Err: now.err, Since: now.since})
		}
		if now.err != nil {
			k.later(now, old)
		}
		k.kept[m.MountPoint] = now
	}
	for point, old := range k.kept {
		if !present[point] && (old.guard == nil || old.guard.State() != Guarding) {
			old.forget()
			delete(k.kept, point)
		}
	}
	return failed
}

// waits tells whether a medium could not be taken over, and is not due yet.
func (k *kept) waits(m Medium) bool {
	return k != nil && k.err != nil && k.medium == m && time.Now().Before(k.due)
}

// later has what could not be taken over tried again, ever more rarely.
func (k *Keeper) later(now, old *kept) {
	now.pause = k.pause
	if old != nil && old.err != nil {
		old.forget()
		now.pause = min(2*old.pause, mostPause)
	}
	now.due = time.Now().Add(now.pause)
	now.again = time.AfterFunc(now.pause, k.wake)
}

func (k *kept) forget() {
	if k.again != nil {
		k.again.Stop()
	}
}

func (k *Keeper) wake() {
	select {
	case k.lost <- struct{}{}:
	default:
	}
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
	k.wake()
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
		e.forget()
		if e.guard != nil {
			errs = append(errs, e.guard.Stop(ctx))
		}
		delete(k.kept, point)
	}
	return errors.Join(errs...)
}
