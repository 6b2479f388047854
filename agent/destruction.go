package agent

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/agent/enforce/destroy"
	"github.com/trustline/trustline/agent/enforce/quarantine"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/agent/tasks"
	"github.com/trustline/trustline/task"
)

// Where a file was destroyed.
const (
	placeAtRest     = "at-rest"
	placeQuarantine = "quarantine"
)

// destroy destroys a file that the console names, if it is still the one.
func (a *Agent) destroy(ctx context.Context, t task.Task) {
	e, err := a.errands.book.Begin(t, nil)
	if err != nil {
		a.log.Error("a file is not destroyed: it cannot be noted", "task", t.ID, "error", err)
		return
	}
	if e != nil {
		a.carryOut(ctx, *e)
	}
}

// goOn finishes what was begun before the service was started.
func (a *Agent) goOn(ctx context.Context, e tasks.Entry) {
	switch {
	case e.Result != nil:
		a.answerTask(e)
	case e.Mark == "" && e.Path == "":
		a.carryOut(ctx, e)
	case e.Sealed:
		a.conclude(ctx, e, placeQuarantine, 0, a.custody.store.ResumeDestroy(e.Mark))
	default:
		bytes, err := destroy.Resume(ctx, a.destroyOrder(e), e.Mark)
		a.conclude(ctx, e, placeAtRest, bytes, err)
	}
}

// carryOut destroys what is in quarantine, or else lies where it was found.
func (a *Agent) carryOut(ctx context.Context, e tasks.Entry) {
	d := e.Task.Destruction
	switch {
	case !time.Now().Before(e.Task.Expires):
		a.finish(e, task.Result{About: d.Incident, Kept: task.KeptExpired})
		return
	case a.grants.SetBack():
		a.finish(e, task.Result{About: d.Incident, Kept: task.KeptClock})
		return
	}
	kept, err := a.custody.store.Destroy(d.Incident, d.SHA256, func(id string) error {
		return a.errands.book.Change(e.Task.ID, func(e *tasks.Entry) { e.Sealed, e.Mark = true, id })
	})
	if !errors.Is(err, quarantine.ErrUnknown) {
		a.conclude(ctx, e, placeQuarantine, kept.Bytes, err)
		return
	}
	path, ok := a.finder.place(d)
	if !ok {
		a.finish(e, task.Result{About: d.Incident, Kept: task.KeptUnknown})
		return
	}
	e.Path = path
	if err := a.errands.book.Change(e.Task.ID, func(e *tasks.Entry) { e.Path = path }); err != nil {
		a.log.Error("a file is not destroyed yet: it cannot be noted", "task", e.Task.ID, "error", err)
		return
	}
	bytes, err := destroy.Do(ctx, a.destroyOrder(e))
	a.conclude(ctx, e, placeAtRest, bytes, err)
}

func (a *Agent) destroyOrder(e tasks.Entry) destroy.Order {
	return destroy.Order{Path: e.Path, SHA256: e.Task.Destruction.SHA256, Tag: e.Task.ID, Moved: func(mark string) error {
		return a.errands.book.Change(e.Task.ID, func(e *tasks.Entry) { e.Mark = mark })
	}}
}

// place answers where the file really lies that a destruction names. What this
// machine does not remember is taken by its word: its content tells.
func (f *finder) place(d *task.Destruction) (path string, ok bool) {
	found, known, err := f.register.Find(d.Incident)
	switch {
	case err != nil:
		f.agent.log.Error("what was found cannot be looked up", "error", err)
		return "", false
	case !known:
		return d.Path, filepath.IsAbs(d.Path)
	}
	i := found.Incident
	named := strings.TrimRight(i.Destination.Path, `/\`) + string(filepath.Separator) + i.File.Name
	return found.Path, named == d.Path && i.File.SHA256 == d.SHA256
}

// conclude tells what came of it. What was only interrupted by the service's
// end goes on at the next start.
func (a *Agent) conclude(ctx context.Context, e tasks.Entry, where string, bytes int64, err error) {
	if err != nil && ctx.Err() != nil {
		return
	}
	r := task.Result{About: e.Task.Destruction.Incident, Where: where, Bytes: bytes}
	switch {
	case err == nil:
		a.tellOwner(e)
	case errors.Is(err, destroy.ErrHalf):
		r.Kept = task.KeptInterrupted
	case errors.Is(err, destroy.ErrGone):
		r.Kept = task.KeptGone
	case errors.Is(err, destroy.ErrChanged), errors.Is(err, quarantine.ErrChanged):
		r.Kept = task.KeptChanged
	case errors.Is(err, destroy.ErrLinked):
		r.Kept = task.KeptLinked
	case errors.Is(err, destroy.ErrNotFile):
		r.Kept = task.KeptNotFile
	default:
		r.Kept = task.KeptFailed
		a.log.Error("a file is not destroyed", "task", e.Task.ID, "error", withoutPath(err))
	}
	a.finish(e, r)
}

// tellOwner notes that a file was destroyed, and tells whose it was, where this
// machine remembers that.
func (a *Agent) tellOwner(e tasks.Entry) {
	found, ok, err := a.finder.register.Find(e.Task.Destruction.Incident)
	if err == nil && ok {
		err = a.finder.register.Gone(found.Incident.ID, discovery.Destroyed)
	}
	if err != nil {
		a.log.Error("that a file was destroyed is not noted in the register", "error", err)
	}
	if !ok {
		return
	}
	n := prompt.Notice{ID: e.Record, Time: time.Now().UTC(), Action: prompt.Destroyed, File: found.Incident.File.Name, Channel: found.Incident.Channel}
	if why := e.Task.Reason; why != "" {
		n.Words.Message = map[string]string{"zh": why, "en": why}
	}
	a.teller.Announce(found.Incident.Person.UID, n)
}

// withoutPath takes paths out of an error: they may hold customer data.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
