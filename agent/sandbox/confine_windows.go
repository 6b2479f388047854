package sandbox

import (
	"fmt"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/job"
)

func attributes() *syscall.SysProcAttr { return nil }

// confine puts this process into a job of its own, which bounds its memory, lets
// it start no other program and keeps it away from the desktop and its clipboard,
// and gives up every privilege of its account. The file system and the network
// stay open to it, as far as they are to the account. memory is in bytes.
func confine(memory int64) error {
	debug.SetMemoryLimit(memory * 3 / 4)
	// The job lives as long as the handle of it, which is never closed: that is as
	// long as the process.
	own, err := job.New(job.Bounds{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_PROCESS_MEMORY | windows.JOB_OBJECT_LIMIT_ACTIVE_PROCESS |
				windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
			ActiveProcessLimit: 1,
		},
		ProcessMemoryLimit: uintptr(memory),
	})
	if err != nil {
		return err
	}
	if err := own.Restrict(everyDesktopRight); err != nil {
		return err
	}
	if err := own.Take(windows.CurrentProcess()); err != nil {
		return err
	}
	return dropPrivileges()
}

const everyDesktopRight = windows.JOB_OBJECT_UILIMIT_DESKTOP | windows.JOB_OBJECT_UILIMIT_DISPLAYSETTINGS | windows.JOB_OBJECT_UILIMIT_EXITWINDOWS |
	windows.JOB_OBJECT_UILIMIT_GLOBALATOMS | windows.JOB_OBJECT_UILIMIT_HANDLES | windows.JOB_OBJECT_UILIMIT_READCLIPBOARD |
	windows.JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS | windows.JOB_OBJECT_UILIMIT_WRITECLIPBOARD

// dropPrivileges leaves nothing that the service's account may do beyond others,
// such as reading past access lists.
func dropPrivileges() error {
	var token windows.Token
	if err := windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_ADJUST_PRIVILEGES|windows.TOKEN_QUERY, &token); err != nil {
		return fmt.Errorf("look at the account's privileges: %w", err)
	}
	defer func() { _ = token.Close() }()
	if err := windows.AdjustTokenPrivileges(token, true, nil, 0, nil, nil); err != nil {
		return fmt.Errorf("give up the account's privileges: %w", err)
	}
	return nil
}
