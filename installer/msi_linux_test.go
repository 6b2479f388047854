package installer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// onWindows installs the MSI silently on a Windows made of Wine, has the service
// enrol at a console and report, upgrades it, ends it in every way there is and
// removes it, with incidents that wait and without. Wine does not find a service that its installer has registered
// before it is started again, hence NOSTART and boot.
func onWindows(t *testing.T, first, later string) {
	w := newWindows(t)
	console := startConsole(t)
	before := w.files()
	old, next := filepath.Join(first, "trustline-1.2.3-x64.msi"), filepath.Join(later, "trustline-1.3.0-x64.msi")
	w.msi("/i", old, "CONSOLE="+console.url, "PIN="+console.pin, "TOKEN="+console.enrol, "NOSTART=1")
	text := w.configured(console)
	seen := func(version string) {
		t.Helper()
		await(t, "the console sees the machine with "+version, func() bool {
			f := console.fleet()
			return len(f) == 1 && f[0].Version == version && f[0].Machine.OS == "windows" && f[0].Capabilities["sync-folder"] == "undone"
		}, w.log)
	}
	if err := os.WriteFile(w.config, append(text, "watch: ['C:\\cloud']\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(w.c, "cloud"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.boot()
	seen("1.2.3")
	w.installed(console)
	if err := os.WriteFile(filepath.Join(w.c, "cloud", "names.csv"), list(), 0o644); err != nil {
		t.Fatal(err)
	}
	await(t, "the console has the incident", func() bool { return console.activities("sync-folder") == 1 }, w.log)
	ends := &ends{console: console}
	ends.are(t, "the machine is installed")

	w.msi("/i", tellsItUpgrades(t, next), "CONSOLE=https://another.example", "NOSTART=1")
	if out := w.run("wine", w.program, "--version"); !strings.Contains(out, "1.3.0") {
		t.Errorf("upgraded: %s", out)
	}
	if text, err := os.ReadFile(w.config); err != nil || !strings.Contains(string(text), "cloud") || strings.Contains(string(text), "another") {
		t.Errorf("the upgrade changed the configuration: %s, %v", text, err)
	}
	w.boot()
	seen("1.3.0")
	ends.are(t, "it is upgraded", "service-upgraded")
	w.endedOtherwise(ends)
	hold(t, filepath.Join(w.dir, "prefix"), w.program) // somebody uses it meanwhile
	w.removedWithIncidents(next, console, ends)
	left := func() {
		t.Helper()
		// This test's own, and Windows' cache of installers.
		others := regexp.MustCompile(`^(all\.reg|cloud|windows/Installer)(/|$)`)
		for f := range w.files() {
			if !before[f] && !others.MatchString(f) {
				t.Errorf("left behind: %s", f)
			}
		}
	}
	w.removed(next)
	ends.are(t, "it is removed again", "service-removed")
	left()

	// What is only here goes where somebody says so.
	w.msi("/i", next, "NOSTART=1")
	kept := filepath.Join(filepath.Dir(w.config), "quarantine", "1.sealed")
	if err := errors.Join(os.MkdirAll(filepath.Dir(kept), 0o755), os.WriteFile(kept, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	w.removed(next, "DATA=purge")
	left()
}

// tellsItUpgrades answers a copy of an MSI that makes Wine's installer tell the
// version before that it is upgraded, as Windows does. All else of an upgrade is
// Wine's: it finds the version before and removes it.
func tellsItUpgrades(t *testing.T, msi string) string {
	t.Helper()
	data, err := os.ReadFile(msi)
	path := filepath.Join(t.TempDir(), filepath.Base(msi))
	if err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("msibuild", path, "-q", "UPDATE `Upgrade` SET `Remove` = 'ALL UPGRADINGPRODUCTCODE=[ProductCode]' WHERE `ActionProperty` = 'WIX_UPGRADE_DETECTED'").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// removed removes it and waits until the service is gone: it goes when the last
// who looked at it has closed it.
func (w *windows) removed(msi string, properties ...string) {
	w.t.Helper()
	w.msi("/x", msi, properties...)
	await(w.t, "the service is gone", func() bool { _, err := w.try("wine", "reg", "query", serviceKey); return err != nil }, w.log)
}

// removedWithIncidents removes a machine that has something to say which the
// console has not heard: it does once the machine is installed again.
func (w *windows) removedWithIncidents(msi string, console *console, ends *ends) {
	t := w.t
	t.Helper()
	console.stop()
	if err := os.WriteFile(filepath.Join(w.c, "cloud", "unheard.csv"), list(), 0o644); err != nil {
		t.Fatal(err)
	}
	waiting := func() int {
		files, _ := filepath.Glob(filepath.Join(filepath.Dir(w.config), "spool", "[0-9]-*"))
		return len(files)
	}
	await(t, "the incident is recorded", func() bool { return waiting() == 1 }, w.log)
	w.removed(msi)
	if n := waiting(); n != 2 { // with that of the removal
		t.Errorf("%d incidents wait once it is removed", n)
	}
	console.again()
	w.msi("/i", msi, "NOSTART=1")
	w.boot()
	await(t, "the console has heard", func() bool { return console.activities("sync-folder") == 2 }, w.log)
	ends.are(t, "it was removed and installed again", "service-removed")
}

// endedOtherwise stops and kills the service.
func (w *windows) endedOtherwise(ends *ends) {
	t := w.t
	t.Helper()
	starts := w.starts()
	started := func() {
		t.Helper()
		starts++
		await(t, "the service runs again", func() bool { return w.starts() == starts }, w.log)
	}
	w.run("wine", "sc", "stop", Name)
	ends.are(t, "it is stopped", "service-stopped")
	await(t, "the service manager says so", func() bool { return strings.Contains(w.run("wine", "sc", "query", Name), "STOPPED") }, w.log)
	w.run("wine", "sc", "start", Name)
	started()
	inner := w.inner()
	if err := syscall.Kill(inner, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the service manager notices", func() bool { return strings.Contains(w.run("wine", "sc", "query", Name), "STOPPED") }, w.log)
	w.run("wine", "sc", "start", Name)
	started()
	ends.are(t, "it is killed", "service-killed")
}

// ends are the incidents about how the service has ended, of which there may be
// no other.
type ends struct {
	console *console
	want    []string
}

// are waits until there are those from before and these.
func (e *ends) are(t *testing.T, when string, more ...string) {
	t.Helper()
	e.want = append(e.want, more...)
	slices.Sort(e.want)
	has := func() (codes []string) {
		for _, code := range []string{"service-killed", "service-removed", "service-stopped", "service-upgraded", "power-lost", "stopped-with-code", "uninstalled-with-code"} {
			codes = append(codes, slices.Repeat([]string{code}, e.console.incidents(code))...)
		}
		slices.Sort(codes)
		return codes
	}
	await(t, fmt.Sprintf("the console has %q once %s", e.want, when), func() bool { return len(has()) >= len(e.want) }, func() string { return fmt.Sprintf("%q", has()) })
	if got := has(); !slices.Equal(got, e.want) {
		t.Errorf("once %s there are %q, want %q", when, got, e.want)
	}
}

// windows is one made of Wine, on which the MSI is tried.
type windows struct {
	t       *testing.T
	dir, c  string
	program string
	config  string
}

const serviceKey = `HKLM\System\CurrentControlSet\Services\trustline`

func newWindows(t *testing.T) *windows {
	t.Helper()
	dir := t.TempDir()
	c := filepath.Join(dir, "prefix", "drive_c")
	w := &windows{t: t, dir: dir, c: c, program: filepath.Join(c, "Program Files", "Trustline", "trustline.exe"), config: filepath.Join(c, "ProgramData", "Trustline", "agent.yaml")}
	t.Cleanup(func() { _, _ = w.try("wineserver", "-k") })
	w.run("wineboot", "-i")
	w.run("x86_64-w64-mingw32-gcc", "-shared", "-O2", "-o", filepath.Join(c, "windows", "system32", "bcryptprimitives.dll"), "../e2e/testdata/processprng.c", "-ladvapi32")
	return w
}

// files answers all there are below C:.
func (w *windows) files() map[string]bool {
	w.t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(w.c, func(path string, _ os.DirEntry, err error) error {
		if rel, err := filepath.Rel(w.c, path); err == nil {
			all[rel] = true
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *windows) try(args ...string) (string, error) {
	said := filepath.Join(w.dir, "said") // programs that live on would hold a pipe open
	f, err := os.Create(said)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "WINEPREFIX="+filepath.Join(w.dir, "prefix"), "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", "DISPLAY=")
	cmd.Stdout, cmd.Stderr = f, f
	err = cmd.Run()
	text, _ := os.ReadFile(said)
	return string(text), err
}

func (w *windows) run(args ...string) string {
	w.t.Helper()
	out, err := w.try(args...)
	if err != nil {
		w.t.Fatalf("%v: %v: %s", args, err, out)
	}
	return out
}

// msi installs ("/i") or removes ("/x") silently.
func (w *windows) msi(how, file string, properties ...string) {
	w.t.Helper()
	w.run(append([]string{"wine", "msiexec", how, "Z:" + file, "/qn"}, properties...)...)
}

func (w *windows) boot() {
	w.t.Helper()
	_, _ = w.try("wineserver", "-k")
	w.run("wineserver", "-w")
	logOn(w.t, filepath.Join(w.dir, "prefix"))
}

// log answers what the service has written.
func (w *windows) log() string {
	text, _ := os.ReadFile(filepath.Join(filepath.Dir(w.config), "trustline.log"))
	return string(text)
}

func (w *windows) starts() int { return strings.Count(w.log(), `msg="service started"`) }

// inner answers the process that does the service's work: of the two that run it
// the one that began last.
func (w *windows) inner() (pid int) {
	w.t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, path := range all {
		line, _ := os.ReadFile(path) // it may have ended
		environment, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "environ"))
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil && strings.Contains(string(line), "trustline.exe\x00run\x00") && strings.Contains(string(environment), w.dir) {
			pid = max(pid, n)
		}
	}
	if pid == 0 {
		w.t.Fatal("the service does not run")
	}
	return pid
}

// configured checks what the installer has written, and answers the configuration.
func (w *windows) configured(console *console) (config []byte) {
	w.t.Helper()
	config, err := os.ReadFile(w.config)
	if err != nil || !strings.Contains(string(config), `url: "`+console.url+`"`) || strings.Contains(string(config), console.enrol) {
		w.t.Errorf("the configuration: %s, %v", config, err)
	}
	if token, err := os.ReadFile(filepath.Join(filepath.Dir(w.config), "token")); err != nil || strings.TrimSpace(string(token)) != console.enrol {
		w.t.Errorf("the token: %v", err)
	}
	return config
}

// installed checks what Windows knows of version 1.2.3.
func (w *windows) installed(console *console) {
	t := w.t
	t.Helper()
	if out := w.run("wine", w.program, "--version"); !strings.Contains(out, "1.2.3") {
		t.Errorf("installed: %s", out)
	}
	if said := w.run("wine", "reg", "query", serviceKey); !strings.Contains(said, `trustline.exe run --config`) || !strings.Contains(said, "LocalSystem") {
		t.Errorf("the service: %s", said)
	}
	w.run("wine", "reg", "export", "HKLM", `C:\all.reg`)
	if said, err := os.ReadFile(filepath.Join(w.c, "all.reg")); err != nil || strings.Contains(strings.ReplaceAll(string(said), "\x00", ""), console.enrol) {
		t.Errorf("the token is in the registry, or it was not looked at: %v", err)
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
