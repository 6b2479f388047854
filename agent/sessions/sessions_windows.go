package sessions

import (
	"context"
	"fmt"
	"log/slog"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/account"
	"github.com/trustline/trustline/job"
)

// Keep runs the command, the session helper with its arguments, in the session
// of every person who is logged on, until the context ends; when it answers none
// of them runs any more. It needs the system's own account. They also end with
// this process, however that ends; what they have started, such as a browser, does not.
func Keep(ctx context.Context, command []string, log *slog.Logger) error {
	ending, err := job.Ending()
	if err != nil {
		return fmt.Errorf("have session helpers end with the service: %w", err)
	}
	defer func() { _ = ending.Close() }()
	keep(ctx, desktops{job: ending, line: windows.ComposeCommandLine(command)}, log)
	return nil
}

// desktops starts helpers on the desktops of sessions.
type desktops struct {
	job  job.Job
	line string
}

func (desktops) people() ([]uint32, error) { return account.Sessions() }

func (d desktops) start(session uint32) (process, error) {
	var token windows.Token
	if err := windows.WTSQueryUserToken(session, &token); err != nil {
		return nil, fmt.Errorf("act as the person: %w", err)
	}
	defer func() { _ = token.Close() }()
	var environment *uint16
	if err := windows.CreateEnvironmentBlock(&environment, token, false); err != nil {
		return nil, fmt.Errorf("make the person's environment: %w", err)
	}
	defer func() { _ = windows.DestroyEnvironmentBlock(environment) }()
	// A program's folder cannot be removed while somebody works in it.
	folder, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, fmt.Errorf("find the system's folder: %w", err)
	}
	made, err := d.suspended(token, environment, folder)
	if err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	defer func() { _ = windows.CloseHandle(made.Thread) }()
	h := helper{made.Process}
	if err := d.job.Take(made.Process); err != nil {
		h.end()
		return nil, fmt.Errorf("have it end with the service: %w", err)
	}
	if _, err := windows.ResumeThread(made.Thread); err != nil {
		h.end()
		return nil, fmt.Errorf("let it run: %w", err)
	}
	return h, nil
}

// suspended makes a process that has not begun, without a window of its own and
// with none of our handles.
func (d desktops) suspended(token windows.Token, environment *uint16, folder string) (windows.ProcessInformation, error) {
	var made windows.ProcessInformation
	line, err := windows.UTF16PtrFromString(d.line)
	if err != nil {
		return made, err
	}
	at, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return made, err
	}
	desktop, err := windows.UTF16PtrFromString(`winsta0\default`)
	if err != nil {
		return made, err
	}
	begin := windows.StartupInfo{Desktop: desktop}
	begin.Cb = uint32(unsafe.Sizeof(begin))
	const flags = windows.CREATE_SUSPENDED | windows.CREATE_NO_WINDOW | windows.CREATE_UNICODE_ENVIRONMENT
	err = windows.CreateProcessAsUser(token, nil, line, nil, nil, false, flags, environment, at, &begin, &made)
	return made, err
}

// helper is a session helper that was started.
type helper struct{ process windows.Handle }

func (h helper) ended() bool {
	state, err := windows.WaitForSingleObject(h.process, 0)
	return err != nil || state == windows.WAIT_OBJECT_0
}

// patience is how long the end of a process that was ended is waited for.
const patience = 10 * time.Second

func (h helper) end() {
	_ = windows.TerminateProcess(h.process, 0) // it may have ended
	_, _ = windows.WaitForSingleObject(h.process, uint32(patience.Milliseconds()))
	_ = windows.CloseHandle(h.process)
}
