package sandbox

import (
	"errors"
	"fmt"
	"image"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

var parent = os.Getppid()

// attacks are what a taken-over worker would try.
var attacks = map[string]func() error{
	"read a file":      func() error { _, err := os.ReadFile("/etc/passwd"); return err },
	"write a file":     func() error { return os.WriteFile("/tmp/trustline-attack", nil, 0o600) },
	"list a folder":    func() error { _, err := os.ReadDir("/"); return err },
	"look at a file":   func() error { _, err := os.Stat("/etc/passwd"); return err },
	"open by number":   func() error { _, err := unix.Openat2(unix.AT_FDCWD, "/etc/passwd", &unix.OpenHow{}); return err },
	"read its memory":  func() error { _, err := os.ReadFile("/proc/self/maps"); return err },
	"delete":           func() error { return os.Remove("/tmp/trustline-attack") },
	"start a program":  func() error { return exec.Command("/bin/true").Run() },
	"become a program": func() error { return syscall.Exec("/bin/true", []string{"true"}, nil) },
	"fork": func() error {
		_, _, e := syscall.RawSyscall(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0)
		return errno(e)
	},
	"connect":            func() error { _, err := net.Dial("tcp", "127.0.0.1:22"); return err },
	"local socket":       func() error { _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); return err },
	"netlink":            func() error { _, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0); return err },
	"signal its parent":  func() error { return syscall.Kill(parent, syscall.SIGTERM) },
	"signal by thread":   func() error { return unix.Tgkill(parent, parent, 0) },
	"trace its parent":   func() error { return syscall.PtraceAttach(parent) },
	"mount":              func() error { return unix.Mount("none", "/mnt", "tmpfs", 0, "") },
	"new user namespace": func() error { return unix.Unshare(unix.CLONE_NEWUSER) },
	"load a program":     func() error { _, err := unix.MemfdCreate("x", 0); return err },
	"io_uring":           func() error { _, _, e := syscall.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0); return errno(e) },
	"bpf":                func() error { _, _, e := syscall.Syscall(unix.SYS_BPF, 0, 0, 0); return errno(e) },
	"memory of parent": func() error {
		_, _, e := syscall.Syscall6(unix.SYS_PROCESS_VM_READV, uintptr(parent), 0, 0, 0, 0, 0)
		return errno(e)
	},
	"regain rights":    func() error { return unix.Setuid(0) },
	"raise its limits": func() error { return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: 1 << 40, Max: 1 << 40}) },
}

func errno(e syscall.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}

// attack confines itself and then tries everything, a line each.
func attack() {
	load(os.Args[2], nil)
	if err := confine(testMemory); err != nil {
		fmt.Println("not confined:", err)
		os.Exit(1)
	}
	fmt.Println("confined")
	attackAll()
}

func attackAll() {
	for name, try := range attacks {
		fmt.Printf("%s\t%v\n", name, try())
	}
}

// TestAttacks checks that each of them is refused by the confinement, not by
// chance.
func TestAttacks(t *testing.T) {
	c := command("worker-attack", newSandboxReady(t).ready())
	p := exec.Command(c[0], c[1:]...)
	p.Dir = "/"
	p.SysProcAttr = attributes()
	out, err := p.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	checkAttacks(t, string(out))
}

// TestAttacksOfProgram puts a program in the place of tesseract that tries the
// same. That a file is there it may learn, not what stands in it.
func TestAttacksOfProgram(t *testing.T) {
	page := image.NewGray(image.Rect(0, 0, 100, 100))
	program := command("worker-honest")
	out, err := Tesseract{Program: forEverybody(t, program[0]), Data: "/usr/share/doc", Languages: []string{"none"}}.read(t.Context(), program, page)
	if err != nil {
		t.Fatal(err)
	}
	checkAttacks(t, out, "look at a file")
}

// forEverybody copies a program to where any account may start it.
func forEverybody(t *testing.T, program string) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "trustline-attack-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	content, err := os.ReadFile(program)
	if err = errors.Join(err, os.Chmod(folder, 0o755), os.WriteFile(filepath.Join(folder, "program"), content, 0o755)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "program")
}

func checkAttacks(t *testing.T, out string, allowed ...string) {
	t.Helper()
	answers := map[string]string{}
	for line := range strings.Lines(out) {
		name, answer, _ := strings.Cut(strings.TrimSpace(line), "\t")
		answers[name] = answer
	}
	for name := range attacks {
		answer, tried := answers[name]
		if slices.Contains(allowed, name) {
			continue
		}
		if !tried || !strings.Contains(answer, "operation not permitted") && !strings.Contains(answer, "permission denied") {
			t.Errorf("%s: %q", name, answer)
		}
	}
}
