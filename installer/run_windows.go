package installer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

// Run runs the program until the context ends or, where Windows' service manager
// started this process, until that says stop, or, with the cause shutdown, that
// the machine goes down. Unheard says that nobody reads what the program writes
// to standard error. The error is what the program answered.
//
// A service's program runs in a process of its own, which ends with the service's:
// what it uses may want to speak with the service manager itself, as WinFsp's FUSE
// layer does, and a process can do that once.
//
// The service manager has the last word on whether it started this process. It is
// asked only where the parent looks like it, as Wine answers others after half a
// minute.
func Run(ctx context.Context, shutdown error, program func(ctx context.Context, unheard bool) error) error {
	if os.Getenv(inner) != "" {
		_ = os.Unsetenv(inner) // what it starts is no service's program
		return runInner(ctx, os.Stdin, shutdown, program)
	}
	if !byManager() {
		return program(ctx, false)
	}
	h := &handler{ctx: ctx, shutdown: shutdown, program: func(ctx context.Context) error { return runOuter(ctx, shutdown) }}
	err := svc.Run(Name, h)
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		return program(ctx, false)
	}
	if err != nil {
		return fmt.Errorf("run as a service: %w", err)
	}
	return h.err
}

// byManager tells whether the parent is the service manager by its name. The
// library's answer asks for session 0 as well, which Wine does not number so.
func byManager() bool {
	parent, err := process.NewProcess(int32(os.Getppid()))
	if err != nil {
		return false
	}
	name, err := parent.Name()
	return err == nil && strings.EqualFold(name, "services.exe")
}

// patience is how long the service manager is asked to wait for an end.
const patience = 30 * time.Second

// failed is what the service manager is told of a program that ended by itself.
const failed = 1

// handler is a program as the service manager runs it.
type handler struct {
	ctx      context.Context // of the process, from which that of the run is made
	shutdown error           // the cause of an end with the machine
	program  func(context.Context) error
	err      error // valid once Execute has returned
}

// Execute runs the program and does what the service manager says. A program
// that ends by itself is a failure, whatever it answers: the service manager
// then starts it again.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, states chan<- svc.Status) (specific bool, code uint32) {
	states <- svc.Status{State: svc.StartPending}
	ctx, cancel := context.WithCancelCause(h.ctx)
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() { ended <- h.program(ctx) }()
	states <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	for {
		select {
		case h.err = <-ended:
			return true, failed
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				states <- r.CurrentStatus
			case svc.Stop:
				return h.end(states, ended, cancel, nil)
			case svc.Shutdown:
				return h.end(states, ended, cancel, h.shutdown)
			}
		}
	}
}

func (h *handler) end(states chan<- svc.Status, ended <-chan error, cancel context.CancelCauseFunc, cause error) (bool, uint32) {
	states <- svc.Status{State: svc.StopPending, WaitHint: uint32(patience.Milliseconds())}
	cancel(cause)
	if h.err = <-ended; h.err != nil {
		return true, failed
	}
	return false, 0
}

// recovery has the service manager start the service again a second after it
// has ended in any way but being told to, also with an error of its own, which
// neither MSI nor kardianos/service can say.
func recovery() error {
	m, err := mgr.Connect()
	if err != nil {
		return fmt.Errorf("use the service manager: %w", err)
	}
	defer func() { _ = m.Disconnect() }()
	s, err := m.OpenService(Name)
	if err != nil {
		return fmt.Errorf("open the service: %w", err)
	}
	defer func() { _ = s.Close() }()
	restart := []mgr.RecoveryAction{{Type: mgr.ServiceRestart, Delay: time.Second}}
	err = errors.Join(s.SetRecoveryActions(restart, 24*60*60), s.SetRecoveryActionsOnNonCrashFailures(true))
	if err != nil {
		return fmt.Errorf("have the service started again after a failure: %w", err)
	}
	return nil
}
