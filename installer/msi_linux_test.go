package installer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// onWindows installs the MSI silently on a Windows made of Wine, has the service
// enrol at a console and report, upgrades it and removes it. Wine does not find
// a service that its installer has registered before it is started again, hence
// NOSTART and boot.
func onWindows(t *testing.T, first, later string) {
	dir := t.TempDir()
	console := startConsole(t)
	c := filepath.Join(dir, "prefix", "drive_c")
	try := func(args ...string) (string, error) {
		said := filepath.Join(dir, "said") // programs that live on would hold a pipe open
		f, err := os.Create(said)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "WINEPREFIX="+filepath.Join(dir, "prefix"), "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", "DISPLAY=")
		cmd.Stdout, cmd.Stderr = f, f
		err = cmd.Run()
		text, _ := os.ReadFile(said)
		return string(text), err
	}
	run := func(args ...string) string {
		t.Helper()
		out, err := try(args...)
		if err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		return out
	}
	t.Cleanup(func() { _, _ = try("wineserver", "-k") })
	boot := func() {
		t.Helper()
		_, _ = try("wineserver", "-k")
		run("wineserver", "-w")
		logOn(t, filepath.Join(dir, "prefix"))
	}
	run("wineboot", "-i")
	run("x86_64-w64-mingw32-gcc", "-shared", "-O2", "-o", filepath.Join(c, "windows", "system32", "bcryptprimitives.dll"), "../e2e/testdata/processprng.c", "-ladvapi32")

	const service = `HKLM\System\CurrentControlSet\Services\trustline`
	program, config := filepath.Join(c, "Program Files", "Trustline", "trustline.exe"), filepath.Join(c, "ProgramData", "Trustline", "agent.yaml")
	old, next := filepath.Join(first, "trustline-1.2.3-x64.msi"), filepath.Join(later, "trustline-1.3.0-x64.msi")
	run("wine", "msiexec", "/i", "Z:"+old, "/qn", "CONSOLE="+console.url, "PIN="+console.pin, "TOKEN="+console.enrol, "NOSTART=1")
	if out := run("wine", program, "--version"); !strings.Contains(out, "1.2.3") {
		t.Errorf("installed: %s", out)
	}
	if said := run("wine", "reg", "query", service); !strings.Contains(said, `trustline.exe run --config`) || !strings.Contains(said, "LocalSystem") {
		t.Errorf("the service: %s", said)
	}
	text, err := os.ReadFile(config)
	if err != nil || !strings.Contains(string(text), `url: "`+console.url+`"`) || strings.Contains(string(text), console.enrol) {
		t.Errorf("the configuration: %s, %v", text, err)
	}
	if token, err := os.ReadFile(filepath.Join(filepath.Dir(config), "token")); err != nil || strings.TrimSpace(string(token)) != console.enrol {
		t.Errorf("the token: %v", err)
	}
	run("wine", "reg", "export", "HKLM", `C:\all.reg`)
	if all, err := os.ReadFile(filepath.Join(c, "all.reg")); err != nil || strings.Contains(strings.ReplaceAll(string(all), "\x00", ""), console.enrol) {
		t.Errorf("the token is in the registry, or it was not looked at: %v", err)
	}

	said := func() string {
		log, _ := os.ReadFile(filepath.Join(filepath.Dir(config), "trustline.log"))
		return string(log)
	}
	seen := func(version string) {
		t.Helper()
		await(t, "the console sees the machine with "+version, func() bool {
			f := console.fleet()
			return len(f) == 1 && f[0].Version == version && f[0].Machine.OS == "windows" && f[0].Capabilities["sync-folder"] == "undone"
		}, said)
	}
	if err := os.WriteFile(config, append(text, "watch: ['C:\\cloud']\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(c, "cloud"), 0o755); err != nil {
		t.Fatal(err)
	}
	boot()
	seen("1.2.3")
	if err := os.WriteFile(filepath.Join(c, "cloud", "names.csv"), list(), 0o644); err != nil {
		t.Fatal(err)
	}
	await(t, "the console has the incident", func() bool { return console.activities("sync-folder") == 1 }, said)

	run("wine", "msiexec", "/i", "Z:"+next, "/qn", "CONSOLE=https://another.example", "NOSTART=1")
	if out := run("wine", program, "--version"); !strings.Contains(out, "1.3.0") {
		t.Errorf("upgraded: %s", out)
	}
	if text, err := os.ReadFile(config); err != nil || !strings.Contains(string(text), "cloud") || strings.Contains(string(text), "another") {
		t.Errorf("the upgrade changed the configuration: %s, %v", text, err)
	}
	boot()
	seen("1.3.0")
	hold(t, filepath.Join(dir, "prefix"), program) // somebody uses it meanwhile
	run("wine", "msiexec", "/x", "Z:"+next, "/qn")
	// A service goes when the last who looked at it has closed it.
	await(t, "the service is gone", func() bool { _, err := try("wine", "reg", "query", service); return err != nil }, said)
	if _, err := os.Stat(program); err == nil {
		t.Error("the program is left behind")
	}
}

// hold has somebody run the program for longer than its package waits.
func hold(t *testing.T, prefix, program string) {
	t.Helper()
	cmd := exec.Command("wine", program, "session", "--print")
	cmd.Env = append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", "DISPLAY=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	await(t, "somebody runs the program", func() bool {
		mapped, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "maps"))
		return strings.Contains(string(mapped), program)
	})
}

// logOn keeps a program of a person running until the test ends: Wine ends
// with the last of them, and services with it.
func logOn(t *testing.T, prefix string) {
	t.Helper()
	person := exec.Command("wine", "cmd")
	person.Env = append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", "DISPLAY=")
	person.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	keys, err := person.StdinPipe()
	if err == nil {
		err = person.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close(); _ = person.Wait() })
}
