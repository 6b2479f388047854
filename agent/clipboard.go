package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// Clip decides about what somebody has put on the clipboard. It is there
// already and can only be taken off again, by the helper in that person's
// session: how it ended is recorded once the helper has said so.
//
// Of files only the names are looked at here, all together: what stands in them
// comes later, see ClipFile.
func (j *Judge) Clip(ctx context.Context, by control.Caller, c control.Clip) (control.Verdict, error) {
	names := fileNames(c.Files)
	a := activity.Activity{
		Time: time.Now().UTC(), Channel: activity.Clipboard, Operation: activity.Copy,
		Actor:   j.known(activity.Actor{UID: by.UID, Program: c.Program}),
		Subject: activity.Subject{Name: strings.Join(names, ", "), Size: int64(len(c.Text))},
	}
	text := c.Text
	if len(c.Files) > 0 {
		// In names, dots and lines join what they separate elsewhere.
		text = strings.Join(names, "\n")
		text += "\n" + nameParts.Replace(text)
		a.Subject.Size = -1
	}
	content, err := j.engine().Scan(ctx, "", textReader(text), int64(len(text)))
	if err != nil && ctx.Err() == nil {
		return control.Verdict{}, fmt.Errorf("look at the clipboard: %w", err)
	}
	if err != nil {
		content = rules.Content{Status: rules.Unreadable, Reason: rules.TimedOut}
	}
	content = withheld(content, c.Incomplete)
	if content.Status == rules.Clean {
		return control.Verdict{Action: string(rules.Allow)}, nil
	}
	a.Subject.Type = content.Type
	sum := func() (string, error) { return sha256Of(ctx, textReader(text), int64(len(text))) }
	if c.Incomplete != "" {
		a.Subject.Begun, sum = true, nil // the same beginning can have another end
	}
	return j.clipVerdict(ctx, a, content, j.approval(a, sum))
}

// clipVerdict decides, and prepares the record where there is to be one.
func (j *Judge) clipVerdict(ctx context.Context, a activity.Activity, content rules.Content, approval *approval) (control.Verdict, error) {
	policy := j.Policy()
	claim := j.Ledger.Claim(a.Actor.UID, clipboardKey, a.Time, content.Summary.PeopleKeys)
	defer claim.Drop()
	situation := j.situation(policy, claim.Total)
	d := rules.Decide(policy, a, content, situation)
	if d.Action.Stops() && j.goesOn(ctx, content, &part{activity: a, decision: d, situation: situation, approval: approval}) {
		return control.Verdict{Action: string(rules.Allow)}, nil
	}
	v := control.Verdict{Action: string(d.Action), Clear: d.Action.Stops()}
	if v.Clear {
		j.tellApart(&a.Subject, approval.sum)
	}
	if !v.Clear && len(content.Summary.PeopleKeys) > 0 {
		if err := claim.Keep(ctx); err != nil {
			j.Log.Error("rolling total is kept in memory only", "error", err)
		}
	}
	if !worthRecording(d) {
		return v, nil
	}
	i, err := j.incident(a, content, d, situation, incident.Reported)
	if err != nil {
		j.Log.Error("incident is not recorded", "error", err)
		return v, nil
	}
	i.Decision.GrantFailed, i.Decision.GrantAbout = approval.failed(), approval.about()
	v.Incident = i.ID
	ctx = context.WithoutCancel(ctx) // the judging is over by then
	v.Done = func(cleared bool) {
		if cleared {
			i.Decision.Outcome = incident.Undone
		}
		j.keep(ctx, a, i, d)
	}
	return v, nil
}

// clipboardKey is what totals of the clipboard are counted by.
const clipboardKey = "clipboard"

// withheld is the content of which not everything was handed over.
func withheld(c rules.Content, why string) rules.Content {
	if why == "" {
		return c
	}
	if c.Status == rules.Clean {
		c.Status = rules.Unreadable
	}
	switch reason := rules.Reason(why); reason {
	case rules.TooLarge, rules.TimedOut, rules.Corrupt:
		c.Reason = reason
	default:
		c.Reason = rules.Corrupt
	}
	return c
}

// fileNames are the names of files without their folders.
func fileNames(paths []string) []string {
	names := make([]string, len(paths))
	for n, p := range paths {
		names[n] = filepath.Base(p)
	}
	return names
}
