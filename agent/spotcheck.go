package agent

import (
	"context"
	"os"
	"time"

	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// Bounds of a spot check.
const (
	drawing      = 10 * time.Minute
	checking     = 2 * time.Hour
	checkRecords = 200 // of one check; more are counted only
)

// spotCheck looks at files picked at random, as the console has ordered. One
// that is interrupted is made anew.
func (a *Agent) spotCheck(ctx context.Context, t task.Task) {
	if !time.Now().Before(t.Expires) {
		return // the console sees that for itself
	}
	done := make(chan *task.Result, 1)
	go func() { // its thread gives way from now on, and ends with it
		discovery.GiveWay(a.log)
		done <- a.finder.check(ctx, t)
	}()
	r, _ := unlessStuck(ctx, done)
	if r == nil {
		return
	}
	r.Task = t.ID
	e, err := a.errands.book.Begin(t, r)
	if err != nil {
		a.log.Error("what a spot check found is not kept", "task", t.ID, "error", err)
		return
	}
	if e != nil {
		a.answerTask(*e)
	}
}

// check answers nil when it was interrupted.
func (f *finder) check(ctx context.Context, t task.Task) *task.Result {
	c := t.Check
	folders := c.Folders
	if len(folders) == 0 {
		folders = f.agent.config.Discovery.Folders
	}
	if len(folders) == 0 {
		folders = discovery.Homes()
	}
	f.agent.log.Info("spot check", "task", t.ID, "folders", len(folders), "files", c.Files)
	s, err := discovery.Draw(ctx, folders, f.agent.config.Discovery.Exclude, []string{f.agent.config.State}, c.Files, drawing)
	if err != nil {
		return nil
	}
	r := &task.Result{About: c.Order, Seen: s.Seen, Failed: s.Failed, Cut: s.Cut, Nowhere: s.Nowhere}
	end := time.Now().Add(checking)
	for _, path := range s.Paths {
		began := time.Now()
		if r.Cut = r.Cut || began.After(end); began.After(end) {
			break
		}
		f.checkFile(ctx, c, path, r)
		if discovery.Pause(ctx, began) != nil {
			return nil
		}
	}
	return r
}

// checkFile looks at one file of a spot check.
func (f *finder) checkFile(ctx context.Context, c *task.Check, path string, r *task.Result) {
	found, err := f.examine(ctx, path)
	switch {
	case os.IsNotExist(err) || ctx.Err() != nil:
		return // gone since it was picked
	case err != nil:
		r.Failed++
		return
	}
	r.Looked++
	if found.content.Status == rules.Unreadable {
		r.Unreadable++
	}
	if !reaches(c.AtLeast, found.content) {
		return
	}
	if r.Found++; r.Found > checkRecords {
		return
	}
	f.keepHouse(ctx, found)
	d, more := &found.decision, found.add
	d.Action, d.Would, d.Rule, d.Reason, d.Severity = rules.Report, "", ruleCheck, ruleCheck, rules.Medium
	d.EmployeeMay, d.Title, d.Message = nil, nil, nil
	found.add = func(i *incident.Incident) {
		i.Order = c.Order
		if more != nil {
			more(i)
		}
	}
	f.agent.settle(ctx, found)
}

// reaches tells whether content has one of the numbers that were ordered.
func reaches(atLeast map[string]int, c rules.Content) bool {
	if n := atLeast[task.People]; n > 0 && c.Summary.People >= n {
		return true
	}
	for _, s := range c.Summary.Classes {
		if n := atLeast[string(s.Class)]; n > 0 && s.Distinct >= n {
			return true
		}
	}
	return false
}
