package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/grants"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// reasonGrant is why something that the policy stops was let through.
const reasonGrant rules.DecisionReason = "grant"

// approval is whether one thing may happen although the policy stops it. What
// is looked at more than once uses an approval once.
type approval struct {
	use  grant.Use
	sum  func() (string, error) // SHA-256 of the content in hex; nil where it is not all there
	used *grant.Grant
	// counted: used for what is decided now, and nothing went out by it yet.
	counted bool
	why     error // that the person's approval does not hold
}

// approval prepares to look for one.
func (j *Judge) approval(a activity.Activity, sum func() (string, error)) *approval {
	return &approval{use: grant.Use{UID: a.Actor.UID, Channel: string(a.Channel), Destination: deviceKey(a.Destination)}, sum: sum}
}

// wanted is what an approval has to cover.
func (p *part) wanted(content rules.Content) grant.Use {
	u := p.approval.use
	u.People, u.Rule, u.Action = content.Summary.People, p.decision.Rule, string(p.decision.Action)
	for _, c := range content.Summary.Classes {
		u.Classes = append(u.Classes, string(c.Class))
	}
	return u
}

// mayHave tells whether there may be an approval for this person and place.
func (j *Judge) mayHave(p *approval) bool {
	return p.used != nil || j.Grants != nil && j.Grants.May(p.use.UID, p.use.Channel, p.use.Destination)
}

// stillCovers tells whether what was let through before may go on as it is now.
func (p *approval) stillCovers(u grant.Use) bool {
	if p.used.SHA256 != "" {
		if p.sum == nil {
			return false
		}
		var err error
		if u.SHA256, err = p.sum(); err != nil {
			return false
		}
	}
	return p.used.Covers(u, time.Now()) == nil
}

// failed is why the person's approval did not hold, "" where they have none.
func (p *approval) failed() string {
	switch {
	case p.why == nil || errors.Is(p.why, grants.ErrNone):
		return ""
	case errors.Is(p.why, grant.ErrOtherPlace), errors.Is(p.why, grant.ErrOtherPerson), errors.Is(p.why, grant.ErrNotYet), errors.Is(p.why, grant.ErrExpired),
		errors.Is(p.why, grant.ErrOtherContent), errors.Is(p.why, grant.ErrOtherClasses), errors.Is(p.why, grant.ErrTooMany), errors.Is(p.why, grant.ErrOtherRule),
		errors.Is(p.why, errOthers), errors.Is(p.why, grant.ErrUsedUp), errors.Is(p.why, grant.ErrWithdrawn), errors.Is(p.why, grant.ErrClockSetBack):
		return p.why.Error()
	}
	return "not-counted"
}

// about is the incident that the approval was given for that did not hold.
func (p *approval) about() string {
	var n *grants.NotHeld
	if p.failed() != "" && errors.As(p.why, &n) {
		return n.Incident
	}
	return ""
}

// goesOn tells whether all who are stopped may go on all the same, and records
// it: their approvals are used together or not at all.
func (j *Judge) goesOn(ctx context.Context, content rules.Content, stopped ...*part) bool {
	return j.cover(content, stopped) && j.letThrough(ctx, content, stopped)
}

// errNotRecorded is why what an approval holds for does not happen.
var errNotRecorded = errors.New("it cannot be recorded")

// letThrough records that something was approved, for all who took part in it
// or for none. What is approved does not count towards rolling totals: it would
// stand in the way of everything after.
func (j *Judge) letThrough(ctx context.Context, content rules.Content, stopped []*part) bool {
	records, err := j.approvedRecords(content, stopped)
	if err == nil {
		err = j.Record(context.WithoutCancel(ctx), records...)
	}
	if err != nil {
		// What cannot be recorded does not leave.
		j.Log.Error("an approved copy is stopped, because it cannot be recorded", "error", err)
		j.takeBack(stopped)
		return false
	}
	for n, p := range stopped {
		p.decision, p.approval.counted = byGrant(p.decision), false
		j.Grants.Used(ctx, *p.approval.used, records[n].ID)
	}
	return true
}

// byGrant is what becomes of a decision through an approval.
func byGrant(d rules.Decision) rules.Decision {
	d.Action, d.Reason, d.EmployeeMay = rules.Allow, reasonGrant, nil
	return d
}

func (j *Judge) approvedRecords(content rules.Content, stopped []*part) (records []incident.Incident, err error) {
	for _, p := range stopped {
		a := p.activity
		if a.Subject.Source == "" {
			a.Subject.Source = guard.Source(a)
		}
		i, err := j.incident(a, content, byGrant(p.decision), p.situation, incident.Reported)
		if err != nil {
			return nil, err
		}
		i.Decision.Grant = p.approval.used.ID
		records = append(records, i)
	}
	return records, nil
}

// takeBack has approvals not used by which nothing went out.
func (j *Judge) takeBack(stopped []*part) {
	var unused []grant.Grant
	for _, p := range stopped {
		if p.approval.why = errNotRecorded; p.approval.counted {
			unused = append(unused, *p.approval.used)
			p.approval.used, p.approval.counted = nil, false
		}
	}
	if len(unused) == 0 {
		return
	}
	if err := j.Grants.Return(unused...); err != nil {
		j.Log.Error("approvals stay used although nothing went out by them", "error", err)
	}
}

// keepCase keeps for the person what they were stopped in or warned about.
func (j *Judge) keepCase(a activity.Activity, i incident.Incident, words prompt.Words) {
	n, ok := prompt.FromIncident(i, words)
	if !ok || j.Cases == nil || i.Person.UID < 0 {
		return
	}
	c := cases.Case{
		Notice: n, Matches: i.Content.Matches, Source: a.Subject.Source, Said: a.Subject.Said, SHA256: a.Subject.SHA256, Target: filepath.Join(a.Destination.Path, filepath.FromSlash(a.Subject.Name)),
		Channel: string(a.Channel), Destination: deviceKey(a.Destination), Place: n.Medium, People: i.Content.People,
		Begun: a.Subject.Begun, Activity: &a,
	}
	for _, class := range i.Content.Classes {
		c.Classes = append(c.Classes, class.ID)
	}
	if why := i.Decision.GrantFailed; why != "" {
		c.Steps = append(c.Steps, cases.Step{What: cases.NotCovered, Time: i.Time, Text: why})
	}
	j.Cases.Add(i.Person.UID, c)
}

// sha256Of answers the SHA-256 of content in hex.
func sha256Of(ctx context.Context, r io.ReaderAt, size int64) (string, error) {
	h, buf := sha256.New(), make([]byte, 256<<10)
	for off := int64(0); off < size; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-off)], off)
		h.Write(buf[:n])
		off += int64(n)
		if err != nil && (!errors.Is(err, io.EOF) || off < size) {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
