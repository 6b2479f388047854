package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// Registered, started, stopped, started again and removed by Windows' service
// manager, as IT does it, the agent does its work in between and loses nothing.
func TestWindowsServiceUnderWine(t *testing.T) {
	w := newWindows(t)
	w.screen()
	w.log = filepath.Join(w.c, "ProgramData", "Trustline", "trustline.log") // where a service of Windows says what it does
	w.logOn()
	w.write("ProgramData/Trustline/policy.yaml", `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: not-in-the-cloud
    title: {en: Not in the cloud, zh: 不得放入网盘}
    when: {class: list, channel: sync-folder}
    action: quarantine
`)
	w.write("ProgramData/Trustline/agent.yaml", "watch: ['C:\\cloud']\npolicy: 'C:\\ProgramData\\Trustline\\policy.yaml'\n")
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(12).People(60), "zh"); err != nil {
		t.Fatal(err)
	}
	w.write("list.csv", list.String())
	state := func(want string) {
		t.Helper()
		w.until("the service manager says "+want, func() bool { return strings.Contains(w.run("wine", "sc", "query", "trustline"), want) })
	}
	starts := 0
	started := func() {
		t.Helper()
		starts++
		w.until("the log says that it started", func() bool { return strings.Count(w.said(), `msg="service started"`) == starts })
		w.until("it watches", func() bool { return strings.Count(w.said(), `msg="medium is watched"`) == starts })
	}

	w.run("wine", `C:\trustline.exe`, "install")
	state("STOPPED")
	w.run("wine", `C:\trustline.exe`, "start")
	state("RUNNING")
	started()
	first := w.helper(0)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.helper(first)
	w.run("wine", "cmd", "/c", `copy C:\list.csv C:\cloud\names.csv`)
	w.until("the list is taken back", func() bool { return missing(filepath.Join(w.c, "cloud", "names.csv")) })
	w.until("it is recorded", func() bool { return w.waiting() >= 1 })

	w.run("wine", "net", "stop", "trustline")
	state("STOPPED")
	if left := w.helpers(); len(left) > 0 {
		t.Errorf("%d session helpers outlived the service", len(left))
	}
	before := w.waiting()
	w.run("wine", "cmd", "/c", `copy C:\list.csv C:\cloud\more.csv`)
	if missing(filepath.Join(w.c, "cloud", "more.csv")) {
		t.Fatal("a service that is stopped took a file")
	}
	w.run("wine", `C:\trustline.exe`, "start")
	started()
	if after := w.waiting(); after < before {
		t.Errorf("%d incidents waited before the stop, %d after", before, after)
	}
	w.run("wine", "cmd", "/c", `copy C:\list.csv C:\cloud\again.csv`)
	w.until("the next list is taken back", func() bool { return missing(filepath.Join(w.c, "cloud", "again.csv")) })

	_, program := w.halves()
	if err := syscall.Kill(program, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.until("nothing of the service runs", func() bool { return len(w.processes("run"))+len(w.helpers()) == 0 })
	state("STOPPED")
	w.run("wine", `C:\trustline.exe`, "start")
	started()

	w.firstCaller()
	kept := w.waiting()
	if said := w.run("wine", `C:\trustline.exe`, "uninstall"); kept == 0 || w.waiting() < kept || !strings.Contains(said, "nowhere else") {
		t.Errorf("of %d incidents that wait %d are left: %s", kept, w.waiting(), said)
	}
	w.until("the service is gone", func() bool {
		out, err := w.try("wine", "sc", "query", "trustline")
		return err != nil && !strings.Contains(out, "RUNNING")
	})
	if _, err := os.Stat(filepath.Join(w.c, "ProgramData", "Trustline", "agent.yaml")); err != nil {
		t.Errorf("the configuration is not kept: %v", err)
	}
}

// helper waits for the one session helper the service has started, another than
// the one before, and answers its process.
func (w *windows) helper(before int) (pid int) {
	w.t.Helper()
	w.until("the person has a session helper", func() bool {
		all := w.helpers()
		if len(all) == 1 {
			pid = all[0]
		}
		return len(all) == 1 && pid != before
	})
	return pid
}

// helpers answers the processes of this Windows that are session helpers.
func (w *windows) helpers() []int { w.t.Helper(); return w.processes("session") }

// processes answers those of this Windows that run a command of the program.
func (w *windows) processes(command string) (pids []int) {
	w.t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, path := range all {
		line, _ := os.ReadFile(path) // it may have ended
		environment, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "environ"))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && bytes.Contains(line, []byte("trustline.exe\x00"+command+"\x00")) && bytes.Contains(environment, []byte(w.dir)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// A service that cannot run says why in its log, and the service manager does
// not take it for running.
func TestWindowsServiceThatCannotRunUnderWine(t *testing.T) {
	w := newWindows(t)
	w.log = filepath.Join(w.c, "ProgramData", "Trustline", "trustline.log")
	w.logOn()
	w.write("ProgramData/Trustline/agent.yaml", "watch: []\n")
	w.run("wine", `C:\trustline.exe`, "install")
	w.write("ProgramData/Trustline/agent.yaml", "wacth: []\n")
	_, _ = w.try("wine", `C:\trustline.exe`, "start")
	w.until("the log says why", func() bool { return strings.Contains(w.said(), "wacth") })
	w.until("it is not running", func() bool { return strings.Contains(w.run("wine", "sc", "query", "trustline"), "STOPPED") })

	// The program does not outlive a service that is killed. Wine's own manager does
	// not notice such an end.
	w.write("ProgramData/Trustline/agent.yaml", "watch: []\n")
	w.run("wine", `C:\trustline.exe`, "start")
	w.until("it runs", func() bool { return strings.Contains(w.said(), `msg="service started"`) })
	outer, _ := w.halves()
	if err := syscall.Kill(outer, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.until("nothing of the service runs", func() bool { return len(w.processes("run")) == 0 })
}

// halves answers the two processes of a service: the one that the service
// manager has started, and the one that does the work.
func (w *windows) halves() (outer, program int) {
	w.t.Helper()
	both := w.processes("run")
	if len(both) != 2 {
		w.t.Fatalf("the service has %d processes", len(both))
	}
	slices.Sort(both)
	return both[0], both[1]
}

// logOn keeps a program of a person running until the test ends: Wine ends
// with the last of them, and services with it.
func (w *windows) logOn() {
	w.t.Helper()
	person := w.command("wine", "cmd")
	keys, err := person.StdinPipe()
	if err == nil {
		err = person.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = keys.Close(); _ = person.Wait() })
}
