package agent

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/trustline/trustline/agent/tasks"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/signed"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// errands are what the console has this machine do once.
type errands struct {
	book                 *tasks.Book
	checks, destructions chan task.Task
	keys                 func() [][]byte // that the console signs with

	mu      sync.Mutex
	waiting map[string]bool // by id
	forged  map[string]bool // signatures that were told of
}

func (a *Agent) openErrands() (err error) {
	e := &errands{
		checks: make(chan task.Task, orders.MaxTasks), destructions: make(chan task.Task, orders.MaxTasks),
		waiting: map[string]bool{}, forged: map[string]bool{}, keys: func() [][]byte { return nil },
	}
	if a.identity != nil {
		e.keys = a.identity.PolicyKeys
	}
	a.errands = e
	e.book, err = tasks.Open(filepath.Join(a.config.State, "tasks.json"), a.log)
	return err
}

// takeTasks takes in what the console wants done. What this machine was given
// and cannot be its own, or the console's, is told once.
func (a *Agent) takeTasks(ctx context.Context, all []signed.Envelope) error {
	var keys []ed25519.PublicKey
	for _, k := range a.errands.keys() {
		keys = append(keys, k)
	}
	var errs error
	for _, e := range all {
		t, err := task.Open(e, a.machine.ID, keys...)
		switch {
		case err == nil:
			errs = errors.Join(errs, a.errands.offer(*t))
		case a.errands.news(e):
			a.log.Error("a task is refused", "error", err)
			a.say(ctx, "task-forged", incident.High, map[string]string{})
		}
	}
	return errs
}

// maxForged bounds what is remembered of what was refused.
const maxForged = 1000

func (e *errands) news(envelope signed.Envelope) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	id := string(envelope.Signature)
	if e.forged[id] || len(e.forged) >= maxForged {
		return false
	}
	e.forged[id] = true
	return true
}

// offer has a task done unless it was, or waits for it already.
func (e *errands) offer(t task.Task) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting[t.ID] || e.book.Known(t.ID) {
		return nil
	}
	queue := e.destructions
	if t.Check != nil {
		queue = e.checks
	}
	select {
	case queue <- t:
		e.waiting[t.ID] = true
		return nil
	default:
		return errors.New("there is too much to do at once")
	}
}

func (e *errands) done(t task.Task) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.waiting, t.ID)
}

// runErrands does what the console wants done, one after the other: a check may
// take long, a destruction does not wait for it.
func (a *Agent) runErrands(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case t := <-a.errands.checks:
				a.spotCheck(ctx, t)
				a.errands.done(t)
			}
		}
	})
	both.Go(func() {
		for _, e := range a.errands.book.Open() {
			a.goOn(ctx, e)
		}
		for {
			select {
			case <-ctx.Done():
				return
			case t := <-a.errands.destructions:
				a.destroy(ctx, t)
				a.errands.done(t)
			}
		}
	})
	done := make(chan struct{})
	go func() { defer close(done); both.Wait() }()
	unlessStuck(ctx, done)
}

// finish keeps what came of a task that was begun, and tells the console.
func (a *Agent) finish(e tasks.Entry, r task.Result) {
	at := time.Now().UTC()
	r.Task = e.Task.ID
	if err := a.errands.book.Change(e.Task.ID, func(e *tasks.Entry) { e.Result, e.Ended, e.Path = &r, at, "" }); err != nil {
		a.log.Error("what came of a task is not kept", "task", e.Task.ID, "error", err)
	}
	e.Result, e.Ended = &r, at
	a.answerTask(e)
}

// answerTask records what came of a task; told again it counts once.
func (a *Agent) answerTask(e tasks.Entry) {
	code, severity := task.CodeChecked, incident.Low
	detail := e.Result.Detail()
	detail["user"] = bounded(strings.Join(e.Task.By, ", "))
	if d := e.Task.Destruction; d != nil {
		code, severity = task.CodeDestroyed, incident.Medium
		if e.Result.Kept != "" {
			code, severity = task.CodeKept, incident.High
		}
		detail["path"], detail["sha256"] = bounded(d.Path), d.SHA256
	}
	i, err := incident.New(incident.Agent, cmp.Or(e.Ended, time.Now()))
	if err == nil {
		i.ID, i.Machine, i.Severity, i.Code, i.Detail = e.Record, a.machine, severity, code, detail
		// A service that stops still says what it has done.
		err = errors.Join(i.Validate(), a.judge.Record(context.Background(), i))
	}
	if err == nil {
		err = a.errands.book.Change(e.Task.ID, func(e *tasks.Entry) { e.Told = true })
	}
	if err != nil {
		a.log.Error("what came of a task is told at the next start", "task", e.Task.ID, "error", err)
	}
}
