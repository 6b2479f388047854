package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/sensor/file"
	"github.com/trustline/trustline/rules"
)

// undoing watches media that cannot be guarded on this system: what should not
// have got there is taken back, which is less than keeping it out.
type undoing struct {
	agent *Agent
	stop  map[string]context.CancelFunc // by mount point
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
		_ = u.agent.lookAt(ctx, path, activity.Activity{
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
	w := &file.Watcher{Folders: a.config.Watch, Log: a.log, Finished: func(ctx context.Context, path string) {
		_ = a.lookAt(ctx, path, activity.Activity{
			Channel: activity.SyncFolder, Operation: activity.Write, Subject: activity.Subject{Name: filepath.Base(path)},
			Destination: activity.Destination{Path: filepath.Dir(path)},
		})
	}}
	return w.Run(ctx)
}

// search looks through the configured folders for what lies there already.
func (a *Agent) search(ctx context.Context) error {
	if len(a.config.Discovery.Folders) == 0 {
		return nil
	}
	memory, err := discovery.OpenMemory(filepath.Join(a.config.State, "discovery.db"))
	if err != nil {
		return err
	}
	defer memory.Close()
	s := &discovery.Search{
		Config: a.config.Discovery, Memory: memory, Log: a.log,
		Version: func() string { return a.version + " " + a.policy.Current().Version() },
		Look: func(ctx context.Context, path string) error {
			return a.lookAt(ctx, path, activity.Activity{
				Channel: activity.AtRest, Operation: activity.Find, Subject: activity.Subject{Name: filepath.Base(path)},
				Destination: activity.Destination{Path: filepath.Dir(path)},
			})
		},
	}
	return s.Run(ctx)
}

// lookAt decides about a file that has just been finished somewhere, or lies
// there. An error says that nobody knows what is in it; it is logged already.
func (a *Agent) lookAt(ctx context.Context, path string, act activity.Activity) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	content, err := a.judge.engine().Scan(ctx, filepath.Base(path), f, info.Size())
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		content = rules.Content{Status: rules.Unreadable, Reason: rules.TimedOut}
	case err != nil:
		a.log.Warn("a file cannot be looked at", "error", err)
		return err
	}
	if content.Status == rules.Clean {
		return nil
	}
	act.Actor = a.judge.known(owner(path, info))
	act.Subject.Size = info.Size()
	f.Close() // or Windows would let nobody take it away
	a.found(ctx, act, content, path, info)
	return nil
}
