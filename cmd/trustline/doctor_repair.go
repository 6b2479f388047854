package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/doctor"
	"github.com/trustline/trustline/agent/identity"
	"github.com/trustline/trustline/agent/repair"
	"github.com/trustline/trustline/message"
)

// answering bounds how long a service may take to say that it runs.
const answering = 3 * time.Second

// repair puts right what a service that ended badly has left behind.
func (t *terminal) repair(ctx context.Context, s doctor.Setup, asJSON bool) error {
	if os.Geteuid() > 0 {
		return errors.New(t.Text("repair.need-root"))
	}
	_, _, err := identity.Shown(s.State)
	steps, err := repair.Run(ctx, repair.Setup{State: s.State, Socket: s.Socket, Enrolled: err == nil, Running: serviceRuns})
	if errors.Is(err, repair.ErrRunning) {
		return errors.New(t.Text("repair.running"))
	}
	if err != nil {
		return err
	}
	failed := false
	for _, step := range steps {
		failed = failed || step.Outcome == repair.Failed || step.Outcome == repair.Left
		if asJSON {
			err = json.NewEncoder(t.out).Encode(step)
		} else {
			_, err = fmt.Fprintln(t.out, t.Text("repair."+step.ID+"."+string(step.Outcome), message.Args{"Count": step.Count, "Error": harmless(step.Error)}))
		}
		if err != nil {
			return fmt.Errorf("print what was repaired: %w", err)
		}
	}
	if failed {
		return exitStatus(exitMissing)
	}
	return nil
}

// serviceRuns tells whether a service answers at a socket, in whatever way.
func serviceRuns(ctx context.Context, socket string) bool {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	client, err := control.Dial(ctx, socket)
	if err == nil {
		client.Close()
	}
	return err == nil || !errors.Is(err, control.ErrNotRunning) && !errors.Is(err, errors.ErrUnsupported)
}
