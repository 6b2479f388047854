package web

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// incidentPage is one incident and what followed.
type incidentPage struct {
	store.Item
	Timeline []moment
	Form     review

	Destruction destruction
}

// moment is one thing that was done about an incident, by the employee, by
// their machine or by somebody here.
type moment struct {
	Time time.Time
	What string // id of the text
	Who  string
	Text string // what they said
	Why  string // why an approval did not hold
	Link string // where there is more
}

// timeline answers what was done about an incident, oldest first, and the
// number of the newest entry about it.
func (w *Web) timeline(ctx context.Context, id string) (all []moment, newest int64, err error) {
	related, err := w.store.Related(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	history, err := w.store.History(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	for _, i := range related {
		all = append(all, recorded(i))
	}
	repeats, err := w.store.Repeats(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	for _, i := range repeats {
		all = append(all, moment{Time: i.Time, What: "grant-failed", Who: i.Person.User, Why: i.Decision.GrantFailed, Link: "/incidents/" + i.ID})
	}
	for _, e := range history {
		// What a machine did stands there by its own record.
		if e.Action != store.ActionDestroyed && e.Action != store.ActionKept {
			all = append(all, done(e))
		}
		newest = max(newest, e.Seq)
	}
	slices.SortStableFunc(all, func(a, b moment) int { return a.Time.Compare(b.Time) })
	return all, newest, nil
}

// recorded is what a machine has told.
func recorded(i incident.Incident) moment {
	m := moment{Time: i.Time, What: "code." + i.Code, Who: i.Detail["user"], Text: i.Detail["text"]}
	switch i.Code {
	case grant.CodeRequested:
		m.Link = "/approvals/" + i.ID
	case task.CodeKept:
		m.What = "kept." + i.Detail["kept"]
	case "grant-used":
		m.Link = "/incidents/" + i.Detail["record"]
	}
	return m
}

// done is what somebody did here.
func done(e store.Entry) moment {
	var detail struct{ Request, Reason, Comment, State string }
	// Of another shape it has nothing to say beyond who and what.
	_ = json.Unmarshal(e.Detail, &detail)
	m := moment{Time: e.Time, What: "did." + e.Action, Who: e.Name, Text: detail.Reason + detail.Comment}
	if e.Action == store.ActionReview && detail.State != "" {
		m.What = "did.review." + detail.State
	}
	if detail.Request != "" {
		m.Link = "/approvals/" + detail.Request
	}
	return m
}
