package installer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/job"
)

// inner names the environment variable that a service's own process is told by.
const inner = "TRUSTLINE_SERVICE"

// What the service's process tells the one it runs, on its standard input.
const (
	sayStop     = 's'
	sayShutdown = 'd'
)

// runOuter runs this program once more, until the context ends and then it. It
// ends with this process, however that ends.
func runOuter(ctx context.Context, shutdown error) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	ending, err := job.Ending()
	if err != nil {
		return fmt.Errorf("have the service's program end with the service: %w", err)
	}
	defer func() { _ = ending.Close() }()
	cmd := exec.Command(exe, os.Args[1:]...)
	cmd.Env = append(os.Environ(), inner+"=1")
	// Without a console nobody tells it that some person has logged off, which ends programs.
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS}
	orders, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("run the service's program: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run the service's program: %w", err)
	}
	joined := ending.TakePID(cmd.Process.Pid)
	if joined != nil {
		_ = cmd.Process.Kill() // what would outlive the service does not run at all
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return errors.Join(joined, fmt.Errorf("the service's program has ended: %w", orNil(err)))
	case <-ctx.Done():
		order := byte(sayStop)
		if errors.Is(context.Cause(ctx), shutdown) {
			order = sayShutdown
		}
		_, _ = orders.Write([]byte{order}) // it may have ended meanwhile
		return <-ended
	}
}

// errByItself: a service's program does not end unless it is told to.
var errByItself = errors.New("without being told to")

func orNil(err error) error {
	if err == nil {
		return errByItself
	}
	return err
}

// runInner runs the program until the service's process says that it ends, or is
// gone itself.
func runInner(ctx context.Context, orders io.Reader, shutdown error, program func(ctx context.Context, unheard bool) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		order := make([]byte, 1)
		if _, err := io.ReadFull(orders, order); err == nil && order[0] == sayShutdown {
			cancel(shutdown)
			return
		}
		cancel(nil)
	}()
	return program(ctx, true)
}
