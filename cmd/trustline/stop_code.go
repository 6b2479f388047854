package main

import (
	"context"
	"errors"
	"time"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/message"
)

// sending bounds the wait for what the service has recorded to reach the
// console before it is removed.
const sending = 10 * time.Second

// permitted makes sure that the service may be stopped or removed: on a machine
// of a fleet that takes a code from the security team.
func (t *terminal) permitted(ctx context.Context, permits, code, config string) error {
	if permits == "" {
		return nil
	}
	c, err := agent.LoadConfig(config)
	if err != nil {
		c = agent.DefaultConfig() // a broken configuration keeps nobody from stopping
	}
	client, err := control.Dial(ctx, c.Socket)
	switch {
	case errors.Is(err, control.ErrNotRunning), errors.Is(err, errors.ErrUnsupported):
		if _, _, err := identity.Shown(c.State); err == nil && permits == control.PermitUninstall {
			return errors.New(t.Text("stop.start-first"))
		}
		return nil
	case err != nil:
		return errors.New(t.unreachable(c.Socket, err))
	}
	defer client.Close()
	var answer control.StopAnswer
	err = client.Ask(ctx, control.AskStop, control.Stop{Permits: permits, Code: code}, &answer)
	var no control.Refusal
	switch {
	case errors.As(err, &no) && t.Has("stop.refused."+string(no)):
		return errors.New(t.Text("stop.refused." + string(no)))
	case errors.Is(err, control.ErrRefused):
		return nil // a service of a version that asks for no code
	case err != nil:
		return errors.New(t.unreachable(c.Socket, err))
	case !answer.Permitted:
		return errors.New(t.Text("stop.code-needed", message.Args{"Challenge": answer.Challenge, "Command": permits}))
	}
	if permits == control.PermitUninstall {
		sent(ctx, client)
	}
	return nil
}

// sent waits until everything recorded has reached the console, for a while.
func sent(ctx context.Context, client *control.Client) {
	for end := time.Now().Add(sending); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		s, err := client.Status(ctx)
		if err != nil || s.Spool == nil || s.Spool.Depth == 0 {
			return
		}
	}
}
