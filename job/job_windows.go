package job

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Job is a job as long as it is held.
type Job struct{ handle windows.Handle }

// Bounds are what the processes of a job are held to.
type Bounds = windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION

// New makes a job.
func New(bounds Bounds) (Job, error) {
	handle, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return Job{}, fmt.Errorf("make a job: %w", err)
	}
	j := Job{handle}
	if _, err := windows.SetInformationJobObject(handle, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&bounds)), uint32(unsafe.Sizeof(bounds))); err != nil {
		return Job{}, errors.Join(fmt.Errorf("bound the job: %w", err), j.Close())
	}
	return j, nil
}

// Ending makes a job whose processes end with its last handle: with Close, or with
// this process. What they start is not in it.
func Ending() (Job, error) {
	return New(Bounds{BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
		LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK,
	}})
}

// Restrict keeps the processes of the job from what a desktop offers (JOB_OBJECT_UILIMIT_…).
func (j Job) Restrict(desktop uint32) error {
	of := windows.JOBOBJECT_BASIC_UI_RESTRICTIONS{UIRestrictionsClass: desktop}
	if _, err := windows.SetInformationJobObject(j.handle, windows.JobObjectBasicUIRestrictions, uintptr(unsafe.Pointer(&of)), uint32(unsafe.Sizeof(of))); err != nil {
		return fmt.Errorf("keep the job from the desktop: %w", err)
	}
	return nil
}

// Take puts a process into the job.
func (j Job) Take(process windows.Handle) error {
	if err := windows.AssignProcessToJobObject(j.handle, process); err != nil {
		return fmt.Errorf("put a process into the job: %w", err)
	}
	return nil
}

// TakePID puts the process of a number into the job.
func (j Job) TakePID(pid int) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return fmt.Errorf("open a process for the job: %w", err)
	}
	return errors.Join(j.Take(process), windows.CloseHandle(process))
}

// Close lets go of the job.
func (j Job) Close() error { return windows.CloseHandle(j.handle) }
