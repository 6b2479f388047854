// Package repair puts right what a service that ended badly has left behind, where
// no service is running: the packet filter that closed internal systems off, the
// dead end of a guard on a medium, drives that are still read-only or without their letter, a control
// socket nobody listens at. It takes only what is ours and tells what it did. A
// medium whose guard is dead stays read-only until it is guarded or plugged in
// anew. On a machine of a fleet it opens nothing unless the policy says so, and
// gives no drive back: that is for the service to decide.
package repair

import (
	"context"
	"errors"
	"fmt"

	"github.com/trustline/trustline/agent/enforce/drives"
	"github.com/trustline/trustline/agent/guard/letters"
)

// ErrRunning: a service is running; it looks after these things itself.
var ErrRunning = errors.New("the service is running")

// Setup is what the service on this machine runs with.
type Setup struct {
	State  string // folder of the service's data
	Socket string
	// Enrolled: the machine is one of a fleet.
	Enrolled bool
	// Running tells whether a service answers at the socket.
	Running func(ctx context.Context, socket string) bool
}

// Outcome is how a repair ended.
type Outcome string

// The outcomes.
const (
	Nothing  Outcome = "nothing"  // there was nothing to repair
	Repaired Outcome = "repaired" // and is no more
	Left     Outcome = "left"     // for the service: start it
	Failed   Outcome = "failed"
)

// Step is one repair. ID is stable: "isolation", "mounts", "drives", "letters",
// "socket".
type Step struct {
	ID      string  `json:"id"`
	Outcome Outcome `json:"outcome"`
	Count   int     `json:"count,omitempty"` // of what was repaired or left
	Error   string  `json:"error,omitempty"`
}

// Run repairs what there is to repair, and answers each step. The error is
// ErrRunning, and then nothing was touched.
func Run(ctx context.Context, s Setup) ([]Step, error) {
	if s.Running(ctx, s.Socket) {
		return nil, fmt.Errorf("repair: %w", ErrRunning)
	}
	var steps []Step
	for _, r := range repairs() {
		step := Step{ID: r.id}
		var err error
		if step.Outcome, step.Count, err = r.do(s); err != nil {
			step.Outcome, step.Error = Failed, err.Error()
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// repairOf is one repair.
type repairOf struct {
	id string
	do func(Setup) (Outcome, int, error)
}

func repairs() []repairOf {
	list := []repairOf{{"isolation", isolation}, {"mounts", mounts}, {"socket", socket}}
	if drives.Supported {
		list[1] = repairOf{"drives", readOnlyDrives}
	}
	if letters.Supported {
		list = append(list, repairOf{"letters", takenLetters})
	}
	return list
}
