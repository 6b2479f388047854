package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// windows is a Windows made of Wine, with a drive E: that is removable and
// C:\cloud, the folder of a cloud drive.
type windows struct {
	t            *testing.T
	dir, c, e    string
	service, log string
	running      *exec.Cmd
	display      string // of an X server, "" for none
}

func newWindows(t *testing.T) *windows {
	t.Helper()
	for _, program := range []string{"wine", "x86_64-w64-mingw32-gcc"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s must be there in CI", program)
			}
			t.Skipf("SKIPPED: the Windows agent is tried under Wine, and there is no %s", program)
		}
	}
	dir := t.TempDir()
	w := &windows{t: t, dir: dir, c: filepath.Join(dir, "prefix", "drive_c"), e: filepath.Join(dir, "stick"), log: filepath.Join(dir, "log")}
	t.Cleanup(func() { _ = w.command("wineserver", "-k").Run() })
	w.run("wineboot", "-i")
	w.run("x86_64-w64-mingw32-gcc", "-shared", "-O2", "-o", filepath.Join(w.c, "windows", "system32", "bcryptprimitives.dll"), "testdata/processprng.c", "-ladvapi32")
	for _, folder := range []string{w.e, filepath.Join(w.c, "cloud"), filepath.Join(w.c, "ProgramData", "Trustline")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(w.e, filepath.Join(dir, "prefix", "dosdevices", "e:")); err != nil {
		t.Fatal(err)
	}
	w.run("wine", "reg", "add", `HKLM\Software\Wine\Drives`, "/v", "e:", "/t", "REG_SZ", "/d", "floppy", "/f")
	// What looks after drives has read that only when it starts.
	w.run("wineserver", "-k")
	w.run("wineserver", "-w")
	build := exec.Command("go", "build", "-o", filepath.Join(w.c, "trustline.exe"), "../cmd/trustline")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return w
}

func (w *windows) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "WINEPREFIX="+filepath.Join(w.dir, "prefix"), "WINEDEBUG=-all", "DISPLAY="+w.display, "WINEDLLOVERRIDES=mscoree,mshtml=", "LANG=en_US.UTF-8")
	return cmd
}

func (w *windows) run(name string, args ...string) string {
	w.t.Helper()
	out, err := w.try(name, args...)
	if err != nil {
		w.t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return out
}

// try runs a program. What it says goes through a file: other programs of this
// Windows live on and would hold a pipe open.
func (w *windows) try(name string, args ...string) (string, error) {
	w.t.Helper()
	path := filepath.Join(w.dir, "said")
	said, err := os.Create(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer said.Close()
	cmd := w.command(name, args...)
	cmd.Stdout, cmd.Stderr = said, said
	err = cmd.Run()
	text, _ := os.ReadFile(path)
	return string(text), err
}

// write writes a file below C: as configuration is written.
func (w *windows) write(path, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.c, path), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// start runs the agent and waits until it does its work.
func (w *windows) start() {
	w.t.Helper()
	log, err := os.Create(w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	w.running = w.command("wine", `C:\trustline.exe`, "run")
	w.running.Stdout, w.running.Stderr = log, log
	w.running.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := w.running.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.kill)
	w.until("the agent watches E:", func() bool { return strings.Contains(w.said(), "medium is watched") })
	time.Sleep(time.Second)
}

// kill ends the agent as a power cut does.
func (w *windows) kill() {
	if w.running != nil {
		_ = syscall.Kill(-w.running.Process.Pid, syscall.SIGKILL)
		_ = w.running.Wait()
		w.running = nil
	}
}

func (w *windows) said() string {
	text, _ := os.ReadFile(w.log)
	return string(text)
}

func (w *windows) until(what string, holds func() bool) {
	w.t.Helper()
	for end := time.Now().Add(120 * time.Second); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain until %s; the agent said:\n%s", what, w.said())
		}
	}
}

// waiting answers how many incidents lie in the spool.
func (w *windows) waiting() int {
	files, _ := filepath.Glob(filepath.Join(w.c, "ProgramData", "Trustline", "spool", "[0-9]-*"))
	return len(files)
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, os.ErrNotExist)
}

// On Windows without a guard, what should not have got onto a stick or into a
// cloud drive is taken back and recorded; killed and started again the agent
// has lost nothing.
func TestWindowsUnderWine(t *testing.T) {
	w := newWindows(t)
	w.write("ProgramData/Trustline/policy.yaml", `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: not-on-sticks
    title: {en: Not on sticks, zh: 不得放到 U 盘}
    when: {class: list, channel: removable-media}
    action: block
  - id: not-in-the-cloud
    title: {en: Not in the cloud, zh: 不得放入网盘}
    when: {class: list, channel: sync-folder}
    action: quarantine
  - id: closed-elsewhere
    title: {en: Closed elsewhere, zh: 其他网络下关闭}
    when: {network: [home, public]}
    action: isolate
isolation: {internal: [192.0.2.0/24]}
`)
	w.write("ProgramData/Trustline/agent.yaml", "watch: ['C:\\cloud']\npolicy: 'C:\\ProgramData\\Trustline\\policy.yaml'\n")
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(11).People(60), "zh"); err != nil {
		t.Fatal(err)
	}
	w.write("list.csv", list.String())
	w.start()
	w.refuses()
	first := w.waiting()
	w.run("wine", "cmd", "/c", `copy C:\list.csv E:\names.csv`)
	w.run("wine", "cmd", "/c", `echo plan> E:\plan.txt`)
	w.until("the list is taken back from the stick", func() bool { return missing(filepath.Join(w.e, "names.csv")) })
	w.until("it is recorded", func() bool { return w.waiting() >= first+1 })
	note, err := os.ReadFile(filepath.Join(w.e, "names.csv.trustline.txt"))
	if err != nil || !strings.Contains(string(note), "不得放到 U 盘") {
		t.Errorf("the note says %q (%v)", note, err)
	}
	if missing(filepath.Join(w.e, "plan.txt")) {
		t.Error("a harmless file is gone")
	}
	w.run("wine", "cmd", "/c", `copy C:\list.csv C:\cloud\names.csv`)
	w.until("the list is taken back from the cloud drive", func() bool { return missing(filepath.Join(w.c, "cloud", "names.csv")) })
	w.until("that is recorded as well", func() bool { return w.waiting() >= first+2 })
	kept := ""
	w.until("both are in quarantine", func() bool {
		kept = w.run("wine", `C:\trustline.exe`, "quarantine", "list", "--json")
		return strings.Count(kept, "\n") == 2
	})

	before := w.waiting()
	w.kill()
	if after := w.run("wine", `C:\trustline.exe`, "quarantine", "list", "--json"); after != kept {
		t.Errorf("in quarantine: %s", after)
	}
	w.start()
	if n := w.waiting(); n < before {
		t.Errorf("%d incidents wait after a restart, %d did before", n, before)
	}
	w.run("wine", "cmd", "/c", `copy C:\list.csv E:\again.csv`)
	w.until("the restarted agent takes back", func() bool { return missing(filepath.Join(w.e, "again.csv")) })
	w.kill()
	w.examined()
	w.registers()
}

// registers: the service is registered with Windows' own manager, and gone
// again.
func (w *windows) registers() {
	t := w.t
	t.Helper()
	const key = `HKLM\System\CurrentControlSet\Services\trustline`
	w.run("wine", `C:\trustline.exe`, "install")
	if said := w.run("wine", "reg", "query", key); !strings.Contains(said, `trustline.exe run --config`) && !strings.Contains(said, `"run"`) {
		t.Errorf("registered: %s", said)
	}
	if out, err := w.try("wine", `C:\trustline.exe`, "install"); err == nil {
		t.Errorf("registered twice: %s", out)
	}
	w.run("wine", `C:\trustline.exe`, "uninstall")
	if out, err := w.try("wine", "reg", "query", key); err == nil {
		t.Errorf("still registered: %s", out)
	}
}
