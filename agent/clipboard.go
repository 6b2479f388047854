package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/uploader/incident"
)

// Clip decides about what somebody has put on the clipboard. It is there
// already and can only be taken off again, by the helper in that person's
// session: how it ended is recorded once the helper has said so.
//
// Of files the names are looked at together, and then the content of each that
// the person may read, by itself.
func (j *Judge) Clip(ctx context.Context, by control.Caller, c control.Clip) (control.Verdict, error) {
	v, err := j.clipText(ctx, by, c)
	if err != nil || len(c.Files) == 0 {
		return v, err
	}
	room := int64(clipBytes)
	for _, path := range c.Files {
		if v.Clear {
			break
		}
		one, size, err := j.clipFile(ctx, by, c.Program, path, room)
		if err != nil {
			return v, err
		}
		room -= size
		v = stricter(v, one)
	}
	return v, nil
}

// clipBytes bounds what is read of files copied together; what is beyond is
// unreadable, for being too large.
const clipBytes = 64 << 20

// stricter answers the verdict of two that counts; what is to be recorded of
// the other is recorded as it ended: nothing was taken off for it.
func stricter(a, b control.Verdict) control.Verdict {
	if b.Clear && !a.Clear || a.Done == nil {
		a, b = b, a
	}
	if b.Done != nil {
		b.Done(false)
	}
	return a
}

// clipFile decides about one copied file, as if it were written somewhere. It
// answers how many bytes it has.
func (j *Judge) clipFile(ctx context.Context, by control.Caller, program, path string, most int64) (control.Verdict, int64, error) {
	allowed := control.Verdict{Action: string(rules.Allow)}
	f, err := openPlain(path)
	if err != nil {
		return allowed, 0, nil // it is gone, a link, or no file
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 || !mayRead(info, by.UID) {
		return allowed, 0, nil // what the person may not read does not leave with them
	}
	content := rules.Content{Status: rules.Unreadable, Reason: rules.TooLarge}
	if info.Size() <= most {
		if content, err = j.engine().Scan(ctx, info.Name(), f, info.Size()); err != nil && ctx.Err() == nil {
			return allowed, 0, fmt.Errorf("look at a copied file: %w", err)
		} else if err != nil {
			content = rules.Content{Status: rules.Unreadable, Reason: rules.TimedOut}
		}
	}
	if content.Status == rules.Clean {
		return allowed, info.Size(), nil
	}
	a := activity.Activity{
		Time: time.Now().UTC(), Channel: activity.Clipboard, Operation: activity.CopyFile,
		Actor:   j.known(activity.Actor{UID: by.UID, Program: program}),
		Subject: activity.Subject{Name: info.Name(), Source: path, Size: info.Size(), Type: content.Type},
	}
	v, err := j.clipVerdict(ctx, a, content, j.approval(a, func() (string, error) { return sha256Of(ctx, f, info.Size()) }))
	return v, info.Size(), err
}

// clipText decides about text, or about the names of files.
func (j *Judge) clipText(ctx context.Context, by control.Caller, c control.Clip) (control.Verdict, error) {
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
	return j.clipVerdict(ctx, a, content, j.approval(a, func() (string, error) {
		return sha256Of(ctx, textReader(text), int64(len(text)))
	}))
}

// clipVerdict decides, and prepares the record where there is to be one.
func (j *Judge) clipVerdict(ctx context.Context, a activity.Activity, content rules.Content, approval *approval) (control.Verdict, error) {
	policy := j.Policy()
	claim := j.Ledger.Claim(a.Actor.UID, clipboardKey, a.Time, content.Summary.PeopleKeys)
	defer claim.Drop()
	situation := j.situation(policy, claim.Total)
	d := rules.Decide(policy, a, content, situation)
	if d.Action.Stops() && approval.covers(content) {
		if verdict, d := j.letThrough(ctx, a, content, d, situation, approval); verdict == guard.Allow {
			return control.Verdict{Action: string(d.Action)}, nil
		}
	}
	v := control.Verdict{Action: string(d.Action), Clear: d.Action.Stops()}
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
	i.Decision.GrantFailed = approval.failed()
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
