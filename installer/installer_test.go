package installer

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kardianos/service"
)

var update = flag.Bool("update", false, "write golden files anew")

var usual = Config{Program: "/usr/bin/trustline", File: "/etc/trustline/agent.yaml"}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (go test -update writes it anew):\n%s", path, got)
	}
}

func TestUnit(t *testing.T) { golden(t, "trustline.service", unit(usual)) }

// What would give the service a mount namespace of its own, so that nobody
// would see the guard (systemd.exec(5)).
func TestUnitKeepsTheMachinesMounts(t *testing.T) {
	for _, directive := range []string{
		"PrivateTmp", "PrivateDevices", "PrivateUsers", "ProtectSystem", "ProtectHome", "ProtectKernelTunables", "ProtectKernelModules",
		"ProtectKernelLogs", "ProtectControlGroups", "ProtectProc", "ProcSubset", "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths",
		"ExecPaths", "NoExecPaths", "BindPaths", "BindReadOnlyPaths", "TemporaryFileSystem", "MountFlags", "RootDirectory", "RootImage",
		"DynamicUser", "LogNamespace", "MountAPIVFS", "PrivateIPC",
	} {
		if strings.Contains(unit(usual), "\n"+directive+"=") {
			t.Errorf("%s hides the guard's mounts from everybody", directive)
		}
	}
}

// TestUnitIsTakenBySystemd has systemd itself judge the unit, also with paths
// that want quoting.
func TestUnitIsTakenBySystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
			t.Fatal("systemd-analyze (package systemd) must be there in CI")
		}
		t.Skip("SKIPPED: no systemd-analyze here")
	}
	for name, folder := range map[string]string{"plain": "plain", "quoted": "a b %n 客户"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), folder)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			program := filepath.Join(dir, "trustline")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "trustline.service")
			if err := os.WriteFile(file, []byte(unit(Config{Program: program, File: "/etc/trustline/agent.yaml"})), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(analyze, "verify", "--man=no", "--recursive-errors=no", file).CombinedOutput()
			if err != nil || strings.Contains(string(out), "trustline") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func TestVerifyCatchesAWrongUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED: no systemd-analyze here")
	}
	file := filepath.Join(t.TempDir(), "trustline.service")
	if err := os.WriteFile(file, []byte(unit(Config{Program: "/no/such/program", File: "/x"})), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput(); err == nil {
		t.Errorf("a unit without a program is taken: %s", out)
	}
}

func TestPathsThatWouldChangeTheUnitAreRefused(t *testing.T) {
	for _, path := range []string{"trustline", "./trustline", `/a"b`, "/a/$HOME", "/a`id`", `/a\b`, "/a\nExecStartPre=/bin/evil", "/a/{{Path}}", "/a\x00b", ""} {
		if _, err := (Config{Program: path, File: "/etc/x"}).service(); err == nil {
			t.Errorf("program %q was taken", path)
		}
		if _, err := (Config{Program: "/x", File: path}).service(); err == nil {
			t.Errorf("configuration %q was taken", path)
		}
		if err := InstallSession(Config{Program: path, File: "/etc/x"}); err == nil {
			t.Errorf("session helper %q was taken", path)
		}
	}
}

func TestWithoutAServiceManagerItSaysWhatToDo(t *testing.T) {
	if runtime.GOOS != "linux" || service.Platform() == "linux-systemd" {
		t.Skip("SKIPPED: this machine has a service manager")
	}
	if _, err := Service(usual, nil); !errors.Is(err, ErrNoManager) || !strings.Contains(err.Error(), "trustline run --config") {
		t.Errorf("got %v", err)
	}
}

func TestRunInATerminalIsTheProgramItself(t *testing.T) {
	broken := errors.New("broken")
	if err := Run(t.Context(), nil, func(context.Context, bool) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
