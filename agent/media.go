package agent

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/guard/letters"
	"github.com/trustline/trustline/agent/sensor/media"
	"github.com/trustline/trustline/rules/activity"
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
	a.recoverLetters()
	group.Go(func() error {
		for {
			a.keepThese(watching, finder)
			select {
			case <-watching.Done():
				stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
				defer cancel()
				var guarded []guard.Medium
				if !guard.Supported { // on Linux no drive is made read-only
					guarded = a.standing.media()
				}
				return errors.Join(a.keeper.Stop(stop), a.drives.end(guarded))
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
		a.drives.keep(ctx, a.standing.keep(ctx, all), a.standing.keeper.Past())
		return
	}
	for _, failed := range a.keeper.Keep(ctx, all) {
		a.say(ctx, "medium-unguarded", incident.High, map[string]string{"mountPoint": failed.Medium.MountPoint, "problem": failed.Err.Error()})
	}
}

// recoverLetters gives drives the letters back that a run which died has taken.
func (a *Agent) recoverLetters() {
	if !letters.Supported {
		return
	}
	if n, err := a.letters.Recover(); n > 0 || err != nil {
		a.log.Warn("letters of drives were away", "given back", n, "error", err)
	}
}

// Letters answers the keeper of the letters that the service of a configuration
// has taken.
func Letters(c Config, log *slog.Logger) *letters.Keeper {
	k, err := letters.New(filepath.Join(c.State, letters.FileName), log)
	if err != nil {
		log.Warn("letters that were taken before are not known", "error", err)
	}
	return k
}
