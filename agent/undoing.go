package agent

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/sensor/file"
	"github.com/trustline/trustline/rules/activity"
)

const (
	// unseen is how long a medium can have been there before anybody knew.
	unseen = 10 * time.Second
	// rounding is how far off the times of a medium's file system may be.
	rounding = 2 * time.Second
	// maxUndone bounds how many files are remembered to have been looked at, and
	// lookingOnce how long a medium is looked through that was closed.
	maxUndone   = 1000
	lookingOnce = 5 * time.Minute
)

// undoing watches media that cannot be guarded on this system: what should not
// have got there is taken back, which is less than keeping it out.
type undoing struct {
	agent   *Agent
	watched map[string]*watched           // by mount point
	looking map[string]context.CancelFunc // looking once through what was closed, the same
	looks   sync.WaitGroup
}

func newUndoing(a *Agent) *undoing {
	return &undoing{agent: a, watched: map[string]*watched{}, looking: map[string]context.CancelFunc{}}
}

// watched is a medium that is watched, or was: it itself or a way past its guard.
type watched struct {
	guard.Past
	stop  context.CancelFunc
	ended chan struct{}

	// Once it has ended:
	files  []string            // that nobody has looked at
	since  time.Time           // when what may have been written unseen begins
	judged map[string]lastSeen // the last that somebody has
}

// lastSeen is how a file was when it was looked at.
type lastSeen struct {
	size    int64
	changed time.Time
}

// leave stops watching some media and answers which: what has a folder of
// theirs open stands in the way of what becomes of them.
func (u *undoing) leave(points []string) (left []*watched) {
	for _, point := range points {
		if w := u.watched[point]; w != nil {
			w.stop()
			delete(u.watched, point)
			left = append(left, w)
		}
	}
	return left
}

// release lets go of media that are looked through.
func (u *undoing) release(points []string) {
	for _, point := range points {
		if stop := u.looking[point]; stop != nil {
			stop()
			delete(u.looking, point)
		}
	}
}

// look looks once through what was left, beside everything else.
func (u *undoing) look(ctx context.Context, w *watched, closed bool) {
	u.release([]string{w.Path})
	ctx, cancel := context.WithTimeout(ctx, lookingOnce)
	u.looking[w.Path] = cancel
	u.looks.Go(func() {
		defer cancel()
		u.lookOnce(ctx, w, closed)
	})
}

// keep watches these media, these ways past guards, and no others. What came to a
// medium before its guard stood is looked for.
func (u *undoing) keep(ctx context.Context, media []guard.Medium, past []guard.Past) {
	for _, m := range media {
		past = append(past, itself(m))
	}
	present := map[string]bool{}
	for _, p := range past {
		present[p.Path] = true
		if u.watched[p.Path] != nil {
			continue
		}
		watching, stop := context.WithCancel(ctx)
		w := &watched{Past: p, stop: stop, ended: make(chan struct{}), judged: map[string]lastSeen{}}
		u.watched[p.Path] = w
		u.agent.log.Info("medium is watched", "mount", p.Path)
		go u.watch(watching, w)
		if p.Wrote != nil {
			u.look(ctx, justCame(p), false)
		}
	}
	for point, w := range u.watched {
		if !present[point] {
			w.stop()
			delete(u.watched, point)
		}
	}
}

// itself is a medium without a guard.
func itself(m guard.Medium) guard.Past { return guard.Past{Medium: m, Path: m.MountPoint} }

func (u *undoing) watch(ctx context.Context, w *watched) {
	defer close(w.ended)
	var broken []string // looked at when the watching ended
	sensor := &file.Watcher{
		Folders: []string{w.Path}, Log: u.agent.log,
		Finished: func(ctx context.Context, path string) {
			w.judging(path)
			if u.lookAt(ctx, w.Past, path, false); ctx.Err() != nil {
				broken = append(broken, path)
			}
		},
		Ended: func(files []string, since time.Time) { w.files, w.since = files, since },
	}
	if err := sensor.Run(ctx); err != nil {
		u.agent.log.Error("medium is not watched", "mount", w.Path, "error", err)
	}
	w.files = append(w.files, broken...)
}

// lookAt decides about a file of a medium, unless it is its guard's own work.
func (u *undoing) lookAt(ctx context.Context, p guard.Past, path string, closed bool) {
	name, err := filepath.Rel(p.Path, path)
	if err != nil {
		name = filepath.Base(path)
	}
	if p.Wrote != nil {
		if info, err := os.Lstat(path); err == nil && p.Wrote(name, info) {
			return
		}
	}
	u.agent.lookAt(ctx, path, activity.Activity{
		Channel: p.Medium.Channel, Operation: activity.Write, Subject: activity.Subject{Name: filepath.ToSlash(name)},
		Destination: activity.Destination{Path: p.Medium.MountPoint, Device: p.Medium.Device},
	}, closed)
}

// judging remembers a file as it is about to be looked at.
func (w *watched) judging(path string) {
	info, err := os.Lstat(path)
	if err != nil {
		return
	}
	if len(w.judged) >= maxUndone {
		clear(w.judged)
	}
	w.judged[path] = lastSeen{info.Size(), info.ModTime()}
}

// justCame is a medium that nobody has watched: what was written to it before
// it was known is looked for.
func justCame(p guard.Past) *watched {
	w := &watched{Past: p, ended: make(chan struct{}), since: time.Now().Add(-unseen)}
	close(w.ended)
	return w
}

// lookOnce looks at what came to a medium shortly before it was left, and was
// not looked at. Where it is closed, that can only be reported.
func (u *undoing) lookOnce(ctx context.Context, w *watched, closed bool) {
	select {
	case <-w.ended:
	case <-ctx.Done():
		return
	}
	seen := map[string]bool{}
	for _, path := range w.files {
		seen[path] = true
		u.lookAt(ctx, w.Past, path, closed)
	}
	err := filepath.WalkDir(w.Path, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || !d.Type().IsRegular() || seen[path] {
			return nil // what cannot be read now could not be written either
		}
		if info, err := d.Info(); err == nil && w.missed(path, info) {
			u.lookAt(ctx, w.Past, path, closed)
		}
		return nil
	})
	if err != nil {
		u.agent.log.Warn("a drive was not looked through to its end", "mount", w.Path, "error", withoutPath(err))
	}
}

// missed tells whether a file may have been written without anybody noticing.
// Copying keeps the time of the content, not the one when the file was made.
func (w *watched) missed(path string, info fs.FileInfo) bool {
	if w.judged[path] == (lastSeen{info.Size(), info.ModTime()}) {
		return false
	}
	return w.wroteAt(info.ModTime()) || w.wroteAt(discovery.CreatedAt(path, info))
}

// wroteAt tells whether a time is one at which nobody watched; a medium of
// another machine may come from the future.
func (w *watched) wroteAt(at time.Time) bool {
	return at.After(w.since.Add(-rounding)) && at.Before(time.Now().Add(rounding))
}
