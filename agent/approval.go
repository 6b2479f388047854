package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/grants"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/uploader/incident"
)

// reasonGrant is why something that the policy stops was let through.
const reasonGrant rules.DecisionReason = "grant"

// approval is whether one thing may happen although the policy stops it. What
// is looked at more than once uses an approval once.
type approval struct {
	grants Grants
	use    grant.Use
	sum    func() (string, error) // SHA-256 of the content in hex; nil where it is not all there
	used   *grant.Grant
	why    error // that the person's approval does not hold
}

// approval prepares to look for one. It may be nil's: nobody has any.
func (j *Judge) approval(a activity.Activity, sum func() (string, error)) *approval {
	use := grant.Use{UID: a.Actor.UID, Channel: string(a.Channel), Destination: deviceKey(a.Destination)}
	return &approval{grants: j.Grants, use: use, sum: sum}
}

// wanted is what an approval has to cover.
func (p *approval) wanted(content rules.Content) grant.Use {
	u := p.use
	u.People = content.Summary.People
	for _, c := range content.Summary.Classes {
		u.Classes = append(u.Classes, string(c.Class))
	}
	return u
}

// holds tells whether there is one for this content, and uses none.
func (p *approval) holds(content rules.Content) bool {
	if p.grants == nil {
		return false
	}
	u := p.wanted(content)
	if p.used != nil && p.stillCovers(u) {
		p.why = nil
	} else {
		p.why = p.grants.Holds(u, p.sum)
	}
	return p.why == nil
}

// covers finds and uses an approval for this content.
func (p *approval) covers(content rules.Content) bool {
	if p.grants == nil {
		return false
	}
	u := p.wanted(content)
	if p.used != nil && p.stillCovers(u) {
		return true
	}
	g, err := p.grants.Use(u, p.sum)
	if err != nil {
		p.why = err
		return false
	}
	p.used = &g
	return true
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
		errors.Is(p.why, grant.ErrOtherContent), errors.Is(p.why, grant.ErrOtherClasses), errors.Is(p.why, grant.ErrTooMany),
		errors.Is(p.why, errOthers), errors.Is(p.why, grant.ErrUsedUp), errors.Is(p.why, grant.ErrWithdrawn), errors.Is(p.why, grant.ErrClockSetBack):
		return p.why.Error()
	}
	return "not-counted"
}

// letThrough records that something was approved. What is approved does not
// count towards rolling totals: it would stand in the way of everything after.
func (j *Judge) letThrough(ctx context.Context, a activity.Activity, content rules.Content, d rules.Decision, situation rules.Context, p *approval) (guard.Verdict, rules.Decision) {
	d.Action, d.Reason, d.EmployeeMay = rules.Allow, reasonGrant, nil
	if a.Subject.Source == "" {
		a.Subject.Source = guard.Source(a)
	}
	i, err := j.incident(a, content, d, situation, incident.Reported)
	if err == nil {
		i.Decision.Grant = p.used.ID
		err = j.Record(context.WithoutCancel(ctx), i)
	}
	if err != nil {
		// What cannot be recorded does not leave.
		j.Log.Error("an approved copy is stopped, because it cannot be recorded", "error", err)
		d.Action = rules.Block
		return guard.Deny, d
	}
	j.Grants.Used(ctx, *p.used, i.ID)
	return guard.Allow, d
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
