package agent

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
)

// ClipFile decides about a copied file by its content, which the helper has
// read as the person and handed over: the service may read more than they may,
// and what it would open could be a device, or a file system of theirs that
// never answers. What came is looked at from a file of the service's own that
// has no name and is gone afterwards.
func (j *Judge) ClipFile(ctx context.Context, by control.Caller, c control.ClipFile) (control.Verdict, error) {
	f, err := guard.Unnamed(j.Scratch)
	if err != nil {
		return control.Verdict{}, fmt.Errorf("make room for a copied file: %w", err)
	}
	defer f.Close()
	size, err := io.Copy(f, c.Content)
	if err != nil {
		return control.Verdict{}, fmt.Errorf("take a copied file: %w", err)
	}
	name := filepath.Base(c.Path)
	content, err := j.engine().Scan(ctx, name, f, size)
	if err != nil && ctx.Err() == nil {
		return control.Verdict{}, fmt.Errorf("look at a copied file: %w", err)
	}
	if err != nil {
		content = rules.Content{Status: rules.Unreadable, Reason: rules.TimedOut}
	}
	incomplete := c.Content.Incomplete()
	if content = withheld(content, incomplete); content.Status == rules.Clean {
		return control.Verdict{Action: string(rules.Allow)}, nil
	}
	a := activity.Activity{
		Time: time.Now().UTC(), Channel: activity.Clipboard, Operation: activity.CopyFile,
		Actor:   j.known(activity.Actor{UID: by.UID, Program: c.Program}),
		Subject: activity.Subject{Name: name, Said: c.Path, Size: size, Type: content.Type},
	}
	if incomplete != "" {
		a.Subject.Size, a.Subject.Begun = -1, true
		return j.clipVerdict(ctx, a, content, j.approval(a, nil))
	}
	sum := func() (string, error) {
		var err error
		if a.Subject.SHA256 == "" {
			a.Subject.SHA256, err = sha256Of(ctx, f, size)
		}
		return a.Subject.SHA256, err
	}
	return j.clipVerdict(ctx, a, content, j.approval(a, sum))
}
