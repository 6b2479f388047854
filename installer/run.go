package installer

import (
	"context"
	"fmt"

	"github.com/kardianos/service"
)

// Run runs the program until the context ends or, where it was started by the
// system's service manager, until that says stop, or, with the cause shutdown,
// that the machine goes down. It answers what the program
// answered, so that a service that fails ends with an error and is started
// again.
func Run(ctx context.Context, c Config, shutdown error, program func(context.Context) error) error {
	// systemd talks in signals, which end the context; so does a terminal.
	if service.Interactive() || service.Platform() == "linux-systemd" {
		return program(ctx)
	}
	w := &wrapper{program: program, ctx: ctx, shutdown: shutdown, done: make(chan struct{})}
	s, err := Service(c, w)
	if err != nil {
		return program(ctx)
	}
	if err := s.Run(); err != nil {
		return fmt.Errorf("run as a service: %w", err)
	}
	return w.err
}

// wrapper is a program with a context as kardianos/service wants it.
type wrapper struct {
	program func(context.Context) error
	ctx     context.Context // of the process, from which that of the run is made

	shutdown error // the cause of an end with the machine
	cancel   context.CancelCauseFunc
	done     chan struct{}
	err      error // valid once done is closed
}

// Start starts the program and returns at once.
func (w *wrapper) Start(s service.Service) error {
	ctx, cancel := context.WithCancelCause(w.ctx)
	w.cancel = cancel
	go func() {
		defer close(w.done)
		w.err = w.program(ctx)
		if ctx.Err() == nil { // it ended by itself: have the manager end the process
			go s.Stop()
		}
	}()
	return nil
}

// Stop ends the program and waits for it.
func (w *wrapper) Stop(service.Service) error { return w.end(nil) }

// Shutdown does the same because the machine goes down.
func (w *wrapper) Shutdown(service.Service) error { return w.end(w.shutdown) }

func (w *wrapper) end(cause error) error {
	w.cancel(cause)
	<-w.done
	return nil
}
