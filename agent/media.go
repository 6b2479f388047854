package agent

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/sensor/media"
	"github.com/trustline/trustline/uploader/incident"
)

// keepMedia keeps a guard on every removable medium until the context ends,
// then gives them back.
func (a *Agent) keepMedia(ctx context.Context) error {
	finder := &media.Finder{Treat: a.config.Removable, Exclude: a.config.Exclude}
	changed := make(chan struct{}, 1)
	group, watching := errgroup.WithContext(ctx)
	group.Go(func() error {
		return media.Watch(watching, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	})
	again, stopAgain := a.drives.looking()
	defer stopAgain()
	group.Go(func() error {
		for {
			a.keepThese(watching, finder)
			select {
			case <-watching.Done():
				stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
				defer cancel()
				return errors.Join(a.keeper.Stop(stop), a.drives.end())
			case <-changed:
			case <-a.keeper.Lost():
			case <-again:
			}
		}
	})
	return group.Wait()
}

func (a *Agent) keepThese(ctx context.Context, finder *media.Finder) {
	found, err := finder.List(ctx)
	if err != nil {
		a.log.Error("cannot find removable media", "error", err)
		return
	}
	all := make([]guard.Medium, 0, len(found))
	for _, m := range found {
		all = append(all, guard.Medium{MountPoint: m.MountPoint, Device: m.Device, Channel: activity.RemovableMedia})
	}
	if !guard.Supported {
		a.drives.keep(ctx, all)
		return
	}
	for _, failed := range a.keeper.Keep(ctx, all) {
		a.say(ctx, "medium-unguarded", incident.High, map[string]string{"mountPoint": failed.Medium.MountPoint, "problem": failed.Err.Error()})
	}
}
