package agent

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// finder looks at files that lie somewhere already.
type finder struct {
	agent    *Agent
	register *discovery.Register
	memory   *discovery.Memory // nil where no folder is searched
	search   *discovery.Search // the same
	// quiet reads documents for nobody who waits. Its processes are its own: one
	// that gives way to everything must never read for a copy under way.
	quiet  *sandbox.Sandbox // nil: in this process
	engine atomic.Pointer[rules.Engine]
}

// Decisions about files at rest that no rule of the policy made.
const (
	ruleRetention = "retention"
	ruleMinimum   = "minimum"
	ruleCheck     = "spot-check"
)

// use has the finder look with this engine from now on, in processes of its own.
func (f *finder) use(engine *rules.Engine) {
	if f.quiet != nil {
		engine = engine.Isolated(f.quiet.Extract)
	}
	f.engine.Store(engine)
}

func (a *Agent) openFinder(worker []string) (err error) {
	f := &finder{agent: a}
	a.finder = f
	if len(worker) > 0 {
		f.quiet = sandbox.New(sandbox.Options{Command: worker, Logger: a.log})
	}
	f.use(a.judge.Engine)
	key, err := secret(filepath.Join(a.config.State, "found.key"), len(discovery.Key{}))
	if err != nil {
		return err
	}
	if f.register, err = discovery.OpenRegister(filepath.Join(a.config.State, "found.db"), discovery.Key(key)); err != nil {
		return err
	}
	if len(a.config.Discovery.Folders) == 0 {
		return nil
	}
	if f.memory, err = discovery.OpenMemory(filepath.Join(a.config.State, "discovery.db")); err != nil {
		return err
	}
	f.search = &discovery.Search{
		Config: a.config.Discovery, Memory: f.memory, Log: a.log, Look: f.look,
		Version: func() string { return a.version + " " + a.policy.Current().Version() },
	}
	return nil
}

func (f *finder) close() error {
	var errs []error
	if f.register != nil {
		errs = append(errs, f.register.Close())
	}
	if f.memory != nil {
		errs = append(errs, f.memory.Close())
	}
	if f.quiet != nil {
		errs = append(errs, f.quiet.Close())
	}
	return errors.Join(errs...)
}

// run looks through the configured folders until the context ends.
func (f *finder) run(ctx context.Context) error {
	if f.search == nil {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- f.search.Run(ctx) }()
	err, _ := unlessStuck(ctx, done)
	return err
}

// patient is how long the end of the service waits for a file that is read: a
// share whose server is gone may keep its reader for ever.
const patient = 5 * time.Second

// unlessStuck answers what comes, and false where the context has ended and
// nothing comes any more.
func unlessStuck[A any](ctx context.Context, from <-chan A) (a A, ok bool) {
	select {
	case a = <-from:
		return a, true
	case <-ctx.Done():
	}
	select {
	case a = <-from:
		return a, true
	case <-time.After(patient):
		return a, false
	}
}

// look decides about a file that was come across. An error says that nobody
// knows what is in it; it is logged already.
func (f *finder) look(ctx context.Context, path string) (discovery.Looked, error) {
	r, err := f.examine(ctx, path)
	if err != nil || r.content.Status == rules.Clean {
		return discovery.Looked{}, err
	}
	again := f.keepHouse(ctx, r)
	if !worthRecording(r.decision) {
		return discovery.Looked{Again: again}, nil
	}
	f.agent.settle(ctx, r)
	return discovery.Looked{Found: true, Again: again}, nil
}

// examine looks at a file and says what the policy says of it.
func (f *finder) examine(ctx context.Context, path string) (*finding, error) {
	r, err := f.agent.examine(ctx, f.engine.Load(), path, activity.Activity{
		Channel: activity.AtRest, Operation: activity.Find, Subject: activity.Subject{Name: filepath.Base(path)}, Destination: activity.Destination{Path: filepath.Dir(path)},
	})
	if err != nil || r.content.Status == rules.Clean {
		return r, err
	}
	f.agent.decideAfterwards(r)
	r.atRest = true
	return r, nil
}

// keepHouse adds what the policy says of files that are kept too long, and of
// columns that need not be there. It answers when the file will be kept too
// long, zero for never.
func (f *finder) keepHouse(ctx context.Context, r *finding) (due time.Time) {
	policy, now := f.agent.policy.Current(), time.Now()
	over, due := policy.Overdue(r.decision.Classes, r.judged.ModTime(), discovery.CreatedAt(r.path, r.judged), now)
	var excess []rules.Column
	if policy.MayExceed(r.content) {
		columns, err := f.columns(ctx, policy, r)
		if err != nil {
			f.agent.log.Warn("the columns of a file cannot be looked at", "error", err)
		}
		excess = policy.Excess(r.content, columns)
	}
	if len(over)+len(excess) == 0 {
		return due
	}
	if !worthRecording(r.decision) {
		r.decision.Action, r.decision.Severity = rules.Report, rules.Medium
		r.decision.Rule, r.decision.Reason = ruleRetention, ruleRetention
		if len(over) == 0 {
			r.decision.Rule, r.decision.Reason = ruleMinimum, ruleMinimum
		}
	}
	r.add = func(i *incident.Incident) {
		i.Content.Overdue, i.Content.Excess = overdue(over), f.agent.judge.excess(excess)
	}
	return due
}

func (f *finder) columns(ctx context.Context, policy *rules.Policy, r *finding) ([]rules.Column, error) {
	file, err := openPlain(r.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	ctx, cancel := context.WithTimeout(ctx, judging)
	defer cancel()
	return f.engine.Load().For(policy).Columns(ctx, file, r.judged.Size())
}

// housekept bounds what one record says of this.
const housekept = 50

func overdue(over []rules.Overdue) (out []incident.Overdue) {
	for _, o := range over[:min(len(over), housekept)] {
		out = append(out, incident.Overdue{Class: o.Class, Title: incident.Title(o.Name), Days: o.Days, Age: o.Age, Since: string(o.Since)})
	}
	return out
}

func (j *Judge) excess(columns []rules.Column) (out []incident.Excess) {
	for _, c := range columns[:min(len(columns), housekept)] {
		out = append(out, incident.Excess{Kind: string(c.Kind), Heading: j.masked(c.Heading), Column: c.Letter, Place: j.masked(c.Place), Values: c.Values})
	}
	return out
}

// keep remembers where a file really lies whose record names it masked.
func (f *finder) keep(r *finding, i incident.Incident, gone string) {
	real, err := filepath.EvalSymlinks(filepath.Dir(r.path))
	if err == nil {
		err = f.register.Keep(discovery.Found{Path: filepath.Join(real, filepath.Base(r.path)), Incident: i, Gone: gone})
	}
	if err != nil {
		f.agent.log.Error("what was found is not kept on this machine", "incident", i.ID, "error", err)
	}
}

// answer answers what the machine's administrator asks of the search.
func (f *finder) answer(c control.Caller, about string) (any, error) {
	if !c.Root() {
		return nil, control.RefusedNotRoot
	}
	switch about {
	case discovery.AskRun:
		if f.search == nil {
			return nil, control.Refusal(discovery.NoFolders)
		}
		if !f.search.Again() {
			return nil, control.Refusal(discovery.Searching)
		}
		return f.status(), nil
	case discovery.AskResults:
		return f.results()
	}
	return f.status(), nil
}

func (f *finder) status() discovery.Status {
	s := discovery.Status{Folders: slices.Clone(f.agent.config.Discovery.Folders)}
	if f.search != nil {
		s.Progress = f.search.Progress()
		s.Next = f.search.Next()
	}
	return s
}

func (f *finder) results() (discovery.Results, error) {
	list, all, err := f.register.List(discovery.MaxResults)
	if err != nil {
		return discovery.Results{}, fmt.Errorf("answer what was found: %w", err)
	}
	for i := range list {
		list[i].Incident.Content.Matches = nil // one answer has to hold it
	}
	return discovery.Results{All: all, Found: append([]discovery.Found{}, list...)}, nil // JSON for scripts: [], not null
}

// progress is what the console is told of the search.
func (f *finder) progress() *incident.Search {
	if f.search == nil {
		return nil
	}
	p := f.search.Progress()
	return &incident.Search{Began: p.Began, Ended: p.Ended, Looked: p.Looked, Known: p.Known, Found: p.Found, Failed: p.Failed}
}
