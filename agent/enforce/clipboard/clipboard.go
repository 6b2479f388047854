// Package clipboard takes off the clipboard of one session what the service
// says must not be there. It runs in the session helper, as the person. It
// decides nothing and keeps nothing: without the service it leaves the
// clipboard alone.
package clipboard

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/trustline/trustline/agent/control"
	sensor "github.com/trustline/trustline/agent/sensor/clipboard"
)

const (
	// askFor bounds one question to the service: the next copy waits for it.
	askFor = 30 * time.Second
	// clearFor bounds taking one copy off the clipboard.
	clearFor = 3 * time.Second

	// A session whose clipboard cannot be watched any more is tried again:
	// most likely it is about to end.
	againFirst = time.Second
	againMost  = time.Minute
)

// Clipboard is the clipboard of the session the process runs in.
type Clipboard struct {
	Socket      string // of the service
	Environment func(string) string
	Log         *slog.Logger

	mu     sync.Mutex
	reason string // last said why the service cannot be asked
}

// Keep has every copy judged until the context ends or it is clear that the
// session has no clipboard to be watched.
func (c *Clipboard) Keep(ctx context.Context) {
	files := newQueue()
	var wg sync.WaitGroup
	defer wg.Wait()
	looking, stop := context.WithCancel(ctx)
	defer stop()
	wg.Go(func() { c.lookAtFiles(looking, files.waiting) })
	wg.Go(func() { c.tellOfGivenUp(looking, files) })
	c.watch(ctx, files)
}

func (c *Clipboard) watch(ctx context.Context, files *queue) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = againFirst, againMost
	for {
		s := sensor.New(c.Environment, c.Log)
		err := s.Watch(ctx, func(copied sensor.Copy) { c.judge(ctx, s, copied, files) })
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errors.ErrUnsupported):
			c.Log.Info("the clipboard is not watched", "reason", err)
			return
		}
		c.Log.Warn("the clipboard is not watched for now", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait.NextBackOff()):
		}
	}
}

// judge asks the service about one copy and does what it says. What stands in
// files is looked at afterwards.
func (c *Clipboard) judge(ctx context.Context, s *sensor.Sensor, copied sensor.Copy, files *queue) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	verdict, err := c.ask(ctx, s, copied)
	if err != nil {
		c.complain(err)
		return
	}
	c.complain(nil)
	c.Log.Info("a copy was judged", "action", verdict.Action, "incident", verdict.Incident, "after", time.Since(copied.Time))
	if len(copied.Files) > 0 && !verdict.Clear {
		files.put(lookup{sensor: s, copied: copied})
	}
}

// complain says why what is copied is not judged: one line per reason, not per
// copy.
func (c *Clipboard) complain(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	if reason != c.reason && reason != "" {
		c.Log.Warn("what is copied is not judged", "reason", reason)
	}
	c.reason = reason
}

func (c *Clipboard) ask(ctx context.Context, s *sensor.Sensor, copied sensor.Copy) (control.Verdict, error) {
	client, err := control.Dial(ctx, c.Socket)
	if err != nil {
		return control.Verdict{}, err
	}
	defer client.Close()
	clip := control.Clip{Text: copied.Text, Files: copied.Files, Program: copied.Source.Program, Incomplete: copied.Incomplete}
	return client.Clip(ctx, clip, func(ctx context.Context) bool { return c.clear(ctx, s, copied) })
}

// clear takes the copy off and answers whether it is gone by our doing; what
// was replaced meanwhile may have been pasted.
func (c *Clipboard) clear(ctx context.Context, s *sensor.Sensor, copied sensor.Copy) bool {
	ctx, cancel := context.WithTimeout(ctx, clearFor)
	defer cancel()
	switch err := s.Clear(ctx, copied); {
	case err == nil:
		return true
	case errors.Is(err, sensor.ErrReplaced):
		c.Log.Info("the copy was replaced before it could be taken off")
	default:
		c.Log.Warn("a copy is not taken off the clipboard", "error", err)
	}
	return false
}
