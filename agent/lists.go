package agent

import (
	"context"
	"path/filepath"

	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/agent/lists"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/uploader/incident"
)

// openLists opens the company's lists: those in the service's folder, and those
// of the console.
func (a *Agent) openLists() (err error) {
	if a.identity != nil {
		if a.shelf, err = lists.Open(filepath.Join(a.config.State, "console-lists"), a.identity.PolicyKeys, a.log); err != nil {
			return err
		}
	}
	a.useLists()
	return nil
}

// useLists has everything that is looked at from now on looked at with the
// lists there are now. Those whose files are faulty are left out; the others
// hold.
func (a *Agent) useLists() {
	var delivered []rules.Delivered
	if a.shelf != nil {
		delivered = a.shelf.Delivered()
	}
	opened, faults := rules.OpenLists(context.Background(), filepath.Join(a.config.State, "lists"), delivered...)
	if faults != nil {
		a.log.Error("not all lists of the company's own can be used", "error", faults)
	}
	engine := a.judge.Engine.With(opened)
	a.judge.newer.Store(engine)
	a.finder.use(engine)
	a.lists.Store(&ownLists{opened, faults})
	a.checkLists()
}

// ownLists are the lists in use, and what is wrong with others.
type ownLists struct {
	*rules.Lists
	faults error
}

// checkLists says whether all lists can be used, and whether those that the
// policy asks for are here.
func (a *Agent) checkLists() {
	own := a.lists.Load()
	faults := own.faults
	if missing := a.policy.Current().MissingLists(own.Lists); len(missing) > 0 {
		faults = missing
		a.log.Error("the policy asks for lists that are not here", "problems", missing.Error())
	}
	a.health.Mark(health.ListsBroken, "", faults)
}

// listEvent makes a change of the console's lists an incident.
func (a *Agent) listEvent(ctx context.Context) func(lists.Event) {
	return func(e lists.Event) {
		severity, detail := incident.Low, map[string]string{}
		if e.List != "" {
			detail["list"] = e.List
		}
		if e.Code == lists.Refused {
			severity = incident.High
			detail["problem"] = e.Problem
		}
		a.say(ctx, e.Code, severity, detail)
	}
}
