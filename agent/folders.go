package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/agent/sensor/file"
	"github.com/trustline/trustline/agent/sensor/mounts"
	"github.com/trustline/trustline/agent/sensor/share"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// watchFolders looks at files that appear in the configured folders. They are
// there already, so they can only be reported or taken away again.
func (a *Agent) watchFolders(ctx context.Context) error {
	if len(a.config.Watch) == 0 {
		return nil
	}
	w := &file.Watcher{Folders: a.config.Watch, Log: a.log, Mount: share.Mount, Mounted: mounts.Watch, Finished: func(ctx context.Context, path string) {
		a.lookAt(ctx, path, activity.Activity{
			Channel: activity.SyncFolder, Operation: activity.Write, Subject: activity.Subject{Name: filepath.Base(path)},
			Destination: activity.Destination{Path: filepath.Dir(path)},
		}, false)
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
	closed    bool                     // nothing can be changed where it lies
	add       func(*incident.Incident) // more to be recorded, nil for nothing
}

// lookAt decides about a file that has just been finished somewhere, where
// nothing can be changed if closed.
func (a *Agent) lookAt(ctx context.Context, path string, act activity.Activity, closed bool) {
	r, err := a.examine(ctx, a.judge.engine(), path, act)
	if err != nil || r.content.Status == rules.Clean {
		return // said already
	}
	r.closed = closed
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
		onShare(&act, f)
		here := act.Operation == activity.Write && act.Destination.Share.Name == ""
		act.Actor = a.judge.known(owner(path, info, here))
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
