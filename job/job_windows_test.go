package job

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// waiting names the environment variable of a process that waits for its end.
const waiting = "TRUSTLINE_TEST_JOB"

// The processes of a job end with it, those of no job do not.
func TestProcessesEndWithTheirJob(t *testing.T) {
	if os.Getenv(waiting) != "" {
		time.Sleep(time.Minute)
		return
	}
	j, err := Ending()
	if err != nil {
		t.Fatal(err)
	}
	inside, outside := another(t), another(t)
	if err := j.TakePID(inside.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if err := j.TakePID(0); err == nil {
		t.Error("no process is in the job")
	}
	if ended(inside, 300) {
		t.Fatal("it ended before its job")
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if !ended(inside, 10_000) {
		t.Error("it goes on")
	}
	if ended(outside, 300) {
		t.Error("a process of no job ended")
	}
	if j.Take(windows.CurrentProcess()) == nil {
		t.Error("a job that is let go of took a process")
	}
}

func another(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcessesEndWithTheirJob$")
	cmd.Env = append(os.Environ(), waiting+"=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

func ended(cmd *exec.Cmd, milliseconds uint32) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(cmd.Process.Pid))
	if err != nil {
		return true
	}
	defer windows.CloseHandle(h)
	state, err := windows.WaitForSingleObject(h, milliseconds)
	return err == nil && state == windows.WAIT_OBJECT_0
}
