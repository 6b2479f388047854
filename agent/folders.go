package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/sensor/file"
	"github.com/trustline/trustline/agent/sensor/share"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/uploader/incident"
)

// undoing watches media that cannot be guarded on this system: what should not
// have got there is taken back, which is less than keeping it out.
type undoing struct {
	agent *Agent
	stop  map[string]context.CancelFunc // by mount point
}

// leave stops watching some media: what has a folder of theirs open stands in
// the way of what becomes of them.
func (u *undoing) leave(points []string) {
	for _, point := range points {
		if stop := u.stop[point]; stop != nil {
			stop()
			delete(u.stop, point)
		}
	}
}

// keep watches these media and no others.
func (u *undoing) keep(ctx context.Context, media []guard.Medium) {
	present := map[string]bool{}
	for _, m := range media {
		present[m.MountPoint] = true
		if u.stop[m.MountPoint] != nil {
			continue
		}
		watching, stop := context.WithCancel(ctx)
		u.stop[m.MountPoint] = stop
		u.agent.log.Info("medium is watched", "mount", m.MountPoint)
		go u.watch(watching, m)
	}
	for point, stop := range u.stop {
		if !present[point] {
			stop()
			delete(u.stop, point)
		}
	}
}

func (u *undoing) watch(ctx context.Context, m guard.Medium) {
	w := &file.Watcher{Folders: []string{m.MountPoint}, Log: u.agent.log, Finished: func(ctx context.Context, path string) {
		name, err := filepath.Rel(m.MountPoint, path)
		if err != nil {
			name = filepath.Base(path)
		}
		u.agent.lookAt(ctx, path, activity.Activity{
			Channel: m.Channel, Operation: activity.Write, Subject: activity.Subject{Name: filepath.ToSlash(name)},
			Destination: activity.Destination{Path: m.MountPoint, Device: m.Device},
		})
	}}
	if err := w.Run(ctx); err != nil {
		u.agent.log.Error("medium is not watched", "mount", m.MountPoint, "error", err)
	}
}

// watchFolders looks at files that appear in the configured folders. They are
// there already, so they can only be reported or taken away again.
func (a *Agent) watchFolders(ctx context.Context) error {
	if len(a.config.Watch) == 0 {
		return nil
	}
	w := &file.Watcher{Folders: a.config.Watch, Log: a.log, Mount: share.Mount, Finished: func(ctx context.Context, path string) {
		a.lookAt(ctx, path, activity.Activity{
			Channel: activity.SyncFolder, Operation: activity.Write, Subject: activity.Subject{Name: filepath.Base(path)},
			Destination: activity.Destination{Path: filepath.Dir(path)},
		})
	}}
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	err, _ := unlessStuck(ctx, done) // by a share whose server is gone
	return err
}

// finding is a file that was looked at where it has already arrived or lies.
type finding struct {
	activity  activity.Activity
	content   rules.Content
	path      string
	judged    fs.FileInfo
	decision  rules.Decision
	situation rules.Context
	atRest    bool
	add       func(*incident.Incident) // more to be recorded, nil for nothing
}

// lookAt decides about a file that has just been finished somewhere.
func (a *Agent) lookAt(ctx context.Context, path string, act activity.Activity) {
	r, err := a.examine(ctx, a.judge.engine(), path, act)
	if err != nil || r.content.Status == rules.Clean {
		return // said already
	}
	if a.decideAfterwards(r); worthRecording(r.decision) {
		a.settle(ctx, r)
	}
}

func (a *Agent) decideAfterwards(r *finding) {
	r.activity.Time = time.Now().UTC()
	r.activity.Subject.Type = r.content.Type
	r.decision, r.situation = a.judge.afterwards(r.activity, r.content)
}

// errNoFile: what stands at the path is no file.
var errNoFile = errors.New("this is no file")

// examine looks at a file. An error says that nobody knows what is in it; it is
// logged where it is not the file's own.
func (a *Agent) examine(ctx context.Context, engine *rules.Engine, path string, act activity.Activity) (*finding, error) {
	f, err := openPlain(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // or Windows would let nobody take it away
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNoFile
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	content, err := engine.For(a.policy.Current()).Scan(ctx, filepath.Base(path), f, info.Size())
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		content = rules.Content{Status: rules.Unreadable, Reason: rules.TimedOut}
	case err != nil:
		a.log.Warn("a file cannot be looked at", "error", err)
		return nil, err
	}
	act.Subject.Size = info.Size()
	if content.Status != rules.Clean {
		act.Actor = a.judge.known(owner(path, info))
		onShare(&act, f)
	}
	return &finding{activity: act, content: content, path: path, judged: info}, nil
}

// onShare says so where the file lies on another computer.
func onShare(act *activity.Activity, f *os.File) {
	s, ok := share.Of(f)
	if !ok || act.Channel == activity.RemovableMedia {
		return
	}
	act.Destination.Share = s
	if act.Channel == activity.SyncFolder {
		act.Channel = activity.NetworkShare
	}
}
