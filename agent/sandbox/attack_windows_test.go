package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

func attackAll() {}

// attack tries what a worker that was taken over would, and says what came of it.
func attack() {
	if err := confine(testMemory); err != nil {
		fmt.Println("not confined:", err)
		return
	}
	fmt.Println("in a job:", inJob())
	fmt.Println("privileges:", privileges())
	err := exec.Command(os.Args[0], "worker-dead").Start()
	fmt.Println("another program:", err == nil)
}

func inJob() bool {
	var in int32
	ask := windows.NewLazySystemDLL("kernel32.dll").NewProc("IsProcessInJob")
	ok, _, _ := ask.Call(uintptr(windows.CurrentProcess()), 0, uintptr(unsafe.Pointer(&in)))
	return ok != 0 && in != 0
}

// privileges counts those that are switched on.
func privileges() (n int) {
	token := windows.GetCurrentProcessToken()
	var size uint32
	_ = windows.GetTokenInformation(token, windows.TokenPrivileges, nil, 0, &size)
	if size == 0 {
		return -1
	}
	b := make([]byte, size)
	if err := windows.GetTokenInformation(token, windows.TokenPrivileges, &b[0], size, &size); err != nil {
		return -1
	}
	for _, p := range (*windows.Tokenprivileges)(unsafe.Pointer(&b[0])).AllPrivileges() {
		if p.Attributes&windows.SE_PRIVILEGE_ENABLED != 0 {
			n++
		}
	}
	return n
}

func TestWindowsWorkerIsConfined(t *testing.T) {
	out, err := exec.Command(os.Args[0], "worker-attack").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	wants := []string{"in a job: true", "privileges: 0"}
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() != nil {
		wants = append(wants, "another program: false") // Wine counts no processes
	}
	for _, want := range wants {
		if !strings.Contains(string(out), want) {
			t.Errorf("want %q", want)
		}
	}
}
