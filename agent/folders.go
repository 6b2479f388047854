package agent

import (
	"context"
	"os"
	"path/filepath"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/agent/sensor/file"
	"github.com/trustline/trustline/rules"
)

// watchFolders looks at files that appear in the configured folders. They are
// there already, so they can only be reported or taken away again.
func (a *Agent) watchFolders(ctx context.Context) error {
	if len(a.config.Watch) == 0 {
		return nil
	}
	w := &file.Watcher{Folders: a.config.Watch, Log: a.log, Finished: a.lookAt}
	return w.Run(ctx)
}

func (a *Agent) lookAt(ctx context.Context, path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	content, err := a.judge.Engine.Scan(ctx, filepath.Base(path), f, info.Size())
	if err != nil {
		a.log.Warn("a watched file cannot be looked at", "error", err)
		return
	}
	if content.Status == rules.Clean {
		return
	}
	owner := fileOwner(info)
	a.found(ctx, activity.Activity{
		Channel: activity.SyncFolder, Operation: activity.Write,
		Actor:       activity.Actor{UID: owner, User: accountName(owner)},
		Subject:     activity.Subject{Name: filepath.Base(path), Size: info.Size()},
		Destination: activity.Destination{Path: filepath.Dir(path)},
	}, content, path, info)
}
