// Package sessions keeps one session helper running for every person who is
// logged on, where the service has to start it: on Windows, where what the
// system starts with a session would show a window of its own, would not come
// back when somebody ends it, and would hold the program while it is replaced.
// Desktops of Linux and macOS start and restart it themselves. The helper runs
// as the person, with what they may do and nothing of what the service may.
package sessions

import (
	"context"
	"log/slog"
	"time"
)

const (
	interval  = 3 * time.Second // between two looks at who is logged on
	restart   = time.Second     // after a helper has ended, at first
	mostPause = 5 * time.Minute // and at most, when it keeps ending
	settled   = time.Minute     // a helper that ran this long begins anew
)

// system is what starts programs in sessions.
type system interface {
	// people answers the sessions somebody is logged on to.
	people() ([]uint32, error)
	// start starts the helper in one of them, as that person.
	start(session uint32) (process, error)
}

// process is a helper that was started.
type process interface {
	ended() bool
	// end ends it, if it has not, and waits until it has.
	end()
}

// attended is one session and its helper.
type attended struct {
	helper process // nil: none was started, or it has ended
	since  time.Time
	due    time.Time // before which none is started
	pause  time.Duration
	reason string // why none could be started, as it was logged
}

// keep has every session of s a helper until the context ends, and then ends
// them all.
func keep(ctx context.Context, s system, log *slog.Logger) {
	sessions := map[uint32]*attended{}
	defer func() {
		for _, a := range sessions {
			a.leave()
		}
	}()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	said := ""
	for {
		now := time.Now()
		people, err := s.people()
		if err != nil && err.Error() != said { // one line a reason, not one a look
			said = err.Error()
			log.Warn("who is logged on is not known: nobody new gets a session helper", "error", err)
		}
		if err == nil {
			said = ""
			attend(s, sessions, people, now, log)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// attend starts a helper where one is missing and due, and forgets sessions that
// are over.
func attend(s system, sessions map[uint32]*attended, people []uint32, now time.Time, log *slog.Logger) {
	there := map[uint32]bool{}
	for _, id := range people {
		there[id] = true
		a := sessions[id]
		if a == nil {
			a = &attended{pause: restart}
			sessions[id] = a
		}
		a.tend(s, id, now, log)
	}
	for id, a := range sessions {
		if !there[id] {
			a.leave()
			delete(sessions, id)
		}
	}
}

func (a *attended) tend(s system, id uint32, now time.Time, log *slog.Logger) {
	if a.helper != nil {
		if !a.helper.ended() {
			return
		}
		a.helper.end()
		a.helper = nil
		if now.Sub(a.since) >= settled {
			a.pause = restart
		}
		a.wait(now)
		log.Info("a session helper has ended", "session", id, "again-in", a.due.Sub(now))
	}
	if now.Before(a.due) {
		return
	}
	helper, err := s.start(id)
	if err != nil {
		a.wait(now)
		if err.Error() != a.reason {
			a.reason = err.Error()
			log.Warn("a session helper could not be started: this person is told nothing, and their clipboard is not watched", "session", id, "error", err)
		}
		return
	}
	a.helper, a.since, a.reason = helper, now, ""
	log.Info("session helper started", "session", id)
}

// wait puts the next try off, each time for longer.
func (a *attended) wait(now time.Time) {
	a.due = now.Add(a.pause)
	a.pause = min(2*a.pause, mostPause)
}

func (a *attended) leave() {
	if a.helper != nil {
		a.helper.end()
		a.helper = nil
	}
}
