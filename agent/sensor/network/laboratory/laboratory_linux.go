// Package laboratory is a small world of networks for tests: a laptop with one
// Wi-Fi interface, access points of a company, a café and a home, a server
// inside the company, a way into it by VPN, and NetworkManager. All of it lies
// in network namespaces that end with the test process; nothing outside them
// is reached or changed. It is for tests only.
package laboratory

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// within marks the process that lives in the laboratory.
const within = "TRUSTLINE_LABORATORY"

// Main runs a package's tests in a laptop's place: in a network namespace and
// a mount namespace of their own. Call it from TestMain.
func Main(m *testing.M) int {
	if os.Geteuid() != 0 || fuzzing() {
		return m.Run() // each test says what it misses
	}
	if os.Getenv(within) == "" {
		return enter()
	}
	if err := settle(); err != nil {
		fmt.Fprintln(os.Stderr, "make the laboratory:", err)
		return 1
	}
	return m.Run()
}

// fuzzing tells whether this is a run of a fuzzer, which has descriptors of
// its own to hand down and needs no network.
func fuzzing() bool {
	return slices.ContainsFunc(os.Args[1:], func(a string) bool {
		return strings.HasPrefix(a, "-test.fuzz=") || strings.HasPrefix(a, "-test.fuzzworker")
	})
}

func enter() int {
	runtime.LockOSThread() // the child ends with this thread
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), within+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState == nil {
			fmt.Fprintln(os.Stderr, "make the laboratory:", err)
		}
		return 1
	}
	return 0
}

// settle keeps mounts to ourselves and shows the namespace's own interfaces
// in /sys.
func settle() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := os.MkdirAll("/run/netns", 0o755); err != nil {
		return err
	}
	for target, kind := range map[string]string{"/run/netns": "tmpfs", "/sys": "sysfs"} {
		if err := unix.Mount(kind, target, kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", target, err)
		}
	}
	return run("ip", "link", "set", "lo", "up")
}

// Need skips a test that needs root where there is none, and fails it where
// all tests have to run. It makes sure besides that the laboratory is one:
// nothing in it leads out.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	missing := func(what string) {
		if os.Getenv("CI") != "" {
			t.Fatal(what)
		}
		t.Skip("SKIPPED: " + what)
	}
	if os.Geteuid() != 0 {
		missing("network namespaces need root")
	}
	if os.Getenv(within) == "" {
		t.Fatal("the test runs outside the laboratory: call laboratory.Main from TestMain")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			missing(p + " is not installed")
		}
	}
}

// run runs a program; its error holds what the program said.
func run(name string, args ...string) error { return feed("", name, args...) }

func feed(input, name string, args ...string) error {
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out.String())
	}
	return nil
}

// ip runs lines of ip(8) commands; those that start with "-n NAME" run in the
// namespace NAME. Neighbouring lines of one namespace run in one go.
func ip(lines string) error {
	here, batch := "", ""
	flush := func() error {
		if batch == "" {
			return nil
		}
		args := []string{"-batch", "-"}
		if here != "" {
			args = append([]string{"-n", here}, args...)
		}
		defer func() { batch = "" }()
		return feed(batch, "ip", args...)
	}
	for line := range strings.Lines(lines) {
		ns := ""
		if rest, ok := strings.CutPrefix(line, "-n "); ok {
			ns, line, _ = strings.Cut(rest, " ")
		}
		if ns != here {
			if err := flush(); err != nil {
				return err
			}
			here = ns
		}
		batch += line
	}
	return flush()
}

// In runs f in another namespace: sockets made there stay there.
func In(t testing.TB, namespace string, f func() error) {
	t.Helper()
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with us
		failed <- func() error {
			ns, err := os.Open("/run/netns/" + namespace)
			if err != nil {
				return err
			}
			defer ns.Close()
			if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			return f()
		}()
	}()
	if err := <-failed; err != nil {
		t.Fatalf("in namespace %s: %v", namespace, err)
	}
}
