package installer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
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
	job, err := endingJob()
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(job) }()
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
	joined := join(job, cmd.Process.Pid)
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

// endingJob makes the job that ends its processes with its last handle, ours. What
// they start is not in it: they have their own ways for that.
func endingJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("make a job for the service's program: %w", err)
	}
	bounds := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK,
		},
	}
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&bounds)), uint32(unsafe.Sizeof(bounds))); err != nil {
		return 0, errors.Join(fmt.Errorf("bound the job of the service's program: %w", err), windows.CloseHandle(job))
	}
	return job, nil
}

func join(job windows.Handle, pid int) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err == nil {
		err = errors.Join(windows.AssignProcessToJobObject(job, process), windows.CloseHandle(process))
	}
	if err != nil {
		return fmt.Errorf("have the service's program end with the service: %w", err)
	}
	return nil
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
